"""How a draft fits in with what stands in its module already."""

import ast
from collections.abc import Iterable

from .messages import Build
from .prompts import KNOWN


def neighbours_lost(source: str, job: Build) -> tuple[str, str]:
    """Drop from a draft what its module has already, and look whether the rest fits.

    Small workers often write a function again that they were told to call. The one
    that was accepted stays.

    Returns:
        The draft, and what is wrong with it, if anything is.

    """
    given = {each.name for each in job.used}
    there = defined(job.neighbours)
    tree = ast.parse(source)
    tree.body = [
        node
        for node in tree.body
        if not _names(node) & given
        and not _imports(node, {KNOWN, *given})
        and ast.unparse(node) not in {there.get(name) for name in _names(node)}
    ]
    mine = {name for node in tree.body for name in _names(node)}
    clash = sorted(mine & {*there, *job.others})
    why = f"there is another {', '.join(clash)}" if clash else ""
    return ast.unparse(tree), why


def defined(sources: Iterable[str]) -> dict[str, str]:
    """Find what sources define, each name with the statement that does."""
    return {
        name: ast.unparse(node)
        for source in sources
        for node in ast.parse(source).body
        for name in _names(node)
    }


def _imports(node: ast.stmt, given: set[str]) -> bool:
    """Whether it imports what the worker was told to call, wherever from."""
    match node:
        case ast.ImportFrom(module=module):
            return module in given
        case ast.Import(names=names):
            return all(alias.name in given for alias in names)
        case _:
            return False


def _names(node: ast.stmt) -> set[str]:
    """Name what a statement of a module defines: functions, classes, constants."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return set()
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return {node.name}
        case _:
            stores = (each for each in ast.walk(node) if isinstance(each, ast.Name))
            return {each.id for each in stores if isinstance(each.ctx, ast.Store)}
