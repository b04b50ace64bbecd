"""What is delivered: modules, tests, and a page that says what is there."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from .briefs.dividing import Division, Module
from .briefs.function import Example, Function, docstring
from .briefs.reading import Brief
from .imports import tidied


@attrs.frozen
class Package:
    """A package that has passed its tests.

    Attributes:
        name: What it is imported as.
        files: The text of each file, by its path.

    """

    name: str
    files: Mapping[str, str]


def with_docstring(function: Function, source: str) -> str:
    """Give an accepted source the docstring of its contract, and an even style.

    What a worker commented is dropped: the contract says what the code does.
    """
    tree = tidied(ast.parse(source))
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function.name:
            stub = ast.parse(function.stub()).body[0]
            assert isinstance(stub, ast.FunctionDef)
            first = node.body[0]
            had = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            node.body = [stub.body[0], *node.body[had:]]
            node.args, node.returns = _annotated(node, stub)
    return ast.unparse(tree)


def _annotated(
    node: ast.FunctionDef, stub: ast.FunctionDef
) -> tuple[ast.arguments, ast.expr | None]:
    """Take the contract's signature, unless the worker has parameters of its own."""
    names = [[each.arg for each in one.args.args] for one in (node, stub)]
    same = names[0] == names[1] and not node.args.defaults
    return (stub.args if same else node.args), stub.returns


def module_text(
    sources: Iterable[str], uses: Mapping[str, Sequence[str]], *, inside: str = ""
) -> str:
    """Write a module: what it imports, and then its functions.

    Args:
        sources: The functions, in order.
        uses: The names that it takes from other modules of the package.
        inside: What stands before the names of these modules: a dot in a package.

    """
    imports: dict[str, None] = {}
    body: list[str] = []
    for source in sources:
        for node in ast.parse(source).body:
            text = ast.unparse(node)
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports[text] = None
            else:
                body.append(text)
    own = [f"from {inside}{m} import {', '.join(names)}" for m, names in uses.items()]
    heads = ["\n".join(part) for part in (sorted(imports), sorted(own)) if part]
    return "\n\n".join(heads) + ("\n\n\n" if heads else "") + "\n\n\n".join(body) + "\n"


def needs(brief: Brief, division: Division, module: Module) -> dict[str, list[str]]:
    """Say which names a module takes from which other modules."""
    taken: dict[str, list[str]] = {}
    for function in module.functions:
        for used in brief[function].uses:
            home = division.home(used)
            if home != module.name and used not in taken.setdefault(home, []):
                taken[home].append(used)
    return taken


def assemble(
    brief: Brief, division: Division, sources: Mapping[str, str]
) -> dict[str, str]:
    """Put the accepted functions together.

    Args:
        brief: What was wanted.
        division: Which function lives where.
        sources: The accepted source of each function.

    Returns:
        The text of each file, by its path.

    """
    files = {f"{brief.name}/__init__.py": _front(brief, division)}
    for module in division.modules:
        text = module_text(
            [with_docstring(brief[name], sources[name]) for name in module.functions],
            needs(brief, division, module),
            inside=".",
        )
        files[f"{brief.name}/{module.name}.py"] = text
        files[f"tests/test_{module.name}.py"] = _tests(brief, module)
    files["README.md"] = _page(brief, division)
    files["pyproject.toml"] = _project(brief)
    return files


def _front(brief: Brief, division: Division) -> str:
    lines = [docstring(brief.purpose or brief.name), ""]
    lines += (
        f"from .{module.name} import {', '.join(module.functions)}"
        for module in division.modules
    )
    names = ", ".join(f'"{each.name}"' for each in brief.functions)
    return "\n".join([*lines, "", f"__all__ = [{names}]", ""])


def _tests(brief: Brief, module: Module) -> str:
    functions = [brief[name] for name in module.functions]
    body = [line for function in functions for line in _tests_of(function)]
    pytest = ["import pytest", ""] if any("pytest." in line for line in body) else []
    return "\n".join([*pytest, f"from {brief.name} import *", "", *body])


def _tests_of(function: Function) -> Iterator[str]:
    for number, example in enumerate(function.examples, 1):
        yield ""
        yield f"def test_{function.name}_{number}():"
        yield from _test(example)
        yield ""


def _test(example: Example) -> Iterator[str]:
    if example.raises is not None:
        yield f"    with pytest.raises({example.raises}):"
        yield f"        {example.call}"
    elif _is_literal(example.want or ""):
        yield f"    assert ({example.call}) == {example.want}"
    else:
        yield f"    assert repr({example.call}) == {example.want!r}"


def _is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def _page(brief: Brief, division: Division) -> str:
    lines = [f"# {brief.name}", "", brief.purpose, "", "| module | has |", "|---|---|"]
    for module in division.modules:
        has = ", ".join(f"`{name}`" for name in module.functions)
        lines.append(f"| `{module.name}` | {has} |")
    return "\n".join([*lines, "", "Its tests: `python -m pytest`.", ""])


def _project(brief: Brief) -> str:
    name = re.sub("_", "-", brief.name)
    return f"""\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
requires-python = ">=3.11"

[tool.hatch.build.targets.wheel]
packages = ["{brief.name}"]

[tool.pytest.ini_options]
pythonpath = ["."]
"""
