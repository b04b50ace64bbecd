"""What a program calls its nurseries, and which are none of its own."""

import linecache
import re
import sys
from collections.abc import Iterator
from inspect import CO_OPTIMIZED, unwrap
from types import FrameType

import trio
from trio.lowlevel import Task

from .._core.trio_private import await_frames, task_here
from ..stalls.stack import is_users

_START = unwrap(trio.Nursery.start).__code__
_BOUND = re.compile(r"\bas\s+(\w+)\s*[,:)]")


def name_of(nursery: trio.Nursery) -> str | None:
    """Return the name of the variable that holds *nursery*, or is about to.

    Looked for in the functions that run in the task that has opened it, the innermost
    first; and if it is only about to be bound, in the line that runs.
    """
    everybodys = _frames(nursery.parent_task)
    frames = [each for each in everybodys if is_users(each[0])]
    for frame, _ in frames:
        name = _bound_in(frame, nursery)
        if name is not None:
            return name
    for frame, line in frames[:1]:
        source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals)
        bound = _BOUND.findall(source)
        if bound:
            return str(bound[-1])
    return None


def started_into(nursery: trio.Nursery) -> trio.Nursery | None:
    """Return where a task moves to from *nursery*, if it is there to be started only.

    `trio.Nursery.start` opens one for the time until its task says that it is started.
    """
    for frame, _ in _frames(nursery.parent_task):
        if frame.f_code is _START:
            values = frame.f_locals
            target: trio.Nursery = values["self"]
            if target is not nursery and any(
                each is nursery for each in values.values()
            ):
                return target
    return None


def _bound_in(frame: FrameType, nursery: trio.Nursery) -> str | None:
    values = frame.f_locals
    names = [name for name, value in values.items() if value is nursery]
    if sys.version_info < (3, 13) and frame.f_code.co_flags & CO_OPTIMIZED:
        values.clear()  # a snapshot that the frame keeps, and all that is in it
    return names[0] if names else None


def _frames(task: Task) -> Iterator[tuple[FrameType, int]]:
    """Return where *task* stands, the innermost frame first."""
    if task_here() is not task:
        yield from reversed(await_frames(task))
        return
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code is not trio.run.__code__:
        yield frame, frame.f_lineno
        frame = frame.f_back
