from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.service.live import Clinic, Server, codes


def test_the_same_key_and_body_give_the_stored_answer_and_one_effect(clinic: Clinic) -> None:
    first = clinic.post("/patients", {"pseudonym": "P-1"}, key="k")
    again = clinic.post("/patients", {"pseudonym": "P-1"}, key="k")
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(clinic.get("/patients").json()) == 1


def test_the_same_key_with_another_body_is_refused(clinic: Clinic) -> None:
    clinic.post("/patients", {"pseudonym": "P-1"}, key="k")
    assert codes([clinic.post("/patients", {"pseudonym": "P-2"}, key="k")]) == [
        (422, "idempotency-key-reused")
    ]
    assert len(clinic.get("/patients").json()) == 1


def test_white_space_and_order_make_no_other_body(clinic: Clinic) -> None:
    path = f"/courses/{clinic.rated_course()[0]}/asks"
    headers = {**clinic.headers, "Idempotency-Key": "k", "Content-Type": "application/json"}
    texts = (b'{"q":1,"in_clinic":true}', b'{ "in_clinic": true,\n "q": 1 }')
    replies = [clinic.server.http.post("/v1" + path, content=text, headers=headers) for text in texts]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].content == replies[1].content


def test_a_refused_write_leaves_its_key_free(clinic: Clinic) -> None:
    assert clinic.post("/patients", {"pseudonym": "no good"}, key="k").status_code == 422
    clinic.made("/patients", {"pseudonym": "P-1"})
    assert codes([clinic.post("/patients", {"pseudonym": "P-1"}, key="k")]) == [(409, "pseudonym-taken")]
    assert clinic.post("/patients", {"pseudonym": "P-2"}, key="k").status_code == 201


def test_many_at_once_with_one_key_have_one_effect(clinic: Clinic) -> None:
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda _: clinic.post("/patients", {"pseudonym": "P-1"}, key="k"), range(20)))
    made = [reply for reply in replies if reply.status_code == 201]
    assert len({reply.content for reply in made}) == 1
    # on a machine that is busy elsewhere the last may wait longer than they are asked to
    assert set(codes(reply for reply in replies if reply not in made)) <= {(409, "idempotency-key-running")}
    assert len(clinic.get("/patients").json()) == 1


def test_a_key_belongs_to_its_caller_and_route(server: Server, clinic: Clinic) -> None:
    colleague = server.clinic(site=clinic.site, principal="colleague")
    clinic.made("/patients", {"pseudonym": "P-1"})
    replies = [
        clinic.post("/patients", {"pseudonym": "P-2"}, key="k"),
        colleague.post("/patients", {"pseudonym": "P-3"}, key="k"),
        clinic.post("/courses", {}, key="k"),
    ]
    assert [reply.status_code for reply in replies] == [201, 201, 422]


@pytest.mark.parametrize("key", [None, "", "x" * 129, "a\tb"])
def test_a_write_without_a_proper_key_is_refused(key: str | None, clinic: Clinic) -> None:
    headers = clinic.headers | ({} if key is None else {"Idempotency-Key": key})
    reply = clinic.server.http.post("/v1/patients", json={"pseudonym": "P-1"}, headers=headers)
    assert codes([reply]) == [(400, "idempotency-key-missing")]
