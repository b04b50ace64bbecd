"""Whether the value that was got is the one that is wanted, by their texts alone.

Nothing is evaluated here that the tested code has written; texts are parsed, and the
trees compared.
"""

import ast
import re

import attrs

Unreadable = (SyntaxError, ValueError, RecursionError, MemoryError)


@attrs.frozen
class Question:
    """What the tested code is asked, and what it has to say.

    Attributes:
        expression: What to evaluate.
        want: What its value looks like, or None if it has to raise.
        loosely: Whether equal is enough, as 8 equals 8.0 and a Counter equals a dict;
            else the types have to be the same.

    """

    expression: str
    want: str | None = None
    loosely: bool = False


def question(expression: str, want: str | None) -> Question:
    """Find out what to ask, so that the tested code does not learn what is wanted.

    ``f(3) == 8`` with the answer ``True`` is asked as ``f(3)``: the comparison is made
    here, where no ``__eq__`` of the tested code has a say.
    """
    match _parsed(expression), want:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]), "True":
            for asked, wanted in (left, right), (right, left):
                if _is_literal(wanted):
                    return Question(ast.unparse(asked), ast.unparse(wanted), True)
        case _:
            pass
    return Question(expression, want)


def same(asked: Question, got: str, *, plain: bool) -> bool:
    """Say whether the value is the one that is wanted.

    Sets and dicts may come in any order, and strings in any quotes.

    Args:
        asked: What was asked.
        got: The value, as ``repr`` has it.
        plain: Whether it is made of builtin types only. If not, anything may stand in
            its text, and so it equals no literal.

    """
    want = (asked.want or "").strip()
    wanted = _parsed(want)
    literal = _is_literal(wanted)
    if (literal and not plain) or len(got) > 10 * len(want) + 1000:
        return False
    found = _parsed(got)
    if asked.loosely and wanted and found:
        return _is_literal(found) and _value(found) == _value(wanted)
    return canonical(got) == canonical(want)


def canonical(text: str) -> str:
    """Write the text of a value so that equal values have the same.

    What does not read as Python stays as it is, but for the addresses of objects.
    """
    try:
        return ast.unparse(Sorted().visit(ast.parse(text.strip(), mode="eval")))
    except Unreadable:
        return re.sub(r" at 0x[0-9a-f]+", "", text.strip())


class Sorted(ast.NodeTransformer):
    """Puts sets and dicts into one order."""

    def visit_Set(self, node: ast.Set) -> ast.Set:
        """Sort the items."""
        self.generic_visit(node)
        return ast.Set(sorted(node.elts, key=ast.dump))

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        """Sort the items by their keys."""
        self.generic_visit(node)
        items = zip(node.keys, node.values, strict=True)
        ordered = sorted(items, key=lambda item: ast.dump(item[0] or item[1]))
        return ast.Dict([key for key, _ in ordered], [value for _, value in ordered])


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except Unreadable:
        return None


def _is_literal(node: ast.expr | None) -> bool:
    if node is None:
        return False
    try:
        _value(node)
    except (*Unreadable, TypeError):
        return False
    return True


def _value(node: ast.expr) -> object:
    return ast.literal_eval(node)
