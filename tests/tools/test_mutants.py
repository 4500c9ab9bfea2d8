import pytest

from tools.mutants import mutants_of


def wrong(source: str) -> set[str]:
    return {mutant.source for mutant in mutants_of(source)}


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("a is not None", {"a is None"}),
        ("a and b", {"a or b", "((b))", "((a))"}),
        ("a & ~b", {"a | ~b", "((~b))", "((a))", "a & (b)"}),
        ("(a  # or b\n or b)", {"(a  # or b\n and b)", "(((b)))", "(((a)))"}),
        ("x = 2", {"x = 3", "x = 1"}),
        ("x = 0.5", {"x = 1.0", "x = 0.25"}),
        ("x = 1e-9", {"x = 0.0", "x = 1e-2"}),
        ("x = True", {"x = False"}),
        ("x = min(a)", {"x = max(a)"}),
        ("x = y.any()", {"x = y.all()"}),
        ("x = {a: b, c: d}", {"x = {c: d}", "x = {a: b}"}),
        ("x = q.where(a, b).order_by(c)", {"x = q.order_by(c)", "x = q.where((b)).order_by(c)"}),
        (
            "if c:\n    raise E(1)",
            {"if True:\n    raise E(1)", "if False:\n    raise E(1)", "if c:\n    pass"},
        ),
        ("x &= y", {"pass", "x |= y"}),
    ],
)
def test_each_kind_of_mistake_is_made(right: str, expected: set[str]) -> None:
    assert expected <= wrong(right)


@pytest.mark.parametrize(
    "source",
    [
        '"""At most 3 < 4."""',
        "x: int | None",
        "@decorated(True)\ndef f() -> int | None: ...",
        "x = isinstance(y, int | float)",
        'raise_nothing = f"{1 + 2}"',
        "import a",
    ],
)
def test_what_says_nothing_about_behaviour_is_left_alone(source: str) -> None:
    assert wrong(source) == set()


def test_a_mutant_names_its_line_and_keeps_every_other() -> None:
    source = "ä = 'ö'  # two bytes each\n\nb = a + 1\n"
    added, *_ = mutants_of(source)
    assert (added.line, added.was, added.becomes) == (3, "b = a + 1", "b = a - 1")
    assert added.source == source.replace("+", "-")
