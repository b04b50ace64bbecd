"""An async function from a file that the user names."""

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

Scenario = Callable[[], Awaitable[object]]


class Unusable(Exception):
    """What the user has named is of no use; the text says why."""


def async_function(file: Path, name: str) -> Scenario:
    """Import *file*, and return the async function *name* in it.

    Raises:
        Unusable: there is no such file, it cannot be imported, or it has no such
            function.
    """
    module = _module(file)
    scenario: Any = getattr(module, name, None)
    if not inspect.iscoroutinefunction(scenario):
        found = [
            each
            for each, value in vars(module).items()
            if inspect.iscoroutinefunction(value)
        ]
        has = f"it has {', '.join(found)}" if found else "it has none at all"
        raise Unusable(f"{file} has no async function {name!r}; {has}")
    result: Scenario = scenario
    return result


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None or not file.is_file():
        raise Unusable(f"{file} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module  # attrs and dataclasses look there
    sys.path.insert(0, str(file.parent))
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        said = "".join(traceback.format_exception_only(error)).strip()
        raise Unusable(f"{file} cannot be imported:\n{said}") from error
    return module
