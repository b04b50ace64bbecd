"""The package that is there already, taken apart so that it can be mended.

A bug report is one more example in the brief. What still does all that the brief says
stays as it is; the rest is built anew.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from .briefs.reading import Brief


def sources_in(folder: Path, brief: Brief) -> dict[str, str]:
    """Find the source of each function of a brief in a package that was delivered.

    A function comes with what it needs beside the other functions: the helpers and the
    imports of its module.

    Args:
        folder: Where the package was put.
        brief: What is wanted of it now.

    Returns:
        The sources that there are, by the names of the functions.

    Raises:
        OSError: There is no such package in the folder, or it cannot be read.
        SyntaxError: One of its modules is no Python.

    """
    found: dict[str, str] = {}
    for path in sorted((folder / brief.name).iterdir()):
        if path.suffix == ".py" and path.name != "__init__.py":
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            found.update(_functions(tree, {each.name for each in brief.functions}))
    return found


def _functions(tree: ast.Module, wanted: set[str]) -> Iterator[tuple[str, str]]:
    homes = {name: node for node in tree.body for name in _names(node)}
    for name in sorted(wanted & {*homes}):
        ahead, needed = [homes[name]], list[ast.stmt]()
        while ahead:
            needed.append(node := ahead.pop())
            more = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} - wanted
            ahead += [
                homes[each]
                for each in sorted(more & {*homes})
                if homes[each] not in [*needed, *ahead]
            ]
        parts = [node for node in tree.body if node in needed]
        yield name, ast.unparse(ast.Module(parts, []))


def _names(node: ast.stmt) -> Iterator[str]:
    """Name what a statement at the top of a module gives a name to."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases, level=0):
            yield from (each.asname or each.name.split(".")[0] for each in aliases)
        case ast.Assign(targets=targets):
            yield from (each.id for each in targets if isinstance(each, ast.Name))
        case _:
            pass
