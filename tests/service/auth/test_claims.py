"""What a provider's claims may make of a caller, and what they never can."""

from typing import Any

import pytest

from service.auth.claims import principal_from
from service.auth.principal import SITE_NAME, Role
from service.settings import TokenIssuer

CLAIMS = {"sub": "dr-no", "roles": ["clinician"], "titrate_site": "north"}


def issuer(**worded: Any) -> TokenIssuer:
    stated = {"label": "idp", "issuer": "i", "audience": "a", "key_set_url": "https://idp.test/keys"}
    return TokenIssuer.model_validate(stated | worded)


@pytest.mark.parametrize(
    ("claim", "stated", "roles"),
    [
        ("roles", ["clinician", "spy", 7, None], {Role.CLINICIAN}),
        ("roles", "auditor openid", {Role.AUDITOR}),
        ("roles", {"clinician": True}, set()),
        ("roles", 7, set()),
        ("realm.roles", {"roles": ["recorder"]}, {Role.RECORDER}),
        ("realm.roles", "recorder", set()),
        ("realm.roles", None, set()),
    ],
)
def test_only_roles_we_know_where_the_provider_states_them_count(
    claim: str, stated: Any, roles: set[Role]
) -> None:
    found = principal_from({**CLAIMS, claim.split(".", maxsplit=1)[0]: stated}, issuer(roles_claim=claim))
    assert found.roles == roles


def test_a_provider_s_name_of_a_role_opens_what_ours_does_and_no_more() -> None:
    named = issuer(role_names={"Arzt": "clinician", "clinician": "surgeon"})
    found = principal_from({**CLAIMS, "roles": ["Arzt"]}, named)
    assert found.roles == {Role.CLINICIAN}
    assert principal_from(CLAIMS, named).roles == frozenset()


def test_a_provider_of_one_site_speaks_for_no_other() -> None:
    assert principal_from(CLAIMS, issuer(site="south")).site == "south"
    assert principal_from({**CLAIMS, "where": "east"}, issuer(site_claim="where")).site == "east"


@pytest.mark.parametrize("site", [None, "", "North", "a b", 7, ["north"], "x" * 32])
def test_without_a_site_there_is_no_caller(site: object) -> None:
    with pytest.raises(ValueError, match="no site"):
        principal_from({**CLAIMS, "titrate_site": site}, issuer())


@pytest.mark.parametrize("subject", ["x" * 255, "Dr. No\n", "", " lead", "a b", "é"])
def test_an_odd_subject_becomes_a_short_name_of_its_own(subject: str) -> None:
    name = principal_from({**CLAIMS, "sub": subject}, issuer()).name
    assert name.startswith("idp:")
    assert len(name) <= 64
    assert subject.strip() == "" or subject not in name
    assert name != principal_from({**CLAIMS, "sub": subject + "x"}, issuer()).name


def test_no_subject_can_take_the_name_of_an_api_key() -> None:
    assert SITE_NAME.fullmatch("dr-no"), "an API key may be called so"
    assert not SITE_NAME.fullmatch(principal_from(CLAIMS, issuer()).name)


def test_a_patient_app_has_its_patient_and_no_other_role() -> None:
    app = {**CLAIMS, "roles": ["clinician", "patient_app"]}
    found = principal_from({**app, "titrate_patient_id": "p"}, issuer())
    assert (found.roles, found.patient_id) == ({Role.PATIENT_APP}, "p")
    assert principal_from({**CLAIMS, "titrate_patient_id": "p"}, issuer()).patient_id is None
    with pytest.raises(ValueError, match="no patient"):
        principal_from(app, issuer())
