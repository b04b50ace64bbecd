"""Where a task stands: its frames, from the outermost to the innermost."""

import linecache
import os
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from types import FrameType

import attrs
from trio.lowlevel import Task

from .._core.trio_private import await_frames
from .values import Place

# Whose code is not the user's.
_TRIO = "trio"
_OURS = "exeunt"
_MACHINERY = {_TRIO, _OURS, "contextlib", "outcome", "pytest_trio"}


def root_of(frame: FrameType) -> str:
    """Return the package to which the code in *frame* belongs."""
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def is_trios(frame: FrameType) -> bool:
    """Return whether the code in *frame* is Trio's."""
    return root_of(frame) == _TRIO


def is_ours(frame: FrameType) -> bool:
    """Return whether the code in *frame* is exeunt's."""
    return root_of(frame) == _OURS


@attrs.frozen
class Stack:
    """The frames of a task, cut below the innermost line of the user's own code."""

    own: tuple[FrameType, int] | None  # that line
    within: tuple[FrameType, ...]  # what that line has called; the innermost is last
    belongs_to: str  # the package whose code the task began with

    @property
    def place(self) -> Place | None:
        """That line, looked up in its file."""
        return None if self.own is None else place_of(*self.own)


def is_users(frame: FrameType) -> bool:
    """Return whether the code in *frame* is neither Trio's nor ours."""
    return root_of(frame) not in _MACHINERY


def own_frames(task: Task) -> list[tuple[FrameType, int]]:
    """Return where the user's own code stands in *task*, the outermost frame first."""
    return [(frame, line) for frame, line in await_frames(task) if is_users(frame)]


def stack_of(task: Task) -> Stack:
    """Look where *task* stands."""
    frames = await_frames(task)
    cut = len(frames)
    while cut and root_of(frames[cut - 1][0]) in _MACHINERY:
        cut -= 1
    return Stack(
        own=frames[cut - 1] if cut else None,
        within=tuple(frame for frame, _ in frames[cut:]),
        belongs_to=root_of(frames[0][0]) if frames else "",
    )


def place_of(frame: FrameType, line: int) -> Place:
    """Return where the code in *frame* stands."""
    file = frame.f_code.co_filename
    source = linecache.getline(file, line, frame.f_globals).strip()
    folder = os.getcwd()  # noqa: PTH109 - quick, and it is called for each task
    return Place(_short(file, folder), line, frame.f_code.co_name, source)


def innermost_place(frames: Iterable[FrameType]) -> Place | None:
    """Return the first line of the user's own code in *frames*, innermost first."""
    others = _MACHINERY | sys.stdlib_module_names - {"__main__"}
    for frame in frames:
        if root_of(frame) not in others:
            return place_of(frame, frame.f_lineno)
    return None


@lru_cache
def _short(file: str, folder: str) -> str:
    try:
        return Path(file).relative_to(folder).as_posix()
    except ValueError:
        return file
