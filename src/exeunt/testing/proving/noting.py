"""Have Trio's primitives note what they touch, while a proof runs.

Each method in the table of `operations` notes what it touches before it does what it
always does. Calls that Trio makes inside its own primitives are left out where the
operation that makes them is in the table itself.
"""

from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from functools import wraps
from inspect import currentframe, getattr_static, iscoroutinefunction, unwrap
from pathlib import Path
from typing import Any

import attrs
import trio

from .operations import TABLE, Row
from .recorder import recorder
from .replacing import replaced


@contextmanager
def noted() -> Generator[None]:
    """Have the operations in the table noted, for the time of the block."""
    with ExitStack() as undo:
        for row in TABLE:
            undo.enter_context(replaced(row.owner, row.method, _noting(row)))
        yield


def _noting(row: Row) -> Any:
    original = getattr_static(row.owner, row.method)
    if isinstance(original, property):
        return _noting_property(row, original)
    if iscoroutinefunction(unwrap(original)):
        return _noting_async(row, original)
    return _noting_sync(row, original)


def _noting_property(row: Row, original: property) -> property:
    assert original.fget is not None
    getter = _noting_sync(row, original.fget)
    if original.fset is None:
        return property(getter)
    return property(
        getter, _noting_sync(attrs.evolve(row, note=row.change), original.fset)
    )


def _noting_sync(row: Row, original: Callable[..., Any]) -> Any:
    @wraps(original)
    def call(self: object, *args: Any, **kwargs: Any) -> Any:
        looking = recorder.get()
        if looking is None or (row.inner and _is_called_by_trio()):
            return original(self, *args, **kwargs)
        if row.made:
            original(self, *args, **kwargs)
            return row.note(looking, self, *args, **kwargs)
        row.note(looking, self, *args, **kwargs)
        return original(self, *args, **kwargs)

    return call


def _noting_async(row: Row, original: Callable[..., Any]) -> Any:
    @wraps(original)
    async def call(self: object, *args: Any, **kwargs: Any) -> Any:
        looking = recorder.get()
        if looking is None or (row.inner and _is_called_by_trio()):
            return await original(self, *args, **kwargs)
        pending = row.note(looking, self, *args, **kwargs)
        try:
            result = await original(self, *args, **kwargs)
        except BaseException:
            if pending is not None:
                pending.given_up()
            raise
        if pending is not None:
            pending.done(looking)
        return result

    return call


_TRIO = str(Path(trio.__file__).parent)


def _is_called_by_trio() -> bool:
    frame = currentframe()
    for _ in range(2):
        frame = None if frame is None else frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(_TRIO)
