"""What a printed program has to import."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any, cast

_NAMES = {
    "suppress": "contextlib",
    "open_supervisor": "exeunt",
    "start": "exeunt",
    "AgentClosed": "exeunt.exceptions",
    "AgentCrashed": "exeunt.exceptions",
    "CrashBefore": "exeunt.testing",
    "FaultPlan": "exeunt.testing",
    "InjectedCrash": "exeunt.testing",
    "Schedule": "exeunt.testing",
    "faulty": "exeunt.testing",
}


def imports_of(text: str, values: Iterable[Any]) -> str:
    """Return the imports for the names in a program.

    Args:
        text: the program.
        values: its agent, its messages, and whatever else tells where names are from.
    """
    modules = [*_modules_of(values)]
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in _used_in(text):
        module = _NAMES.get(name) or _home_of(name, modules)
        if module is not None:
            found[module].add(name)
    lines = [
        f"from {module} import {', '.join(sorted(found[module]))}"
        for module in sorted(found)
    ]
    return "\n".join(["import trio", *lines] if "trio." in text else lines)


def _used_in(text: str) -> set[str]:
    try:
        tree = ast.parse(text)
    except SyntaxError:  # a message whose repr is no Python
        return {name for name in _NAMES if name in text}
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _modules_of(values: Iterable[Any]) -> Iterator[ModuleType]:
    for value in values:
        for each in (value, cast("object", type(value))):
            module = sys.modules.get(getattr(each, "__module__", ""))
            if module is not None:
                yield module


def _home_of(name: str, modules: Iterable[ModuleType]) -> str | None:
    """Return the module of a class or function that one of *modules* knows."""
    for module in modules:
        found = getattr(module, name, None)
        home: Any = getattr(found, "__module__", None)
        if home in sys.modules and getattr(sys.modules[home], name, None) is found:
            return str(home)
    return None
