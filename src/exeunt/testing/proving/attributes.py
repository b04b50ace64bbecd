"""What the runtime's own objects share: every attribute, one by one.

While a proof runs, each class of the runtime notes which attributes of its instances a
step reads and writes. So no table has to say which operations of a mailbox or of a
supervisor go together, and none can be out of date: two steps can change places if
neither writes an attribute that the other one uses.

To fetch what can be changed in place, such as a list, counts as writing it.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from enum import Enum
from functools import wraps
from inspect import getattr_static, isdatadescriptor
from types import (
    BuiltinFunctionType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Any, cast

import trio

from .footprint import How
from .operations import TABLE
from .recorder import Recorder, recorder
from .replacing import replaced

_RUNTIME = __name__.split(".", maxsplit=1)[0]
_NOT_SHARED = (f"{_RUNTIME}.testing", f"{_RUNTIME}._core.trio_private")
_STABLE = (
    *(type(None), bool, int, float, complex, str, bytes, tuple, frozenset, type, Enum),
    *(FunctionType, BuiltinFunctionType, MethodType, ModuleType, BaseException),
    *(trio.lowlevel.Task, trio.Nursery, trio.lowlevel.TrioToken),
    *{row.owner for row in TABLE},  # their own methods are noted
)
"""Values that can be fetched without being changed, or only by what is noted."""


@contextmanager
def watched() -> Generator[None]:
    """Have the attributes of the runtime's objects noted, for the time of the block."""
    kinds = _kinds()
    roots = [kind for kind in kinds if not any(b in kinds for b in kind.__mro__[1:])]
    watch = _Watch((*_STABLE, *roots))
    with ExitStack() as undo:
        for kind in kinds:
            if kind in roots or "__init__" in vars(kind):
                undo.enter_context(replaced(kind, "__init__", watch.making(kind)))
        for kind in roots:
            for name, hook in watch.hooks(kind).items():
                undo.enter_context(replaced(kind, name, hook))
        yield


def _kinds() -> list[Any]:
    """Return the classes of the runtime whose instances can change."""
    found: dict[type, None] = {}
    for name, module in sorted(sys.modules.items()):
        if name.split(".")[0] == _RUNTIME and not name.startswith(_NOT_SHARED):
            for value in vars(module).values():
                if isinstance(value, type) and value.__module__ == name:
                    found[value] = None
    return [kind for kind in found if not _never_changes(kind)]


def _never_changes(kind: Any) -> bool:
    is_protocol = getattr(kind, "_is_protocol", False)
    return is_protocol or issubclass(kind, (BaseException, Enum, tuple))


class _Watch:
    """Makes the hooks that a class has for the time of a proof."""

    def __init__(self, stable: tuple[type, ...]) -> None:
        self._stable = stable
        self._is_stable: dict[type, bool] = {}
        self._is_state: dict[tuple[type, str], bool] = {}

    def making(self, kind: Any) -> Callable[..., None]:
        """Return an ``__init__`` that names the new object."""
        original = kind.__init__

        @wraps(original)
        def init(self: Any, *args: Any, **kwargs: Any) -> None:
            looking = recorder.get()
            if looking is not None and type(self).__init__ is init:
                looking.name(self)
            original(self, *args, **kwargs)

        return init

    def hooks(self, kind: Any) -> dict[str, Callable[..., Any]]:
        """Return what notes the use of attributes."""
        get, put, drop = kind.__getattribute__, kind.__setattr__, kind.__delattr__

        def getting(thing: Any, name: str) -> Any:
            value = get(thing, name)
            looking = recorder.get()
            if looking is not None:
                self._note(looking, thing, name, self._how(value))
            return value

        def setting(thing: Any, name: str, value: Any) -> None:
            looking = recorder.get()
            if looking is not None:
                self._note(looking, thing, name, How.WRITE)
            put(thing, name, value)

        def deleting(thing: Any, name: str) -> None:
            looking = recorder.get()
            if looking is not None:
                self._note(looking, thing, name, How.WRITE)
            drop(thing, name)

        return {
            "__getattribute__": getting,
            "__setattr__": setting,
            "__delattr__": deleting,
        }

    def _how(self, value: object) -> int:
        stable = self._is_stable.get(type(value))
        if stable is None:
            stable = isinstance(value, self._stable)
            self._is_stable[type(value)] = stable
        return How.READ if stable else How.WRITE

    def _note(self, looking: Recorder, thing: Any, name: str, how: int) -> None:
        key = cast("tuple[type[object], str]", (type(thing), name))
        state = self._is_state.get(key)
        if state is None:
            state = self._is_state[key] = _is_state(*key)
        if not state:
            return
        if id(thing) not in looking.objects:
            # It is of a class of the user's, with an __init__ of its own.
            looking.name(thing)
            looking.kept.append(thing)
        looking.touch((looking.objects[id(thing)], name), how)


def _is_state(kind: type, name: str) -> bool:
    found = getattr_static(kind, name, None)
    is_code = hasattr(found, "__get__") and not isdatadescriptor(found)
    return not (name.startswith("__") or is_code or isinstance(found, property))
