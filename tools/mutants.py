"""Small wrong versions of a source file, one change each.

Every change is one a person could make by mistake: a comparison that includes or leaves out its bound, a condition dropped,
a statement forgotten, a minimum for a maximum. Annotations, decorators, docstrings, the wording of errors and everything
inside f-strings are left alone.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

COMPARISONS: dict[type[ast.cmpop], tuple[str, tuple[str, ...]]] = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
}
ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}
NAMES = {
    one: other
    for pair in (
        ("min", "max"),
        ("any", "all"),
        ("minimum", "maximum"),
        ("argmin", "argmax"),
        ("zeros", "ones"),
        ("zeros_like", "ones_like"),
        ("floor", "ceil"),
        ("is_", "is_not"),
        ("in_", "not_in"),
        ("startswith", "endswith"),
    )
    for one, other in (pair, pair[::-1])
} | {"sorted": "list", "reversed": "list"}
DROPPED_CALLS = frozenset({"where", "filter_by", "order_by", "limit", "desc", "strip", "astimezone"})
DROPPED_ARGUMENTS = frozenset({"where", "filter_by", "and_", "or_"})
SMALL = 1e-3
"""A number below is a tolerance: it is dropped, or made a hundredth; doubling it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One wrong version of a file."""

    line: int
    was: str
    """The first line that differs, as it is."""
    becomes: str
    source: str
    """The whole file."""


def mutants_of(source: str) -> list[Mutant]:
    """Return every wrong version that still compiles, in the order of the lines, each once."""
    text = source.encode()
    starts = [0]
    for row in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    found: dict[str, Mutant] = {}
    for (first, column, last, end_column), replacement in _changes(ast.parse(source), _Text(text, starts)):
        start, end = starts[first - 1] + column, starts[last - 1] + end_column
        wrong = (text[:start] + replacement.encode() + text[end:]).decode()
        if wrong == source or wrong in found or not _compiles(wrong):
            continue
        pairs = zip(source.splitlines(), wrong.splitlines(), strict=False)
        line, (was, becomes) = next((n, pair) for n, pair in enumerate(pairs, 1) if pair[0] != pair[1])
        found[wrong] = Mutant(line=line, was=was.strip(), becomes=becomes.strip(), source=wrong)
    return sorted(found.values(), key=lambda mutant: mutant.line)


Span = tuple[int, int, int, int]
Change = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class _Text:
    """The source by positions of the syntax tree, which counts bytes."""

    text: bytes
    starts: list[int]

    def of(self, span: Span) -> str:
        first, column, last, end_column = span
        return self.text[self.starts[first - 1] + column : self.starts[last - 1] + end_column].decode()


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _span(node: ast.expr | ast.stmt | ast.pattern) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def _between(left: ast.expr, right: ast.expr) -> Span:
    return left.end_lineno or left.lineno, left.end_col_offset or 0, right.lineno, right.col_offset


def _changes(tree: ast.AST, text: _Text) -> Iterator[Change]:
    for node in _looked_at(tree):
        if isinstance(node, ast.stmt):
            yield from _of_statement(node, text)
        elif isinstance(node, ast.expr):
            yield from _of_expression(node, text)
        elif isinstance(node, ast.comprehension):
            yield from _of_choices(node.iter, text)
            for test in node.ifs:
                yield from ((_span(test), word) for word in ("True", "False"))
        elif isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Tuple):
            yield from _without_each(node.type.elts, text, _span(node.type), "({},)", ", ")
        elif isinstance(node, ast.match_case):
            yield (_span(node.pattern), f"{text.of(_span(node.pattern))} if False")


def _looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Walk the tree, past what is left alone."""
    for child in _children(node):
        if not isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom) and not _is_declaration(child):
            yield child
            if not isinstance(child, ast.Raise):
                yield from _looked_at(child)


def _is_declaration(node: ast.AST) -> bool:
    """Return whether a statement names a type, ``One = Another | None``, or the names of a module."""
    match node:
        case ast.Assign(value=ast.BinOp(right=ast.Constant(value=None) | ast.Name(id="int" | "float"))):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def _children(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("isinstance", "cast"):
        yield from node.args[:1]  # the other is a type
        return
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns", "decorator_list", "bases"):
            entries = value if isinstance(value, list) else [value]
            yield from (entry for entry in entries if isinstance(entry, ast.AST))


def _of_statement(node: ast.stmt, text: _Text) -> Iterator[Change]:
    match node:
        case ast.Expr(value=ast.Constant()):
            return
        case ast.Expr() | ast.Raise() | ast.Delete():
            yield _span(node), "pass"
        case ast.AugAssign(target=target, op=operator, value=value):
            yield _span(node), "pass"
            yield from _operator(_between(target, value), operator, text)
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield _span(node), "pass"
        case ast.Assign(targets=[ast.Name()], value=value):
            yield from _of_choices(value, text)
        case ast.Continue() | ast.Break():
            yield _span(node), "break" if isinstance(node, ast.Continue) else "continue"
        case ast.If(test=test):
            yield from ((_span(test), word) for word in ("True", "False"))
        case ast.While(test=test):
            yield _span(test), "False"
        case ast.For(iter=iterated):
            yield _span(iterated), "()"
            yield from _of_choices(iterated, text)


def _of_expression(node: ast.expr, text: _Text) -> Iterator[Change]:
    if type(node) in _OF_KIND:
        yield from _OF_KIND[type(node)](node, text)


def _of_condition(node: ast.BoolOp, text: _Text) -> Iterator[Change]:
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    for left, right in pairwise(node.values):
        yield from _token(_between(left, right), word, other, text)
    yield from _without_each(node.values, text, _span(node), "({})", f" {word} ")


def _of_operation(node: ast.BinOp, text: _Text) -> Iterator[Change]:
    yield from _operator(_between(node.left, node.right), node.op, text)
    if isinstance(node.op, ast.BitAnd | ast.BitOr):
        yield from _without_each([node.left, node.right], text, _span(node), "({})", "")


def _of_sign(node: ast.UnaryOp, text: _Text) -> Iterator[Change]:
    yield _span(node), f"({text.of(_span(node.operand))})"


def _of_choice(node: ast.IfExp, _: _Text) -> Iterator[Change]:
    yield from ((_span(node.test), word) for word in ("True", "False"))


def _of_constant(node: ast.Constant, _: _Text) -> Iterator[Change]:
    yield from ((_span(node), other) for other in _other_constants(node.value))


def _of_name(node: ast.Name | ast.Attribute, text: _Text) -> Iterator[Change]:
    name = node.id if isinstance(node, ast.Name) else node.attr
    if name in NAMES:
        before = "" if isinstance(node, ast.Name) else f"{text.of(_span(node.value))}."
        yield _span(node), before + NAMES[name]


def _of_choices(node: ast.expr, text: _Text) -> Iterator[Change]:
    """Leave out one of several things to choose from or to go through; a tuple that is a record stays whole."""
    forms = {ast.Tuple: "({},)", ast.List: "[{}]", ast.Set: "{{{}}}"}
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and len(node.elts) > 1:
        yield from _without_each(node.elts, text, _span(node), forms[type(node)], ", ")


def _of_table(node: ast.Dict, text: _Text) -> Iterator[Change]:
    """Drop one entry at a time."""
    entries = [
        f"**{text.of(_span(value))}" if key is None else f"{text.of(_span(key))}: {text.of(_span(value))}"
        for key, value in zip(node.keys, node.values, strict=True)
    ]
    for dropped in range(len(entries)):
        yield _span(node), "{" + ", ".join(entry for n, entry in enumerate(entries) if n != dropped) + "}"


def _of_comparison(node: ast.Compare, text: _Text) -> Iterator[Change]:
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
        token, others = COMPARISONS[type(operator)]
        for other in others:
            yield from _token(_between(left, right), token, other, text)
        yield from _of_choices(right, text)


def _operator(span: Span, operator: ast.operator, text: _Text) -> Iterator[Change]:
    if type(operator) in ARITHMETIC:
        yield from _token(span, *ARITHMETIC[type(operator)], text)


def _token(span: Span, token: str, other: str, text: _Text) -> Iterator[Change]:
    """Replace an operator between its operands; brackets and line ends may stand beside it."""
    between = text.of(span)
    code = re.sub(r"#.*", lambda comment: " " * len(comment.group()), between)
    pattern = rf"\b{token}\b" if token.isalpha() else re.escape(token)
    found = re.search(pattern.replace(r"\ ", r"\s+"), code)
    if found:
        yield span, between[: found.start()] + other + between[found.end() :]


def _without_each(
    parts: list[ast.expr], text: _Text, span: Span, form: str, separator: str
) -> Iterator[Change]:
    """Drop one of several parts at a time."""
    for dropped in range(len(parts)):
        kept = [f"({text.of(_span(part))})" for n, part in enumerate(parts) if n != dropped]
        yield span, form.format(separator.join(kept))


def _of_call(node: ast.Call, text: _Text) -> Iterator[Change]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if isinstance(node.func, ast.Attribute) and getattr(node.func.value, "id", "") == "np":
        return  # numpy's where chooses, it does not ask
    for argument in node.args:
        yield from _of_choices(argument, text)
    if name in DROPPED_CALLS and isinstance(node.func, ast.Attribute):
        yield _span(node), text.of(_span(node.func.value))
    if name in DROPPED_ARGUMENTS and len(node.args) > 1:
        form = f"{text.of(_span(node.func))}({{}})"
        yield from _without_each(node.args, text, _span(node), form, ", ")


def _other_constants(value: object) -> tuple[str, ...]:
    match value:
        case bool():
            return (str(not value),)
        case int():
            return str(value + 1), str(value - 1)
        case float() if 0 < abs(value) < SMALL:
            return "0.0", "1e-2"
        case float():
            return (repr(value * 2), repr(value / 2)) if value else ("1.0",)
        case "left" | "right":
            return ('"right"' if value == "left" else '"left"',)
    return ()


_OF_KIND: dict[type[ast.expr], Callable[[Any, _Text], Iterator[Change]]] = {
    ast.Attribute: _of_name,
    ast.BinOp: _of_operation,
    ast.BoolOp: _of_condition,
    ast.Call: _of_call,
    ast.Compare: _of_comparison,
    ast.Constant: _of_constant,
    ast.Dict: _of_table,
    ast.IfExp: _of_choice,
    ast.Name: _of_name,
    ast.UnaryOp: _of_sign,
}
