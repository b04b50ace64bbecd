"""What a program calls its nurseries and supervisors."""

import linecache
import re
import sys
from collections.abc import Iterator
from types import FrameType

import trio
from trio.lowlevel import Task

from .._core.trio_private import await_frames
from ..stalls.stack import is_users

_BOUND = re.compile(r"\bas\s+(\w+)\s*[,:)]")


def name_of(nursery: trio.Nursery) -> str | None:
    """Return the name of the variable that holds *nursery*, or is about to.

    Looked for in the functions that run in the task that has opened it, the innermost
    first; and if it is only about to be bound, in the line that runs.
    """
    frames = [*_users_frames(nursery.parent_task)]
    for frame, _ in frames:
        for name, value in frame.f_locals.items():
            if value is nursery:
                return name
    for frame, line in frames[:1]:
        source = linecache.getline(frame.f_code.co_filename, line, frame.f_globals)
        bound = _BOUND.findall(source)
        if bound:
            return str(bound[-1])
    return None


def _users_frames(task: Task) -> Iterator[tuple[FrameType, int]]:
    """Return where the user's own code stands in *task*, the innermost frame first."""
    if trio.lowlevel.current_task() is not task:
        yield from (each for each in reversed(await_frames(task)) if is_users(each[0]))
        return
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not trio.run.__code__:
        if is_users(frame):
            yield frame, frame.f_lineno
        frame = frame.f_back
