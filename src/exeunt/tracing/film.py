"""A whole run on the record, from outside: nothing in the program is changed."""

from typing import final

import attrs
from trio.abc import Instrument
from trio.lowlevel import Task

from .._core.failures import alone
from .._core.trio_private import main_task
from .._model.events import TaskEnded, TaskStarted
from .._model.words import complaint
from .recorder import Recorder
from .recording import Recording


@final
class Film(Instrument):
    """Has a recorder run along from the first step of a program to its last.

    Trio calls an instrument with no frame of ours in the program's stack, and with
    Ctrl-C held off.
    """

    def __init__(self, recorder: Recorder, *, name: str | None = None) -> None:
        self._recorder = recorder
        self._name = name
        self._main: Task | None = None
        self._is_over = False

    def before_task_step(self, task: Task) -> None:
        """Begin with the main task."""
        if self._main is None and task is main_task():
            self._main = task
            self._recorder.__enter__()

    def task_exited(self, task: Task) -> None:
        """Note that the step that is under way is the program's last."""
        self._is_over = self._is_over or task is self._main

    def after_task_step(self, task: Task) -> None:
        """End with the main task, when all others have seen that."""
        if self._is_over and task is self._main:
            self._recorder.__exit__(None, None, None)

    def recording(self, error: BaseException | None) -> Recording | None:
        """Return what has been recorded, once the run is over; None if it never began.

        Args:
            error: what came out of the run.
        """
        if self._main is None:
            return None
        why = None if error is None else complaint(alone(error))
        recording = self._recorder.recording(error=why)
        return _with_its_end(recording, self._name, why)


def _with_its_end(
    recording: Recording, name: str | None, error: str | None
) -> Recording:
    """Say of the main task what Trio does not: how it has ended; and its name."""
    events = [*recording.events]
    mains: set[int] = set()
    for place, event in enumerate(events):
        if isinstance(event, TaskStarted) and event.main:
            mains.add(event.task)
            events[place] = attrs.evolve(event, name=name or event.name)
        if isinstance(event, TaskEnded) and event.task in mains and error is not None:
            events[place] = attrs.evolve(event, outcome="failed", error=error)
    return attrs.evolve(recording, events=tuple(events))
