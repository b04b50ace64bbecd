"""The imports of an accepted source: those that it needs, by their names."""

import ast
import importlib
from collections.abc import Iterator

from .mechanisms.redflags import HARMLESS


def tidied(tree: ast.Module) -> ast.Module:
    """Drop the imports at the top that nothing uses, and spell out every ``*``.

    A ``*`` of a module that is not known to be harmless is left as it is, since one
    would have to import it to know what it has.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    body = [kept for node in tree.body for kept in _kept(node, used)]
    return ast.Module(body, [])


def _kept(node: ast.stmt, used: set[str]) -> Iterator[ast.stmt]:
    match node:
        case ast.ImportFrom(
            module=str(module), names=[ast.alias(name="*")], level=0
        ) if module in HARMLESS:
            names = sorted(used & {*_exported(module)})
            aliases = [ast.alias(name) for name in names]
        case (
            ast.ImportFrom(module="__future__")
            | ast.ImportFrom(names=[ast.alias(name="*")])
        ):
            yield node
            return
        case ast.Import(names=all_) | ast.ImportFrom(names=all_):
            aliases = [a for a in all_ if (a.asname or a.name.split(".")[0]) in used]
        case _:
            yield node
            return
    if aliases:
        node.names = aliases
        yield node


def _exported(module: str) -> list[str]:
    """Name what ``from module import *`` brings."""
    found = importlib.import_module(module)
    public = [name for name in dir(found) if not name.startswith("_")]
    return list(getattr(found, "__all__", public))
