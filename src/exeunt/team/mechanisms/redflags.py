"""Signs that an answer is not worth a try. It is thrown away then, and never repaired.

That an answer is too long or in the wrong form goes with its being wrong (MAKER, arXiv
2511.09030, section on red-flagging), and a mediocre worker does not repair what it has
written once. None of this makes code safe to run: for that there is the sandbox.
"""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import StrEnum

import attrs

from .extracting import (
    Defining,
    Definition,
    blocks,
    extract,
    globals_read,
    is_docstring,
    parse,
)

HARMLESS = frozenset(
    {
        "__future__",
        "abc",
        "array",
        "base64",
        "binascii",
        "bisect",
        "calendar",
        "cmath",
        "collections",
        "colorsys",
        "copy",
        "csv",
        "dataclasses",
        "datetime",
        "decimal",
        "difflib",
        "enum",
        "fractions",
        "functools",
        "graphlib",
        "hashlib",
        "heapq",
        "html",
        "io.StringIO",
        "itertools",
        "json",
        "keyword",
        "math",
        "numbers",
        "operator",
        "re",
        "statistics",
        "string",
        "struct",
        "textwrap",
        "types",
        "typing",
        "unicodedata",
        "urllib.parse",
        "zlib",
    }
)
"""Modules of the standard library that compute, and do nothing else."""

FORBIDDEN = frozenset(
    {
        "__builtins__",
        "__import__",
        "__loader__",
        "breakpoint",
        "compile",
        "eval",
        "exec",
        "exit",
        "globals",
        "help",
        "input",
        "locals",
        "open",
        "quit",
    }
)
"""Built-in functions that reach beyond what a function is given."""

ESCAPES = frozenset(
    {
        "__bases__",
        "__builtins__",
        "__closure__",
        "__code__",
        "__globals__",
        "__import__",
        "__loader__",
        "__mro__",
        "__subclasses__",
        "gi_frame",
        "f_back",
        "f_globals",
        "tb_frame",
    }
)
"""Attributes that lead out of an object to the interpreter around it."""


class Sign(StrEnum):
    """What is wrong with an answer."""

    TRUNCATED = "truncated"
    LONG = "long"
    NO_CODE = "no code"
    NO_PYTHON = "no python"
    MISSING = "missing"
    SIGNATURE = "signature"
    STUB = "stub"
    FORBIDDEN = "forbidden"
    EFFECT = "effect"


@attrs.frozen
class Flag:
    """One sign, and in words what gives it."""

    sign: Sign
    reason: str

    def __str__(self) -> str:
        return self.reason


def flags(
    answer: str,
    *,
    truncated: bool = False,
    wanted: Mapping[str, Sequence[str]],
    allowed: Collection[str] = HARMLESS,
    longest: int = 8_000,
) -> tuple[Flag, ...]:
    r"""Look for signs that an answer is not worth a try.

    Args:
        answer: all that the model said.
        truncated: whether it ended because its tokens were used up. It counts only if
            the code was cut, and not if it was what is said after the code.
        wanted: the functions it has to have, each with its parameters' names in order.
            More parameters are no sign if they need not be given.
        allowed: what may be imported: modules, and what is in modules, with dots.
        longest: how many characters an answer may have; a token is about four.

    Returns:
        The flags; none if it is worth a try.

    Example::

        from exeunt.team.mechanisms.redflags import flags

        answer = "def double(y):\n    return eval('2 * y')"
        assert [str(each) for each in flags(answer, wanted={"double": ["x"]})] == [
            "double(y) should be double(x)",
            "it uses eval",
        ]
    """
    return tuple(_flags(answer, truncated, wanted, allowed, longest))


def _flags(
    answer: str,
    truncated: bool,
    wanted: Mapping[str, Sequence[str]],
    allowed: Collection[str],
    longest: int,
) -> Iterator[Flag]:
    code = extract(answer)
    if truncated and not (code and blocks(answer)[-1].closed):
        yield Flag(Sign.TRUNCATED, "its tokens were used up before its code ended")
    if len(answer) > longest:
        yield Flag(Sign.LONG, f"it is {len(answer)} characters long, not {longest}")
    if code is None:
        yield Flag(Sign.NO_CODE, "there is no code in it")
        return
    try:
        tree = parse(code)
    except SyntaxError as error:
        yield Flag(Sign.NO_PYTHON, f"its code is no Python: {error}")
        return
    for name, parameters in wanted.items():
        yield from _unfit(tree, name, parameters)
    yield from _reaches_out(tree, allowed)
    yield from _acts(tree)


def _unfit(tree: ast.Module, name: str, parameters: Sequence[str]) -> Iterator[Flag]:
    """Look whether a function is there, called as it should be, and not left open."""
    named = [
        each for each in tree.body if isinstance(each, Definition) and each.name == name
    ]
    if not named or not isinstance(function := named[-1], ast.FunctionDef):
        yield Flag(Sign.MISSING, f"there is no function {name}")
        return
    if not _is_called_as(function.args, parameters):
        has = f"{name}({ast.unparse(function.args)})"
        yield Flag(Sign.SIGNATURE, f"{has} should be {name}({', '.join(parameters)})")
    if all(_says_nothing(each) for each in function.body):
        yield Flag(Sign.STUB, f"{name} has no body")


def _is_called_as(has: ast.arguments, parameters: Sequence[str]) -> bool:
    by_place = [*has.posonlyargs, *has.args]
    names = [each.arg for each in [*by_place, *has.kwonlyargs]]
    needed = len(by_place) - len(has.defaults)
    open_ = sum(default is None for default in has.kw_defaults)
    return (
        names[: len(parameters)] == [*parameters]
        and needed <= len(parameters)
        and (open_ == 0 or len(parameters) >= len(names))
    )


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=exc) if exc and "NotImplemented" in ast.unparse(exc):
            return True
        case _:
            return False


def _reaches_out(tree: ast.Module, allowed: Collection[str]) -> Iterator[Flag]:
    """Look for what is imported or used that nobody needs who only computes."""
    for name in dict.fromkeys(_imports(tree)):
        heads = (name.rsplit(".", n)[0] for n in range(name.count(".") + 1))
        if not any(head in allowed for head in heads):
            yield Flag(Sign.FORBIDDEN, f"it imports {name}")
    own = {node.name for node in tree.body if isinstance(node, Definition)}
    used = sorted(FORBIDDEN & globals_read(tree.body) - own)
    reached = {n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    for name in [*used, *sorted(ESCAPES & reached)]:
        yield Flag(Sign.FORBIDDEN, f"it uses {name}")


def _imports(tree: ast.Module) -> Iterator[str]:
    """Name all that is imported, with dots."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            home = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (home + alias.name for alias in node.names)


def _acts(tree: ast.Module) -> Iterator[Flag]:
    """Look for what happens as soon as the module is imported."""
    for each in tree.body:
        if not isinstance(each, Defining) and not is_docstring(each):
            what = ast.unparse(each).splitlines()[0]
            yield Flag(Sign.EFFECT, f"importing it would do this: {what}")
