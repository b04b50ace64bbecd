"""Inputs to see what candidates do where nobody has said what they should do.

They come from the examples, each argument varied as its kind suggests: nothing, one,
several, backwards, twice, the other sign, large, odd letters. Where there are few
examples, the annotations give more. The milder ones come first.
"""

import ast
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

Arguments = tuple[Any, ...]

_NUMBERS: tuple[Any, ...] = (0, 1, 2, 7, 10, 100, -1)
_TEXTS = (
    "",
    "a",
    "abc",
    "Hello, World!",
    "  two  words ",
    "aAbB",
    "1 2 3",
    "é ß ☃",
    "a\nb",
)
_PLAIN: dict[str, tuple[Any, ...]] = {
    "int": _NUMBERS,
    "float": (0.0, 1.0, 2.5, -1.5, 0.1, 1000.0),
    "bool": (False, True),
    "str": _TEXTS,
    "bytes": (b"", b"a", b"abc"),
    "None": (None,),
    "list": ([], [1], [2, 1, 2]),
    "tuple": ((), (1,), (2, 1, 2)),
    "set": (set[int](), {1}, {1, 2}),
    "dict": ({}, {"a": 1}, {"a": 1, "b": 2}),
    "object": (0, "a", None),
    "Any": (0, "a", None),
}


def probes(header: str, calls: Sequence[str], most: int = 20) -> tuple[str, ...]:
    """Make up calls of a function that no example has.

    Args:
        header: its signature, as in ``merge(a: list[int], b: list[int]) -> list[int]``.
        calls: the expressions of its examples; what is not literal in them is not used.
        most: how many calls to make at the most.

    Returns:
        Expressions, no two alike, the same ones each time.

    Raises:
        SyntaxError: the header is no signature.

    Example::

        from exeunt.team.mechanisms.probes import probes

        assert probes("total(items: list[int])", ["total([1, 2])"], most=4) == (
            "total([])",
            "total([1])",
            "total([2, 1])",
            "total([1, 2, 1, 2])",
        )
    """
    definition = ast.parse(f"def {header}: ...").body[0]
    assert isinstance(definition, ast.FunctionDef)
    name, known = definition.name, list(_known(definition.name, calls))
    from_calls = _by_turns([_varied(arguments) for arguments in known])
    from_types = _of_types([arg.annotation for arg in definition.args.args])
    found = dict.fromkeys(_call(name, each) for each in chain(from_calls, from_types))
    for each in known:
        found.pop(_call(name, each), None)
    return tuple(found)[:most]


def variations(value: Any) -> Iterator[Any]:
    """Give values of the same kind as this one, the milder ones first."""
    return _way_to_vary(value)(value)


def _way_to_vary(value: object) -> Callable[[Any], Iterator[Any]]:
    if isinstance(value, set):
        return _of_sets
    if isinstance(value, dict):
        return _of_dicts
    return _of_tuples if isinstance(value, tuple) else _of_others


def _of_others(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (type(value)(0), type(value)(1), value + 1, value - 1)
            yield from (value * 2, -value, value * 10)
        case str():
            yield from ("", value[:1], value[::-1], value * 2, value.upper())
            yield from (
                value.swapcase(),
                f"  {value} ",
                f"{value} {value}",
                f"é{value}ß",
            )
        case list() | bytes():
            yield from (value[:0], value[:1], value[::-1], value * 2, value[1:])
            yield from _one_item_varied(value)
        case _:
            pass


def _of_sets(value: set[Any]) -> Iterator[set[Any]]:
    ordered = sorted(value, key=repr)
    yield from (set(ordered[:n]) for n in (0, 1))


def _of_dicts(value: dict[Any, Any]) -> Iterator[dict[Any, Any]]:
    items = list(value.items())
    yield from ({}, dict(items[:1]), dict(items[::-1]))
    for key, held in items[:1]:
        yield from ({**value, key: other} for other in variations(held))


def _one_item_varied(value: Any) -> Iterator[Any]:
    """Vary the first item, which keeps all the items of one kind."""
    if value and isinstance(value, list):
        yield from ([other, *value[1:]] for other in variations(value[0]))


def _of_tuples(value: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Vary the items; a tuple is seldom free to be longer or shorter."""
    return _varied(value)


def _known(name: str, calls: Sequence[str]) -> Iterator[Arguments]:
    """Find the literal arguments with which the examples call the function."""
    for expression in calls:
        try:
            nodes = list(ast.walk(ast.parse(expression, mode="eval")))
        except SyntaxError:
            continue
        for node in nodes:
            match node:
                case ast.Call(func=ast.Name(id=called), keywords=[]) if called == name:
                    try:
                        yield tuple(ast.literal_eval(each) for each in node.args)
                    except (ValueError, TypeError):
                        continue
                case _:
                    pass


def _varied(arguments: Arguments) -> Iterator[Arguments]:
    """Vary one argument at a time, each in its turn."""
    return _by_turns([_at(arguments, place) for place in range(len(arguments))])


def _at(arguments: Arguments, place: int) -> Iterator[Arguments]:
    for other in variations(arguments[place]):
        yield (*arguments[:place], other, *arguments[place + 1 :])


def _of_types(annotations: Sequence[ast.expr | None]) -> Iterator[Arguments]:
    """Combine what the annotations allow: the first of each, the second, and so on."""
    values = [list(_of_type(each)) if each else [] for each in annotations]
    if values and all(values):
        for turn in range(max(map(len, values))):
            # Each place goes on at its own pace, so that not all are empty at once.
            yield tuple(each[(turn + n) % len(each)] for n, each in enumerate(values))


def _of_type(annotation: ast.expr) -> Iterator[Any]:
    match annotation:
        case ast.Constant(value=None):
            yield None
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield from _PLAIN.get(name, ())
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            yield from _by_turns([_of_type(left), _of_type(right)])
        case ast.Subscript(value=outer, slice=inner):
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            yield from _collected(ast.unparse(outer), list(map(_of_type, parts)))
        case _:
            pass


def _collected(kind: str, parts: list[Iterator[Any]]) -> Iterator[Any]:
    """Make collections of what their parts allow."""
    first, *rest = [list(part)[:5] for part in parts] or [[]]
    match kind.rpartition(".")[2].lower(), rest:
        case "list" | "sequence" | "iterable" | "collection", []:
            yield from ([], first[:1], first[:3], first[::-1], first[:2] * 2)
        case "tuple", [*others] if len(others) != 1 or others[0]:
            yield from zip(first, *others, strict=False)
        case "tuple", _:
            yield from ((), tuple(first[:1]), tuple(first[:3]))
        case "set" | "frozenset", []:
            yield from (set(first[:n]) for n in (0, 1, 3) if first or not n)
        case "dict" | "mapping", [values]:
            pairs = list(zip(first[1:], values, strict=False))
            yield from (dict(pairs[:n]) for n in (0, 1, 3))
        case "optional", []:
            yield from (*first, None)
        case _:
            pass


def _by_turns(each: Sequence[Iterator[Any]]) -> Iterator[Any]:
    """Take one of each in turn until all are empty."""
    missing = object()
    for turn in zip_longest(*each, fillvalue=missing):
        yield from (value for value in turn if value is not missing)


def _call(name: str, arguments: Arguments) -> str:
    return f"{name}({', '.join(map(_written, arguments))})"


def _written(value: object) -> str:
    """Write it as an expression."""
    write = _written_set if bool(value) & isinstance(value, set) else repr
    return write(value)


def _written_set(value: Any) -> str:
    """Write a set in the same order each time, which its ``repr`` does not promise."""
    return f"{{{', '.join(sorted(map(repr, value)))}}}"
