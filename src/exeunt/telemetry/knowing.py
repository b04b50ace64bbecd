"""What the numbers in events stand for, for who follows a run that may be endless.

What is over may still be spoken of: an agent that has left is sent something, or an
answer comes long after the turn. So the last that are over are remembered, but not all.
"""

from typing import Generic, TypeVar

import attrs

from .._model.events import AgentLeft, AgentStarted, Event, TaskEnded, TaskStarted

T = TypeVar("T")

_LAST = 10_000  # as many as the recorder, so that it introduces nobody again


class Known(Generic[T]):
    """What some numbers stand for: of all that goes on, and of the last that is over.

    Args:
        last: how many of those that are over are remembered.
    """

    def __init__(self, last: int = _LAST) -> None:
        self._last = last
        self._current: dict[int, T] = {}
        self._over: dict[int, T] = {}

    def __setitem__(self, number: int, value: T) -> None:
        self._current[number] = value

    def __contains__(self, number: int) -> bool:
        return number in self._current

    def __len__(self) -> int:
        return len(self._current) + len(self._over)

    def get(self, number: int | None) -> T | None:
        """Return what *number* stands for, if that is known and not forgotten."""
        if number is None:
            return None
        found = self._current.get(number)
        return self._over.get(number) if found is None else found

    def end(self, number: int) -> T | None:
        """Note that *number* is over; return what it stands for, if it was not."""
        if number not in self._current:
            return None
        value = self._over[number] = self._current.pop(number)
        if len(self._over) > self._last:
            del self._over[next(iter(self._over))]
        return value


@attrs.frozen
class Somebody:
    """An agent, or a task that is none."""

    name: str
    type: str | None
    """An agent's; none for tasks."""
    scope: int | None


class People(Known[Somebody]):
    """Everybody who is in the run."""

    def hear(self, event: Event) -> None:
        """Take note of who comes and who goes."""
        match event:
            case AgentStarted(agent=number, name=name, type=kind, scope=scope):
                self[number] = Somebody(name, kind, scope)
            case TaskStarted(task=number, name=name, scope=scope):
                self[number] = Somebody(name, None, scope)
            case AgentLeft(agent=number) | TaskEnded(task=number):
                self.end(number)
            case _:
                pass

    def name(self, number: int | None) -> str | None:
        """Return who that is, in a word; None for nobody."""
        if number is None:
            return None
        found = self.get(number)
        return f"number {number}" if found is None else found.name

    def type(self, number: int | None) -> str:
        """Return of which type an agent is."""
        found = self.get(number)
        return "unknown" if found is None or found.type is None else found.type
