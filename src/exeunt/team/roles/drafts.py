"""How a draft fits in with what stands in its module already."""

import ast

from .messages import Build
from .prompts import KNOWN


def neighbours_lost(source: str, job: Build) -> tuple[str, str]:
    """Drop from a draft what it was told to use, and look whether the rest fits.

    Small workers often write a function again that they were told to call. The one
    that was accepted stays.

    Returns:
        The draft, and what is wrong with it, if anything is.

    """
    given = {each.name for each in job.used}
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if _name(node) not in given and not _imports(node, {KNOWN, *given})
    ]
    mine = {name for node in tree.body if (name := _name(node))}
    taken = {
        name
        for other in job.neighbours
        for node in ast.parse(other).body
        if (name := _name(node))
    }
    clash = sorted(mine & taken - {job.function.name})
    why = f"its module has another {', '.join(clash)} already" if clash else ""
    return ast.unparse(tree), why


def _imports(node: ast.stmt, given: set[str]) -> bool:
    """Whether it imports what the worker was told to call, wherever from."""
    match node:
        case ast.ImportFrom(module=module):
            return module in given
        case ast.Import(names=names):
            return all(alias.name in given for alias in names)
        case _:
            return False


def _name(node: ast.stmt) -> str | None:
    """Name what a statement defines, if it defines a function or a class."""
    return getattr(node, "name", None)
