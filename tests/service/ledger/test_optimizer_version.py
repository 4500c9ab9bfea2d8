import json
import subprocess
import sys

from service.ledger import optimizer_version


def test_what_is_installed_is_named_without_loading_it_or_a_database() -> None:
    code = (
        "import sys; from service.ledger.optimizer_version import installed; installed(); "
        "print({'torch', 'sqlalchemy'} & sys.modules.keys())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
    assert set(json.loads(optimizer_version.installed())) == {
        *optimizer_version.PACKAGES,
        optimizer_version.CODE,
    }


def test_only_what_differs_is_named_and_the_unknown_is_called_so() -> None:
    before, now = '{"a":"1","b":"1"}', '{"b":"2","a":"1"}'
    assert optimizer_version.difference(before, now) == {"b": ("1", "2")}
    assert optimizer_version.difference(None, '{"a":"1"}') == {"a": ("unknown", "1")}
