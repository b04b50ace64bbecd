"""The mistakes that somebody could make at one place of a syntax tree."""

import ast
from collections.abc import Iterator
from typing import Any

Change = tuple[str, dict[str, Any]]
"""A mistake in words, and what the fields of the place become by it."""

_OPERATORS: dict[type[ast.AST], tuple[str, list[type[ast.AST]]]] = {
    ast.Lt: ("<", [ast.LtE, ast.GtE]),
    ast.LtE: ("<=", [ast.Lt, ast.Gt]),
    ast.Gt: (">", [ast.GtE, ast.LtE]),
    ast.GtE: (">=", [ast.Gt, ast.Lt]),
    ast.Eq: ("==", [ast.NotEq]),
    ast.NotEq: ("!=", [ast.Eq]),
    ast.Is: ("is", [ast.IsNot]),
    ast.IsNot: ("is not", [ast.Is]),
    ast.In: ("in", [ast.NotIn]),
    ast.NotIn: ("not in", [ast.In]),
    ast.And: ("and", [ast.Or]),
    ast.Or: ("or", [ast.And]),
    ast.Add: ("+", [ast.Sub]),
    ast.Sub: ("-", [ast.Add]),
    ast.Mult: ("*", [ast.Add]),
    ast.Div: ("/", [ast.FloorDiv]),
    ast.FloorDiv: ("//", [ast.Div]),
    ast.Mod: ("%", [ast.FloorDiv]),
}
_NAMES = {
    "all": "any",
    "any": "all",
    "append": "extend",
    "endswith": "startswith",
    "find": "rfind",
    "isalnum": "isalpha",
    "isalpha": "isalnum",
    "isdigit": "isalpha",
    "lower": "upper",
    "max": "min",
    "min": "max",
    "sorted": "list",
    "split": "rsplit",
    "startswith": "endswith",
    "strip": "lstrip",
    "upper": "lower",
}


def mistakes(node: ast.AST) -> Iterator[Change]:
    """List what could be wrong at this very place."""
    yield from _in_operators(node)
    yield from _in_values(node)
    yield from _in_branches(node)


def _in_operators(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=[operator]):
            for words, other in _others(operator):
                yield words, {"ops": [other]}
        case (
            ast.BinOp(op=operator)
            | ast.BoolOp(op=operator)
            | ast.AugAssign(op=operator)
        ):
            for words, other in _others(operator):
                yield words, {"op": other}
        case _:
            pass
    match node:
        case ast.BinOp(left, ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Mod(), right):
            yield "two operands were swapped", {"left": right, "right": left}
        case _:
            pass


def _others(operator: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    sign, others = _OPERATORS.get(type(operator), ("", []))
    for other in others:
        yield f"{sign} became {_OPERATORS[other][0]}", other()


def _in_values(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.Constant(value):
            for other in _constants(value):
                yield f"{value!r} became {other!r}", {"value": other}
        case ast.Name(id=name) if name in _NAMES:
            yield f"{name} became {_NAMES[name]}", {"id": _NAMES[name]}
        case ast.Attribute(attr=name) if name in _NAMES:
            yield f"{name} became {_NAMES[name]}", {"attr": _NAMES[name]}
        case ast.Slice(lower=ast.expr(), upper=ast.expr()):
            yield "a slice has no end", {"upper": None}
        case ast.Call(func=ast.Name(id="range"), args=[*first, end]):
            for words, step in (("later", ast.Add()), ("earlier", ast.Sub())):
                other = ast.BinOp(end, step, ast.Constant(1))
                yield f"a range ends one {words}", {"args": [*first, other]}
        case ast.Call(args=[first, second]):
            yield "two arguments were swapped", {"args": [second, first]}
        case _:
            pass


def _constants(value: object) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield from (value + 1, value - 1)
        case str():
            yield f"{value} "
        case None:
            yield 0
        case _:
            pass


def _in_branches(node: ast.AST) -> Iterator[Change]:
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            denied = ast.UnaryOp(ast.Not(), test)
            yield "a condition was denied", {"test": denied}
        case ast.Return(value=ast.expr()):
            yield "nothing is returned", {"value": None}
        case _:
            pass
    if isinstance(node, ast.FunctionDef | ast.If | ast.For | ast.While | ast.With):
        yield from _left_out(node.body)


def _left_out(body: list[ast.stmt]) -> Iterator[Change]:
    """Leave out one statement that does something."""
    for n, statement in enumerate(body):
        if not isinstance(statement, ast.Pass | ast.Return) and not is_idle(statement):
            what = ast.unparse(statement).splitlines()[0]
            without = [*body[:n], ast.Pass(), *body[n + 1 :]]
            yield f"left out: {what}", {"body": without}


def is_idle(node: ast.AST) -> bool:
    """Return whether nothing can be wrong with it: a docstring, an import."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
            return True
        case _:
            return False
