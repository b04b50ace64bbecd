"""The tasks that can run, in the same order every time, whatever pytest-trio does.

pytest-trio runs the fixtures of a test, and the test, as tasks side by side. In which
order it starts them, and waits for them, is the order of sets, so it differs from run
to run. Where such a task only waits for the others it is therefore none of the choices:
it goes at once, and the schedule begins to matter where code of the user's does.
"""

from pathlib import Path
from types import FrameType

import trio
from trio.lowlevel import Task

_PYTEST_TRIO = str(Path("pytest_trio", "plugin.py"))
_TRIO = str(Path(trio.__file__).parent)
_CONTEXTLIB = "contextlib.py"


class Line:
    """The tasks that can run, the longest waiting first.

    Those that come at the same time stand in the order in which they first came; the
    tasks of pytest-trio, which it starts in any order, in that of their names.
    """

    def __init__(self) -> None:
        self._ranks: dict[Task, int] = {}
        self._waiting: dict[Task, None] = {}

    def of(self, ready: list[Task]) -> list[Task]:
        """Return these tasks in line."""
        new = [task for task in ready if task not in self._ranks]
        for task in sorted(new, key=lambda t: t.name if is_pytest_trios(t) else ""):
            self._ranks[task] = len(self._ranks)
        come = [task for task in ready if task not in self._waiting]
        stay = {*ready}
        self._waiting = {task: None for task in self._waiting if task in stay}
        self._waiting |= dict.fromkeys(sorted(come, key=self._ranks.__getitem__))
        return [*self._waiting]

    def gone(self, task: Task | None) -> None:
        """Note that *task*, if there is one, takes its step."""
        if task is not None:
            self._waiting.pop(task, None)


def is_pytest_trios(task: Task) -> bool:
    """Return whether *task* is a fixture or a test."""
    code = getattr(task.coro, "cr_code", None)
    return code is not None and code.co_filename.endswith(_PYTEST_TRIO)


def only_waits(task: Task) -> bool:
    """Return whether *task* is a fixture or a test that waits for the others."""
    return is_pytest_trios(task) and not any(map(_is_users, _frames(task)))


def _frames(task: Task) -> list[FrameType]:
    frames = [frame for frame, _ in task.iter_await_frames()]
    own = [n for n, frame in enumerate(frames) if _is_of(frame, _PYTEST_TRIO)]
    return frames[max(own, default=-1) + 1 :]


def _is_users(frame: FrameType) -> bool:
    name = frame.f_code.co_filename
    return not name.startswith(_TRIO) and not name.endswith(_CONTEXTLIB)


def _is_of(frame: FrameType, file: str) -> bool:
    return frame.f_code.co_filename.endswith(file)
