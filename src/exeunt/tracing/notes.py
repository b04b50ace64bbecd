"""The journal that a recorder keeps: raw notes, in a ring."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import trio
from trio.lowlevel import Task, current_task

from .._core.journal import Note
from .looking import Nurseries


class Notes:
    """Takes down what the runtime says, and looks where it cannot know."""

    def __init__(
        self, nurseries: Nurseries, context: tuple[ContextVar[Any], ...]
    ) -> None:
        self._nurseries = nurseries
        self._context = context
        self.now: Callable[[], float] = nurseries.now
        self.add: Callable[[Note], object] = nurseries.add
        if context:
            self.add = self._add_with_context

    def look(self, task: Task) -> None:
        """An agent meets a cancellation: it has come from somewhere around its task."""
        self._nurseries.look_from(task)

    def opened(self, nursery: trio.Nursery) -> None:
        """A supervisor has opened its nursery."""
        self._nurseries.meet(nursery, "supervisor")

    def hurried(self, nursery: trio.Nursery, reason: str | None) -> None:
        """A supervisor has told everybody to leave."""
        self._nurseries.hurry(nursery, reason, current_task())

    def stop(self) -> None:
        """An agent may outlive the recorder: nobody wants to hear any more."""
        self.add = self._nurseries.add = _ignore

    def _add_with_context(self, note: Note) -> None:
        if note[0] in {"accepted", "lined"}:
            values = {var.name: var.get(None) for var in self._context}
            note = (*note, values)
        self._nurseries.add(note)


def _ignore(_: Note) -> None: ...
