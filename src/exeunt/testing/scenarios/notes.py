"""What is written down while an agent is watched: who said what, and its turns."""

from abc import ABC, abstractmethod
from typing import Any

import attrs
import trio

from ..._core.life import Life
from ..._model.words import shown
from .record import Entry, What
from .understudy import Handler


class PlannedCrash(Exception):
    """What a handler raises where the scenario wants it to fail."""


@attrs.define
class Notes(ABC):
    """The log of a play, and the messages of which no turn has begun yet."""

    began: float = attrs.field(default=0, init=False)
    log: list[Entry] = attrs.field(factory=list[Entry], init=False)
    waiting: list[int] = attrs.field(factory=list[int], init=False)

    @abstractmethod
    def said(self, number: int) -> Any:
        """Return the message of this number."""

    def crash_at(self, number: int) -> str | None:
        """Return whether the turn of this message is to crash, and when."""
        del number
        return None

    def note(
        self, what: What, number: int | None = None, detail: object = None
    ) -> None:
        """Write an event down."""
        at = trio.current_time() - self.began
        self.log.append(Entry(what, number, detail, at))

    def note_offer(self, number: int) -> None:
        """Write down that a message is offered to the agent."""
        self.note("offered", number)
        self.waiting.append(number)

    def note_result(
        self, number: int, what: What, value: object, accepted: bool | None
    ) -> None:
        """Write down what came of that."""
        if accepted is False and number in self.waiting:
            self.waiting.remove(number)  # else a turn of its twin did
        self.note(what, number, value)

    async def turn(self, life: Life, handle: Handler, message: object) -> object:
        """Have a message handled, and write it down."""
        number = self._number_of(message)
        crash = None if number is None else self.crash_at(number)
        self.note("begun", number)
        try:
            value = await _handled(handle, message, crash)
        except BaseException as error:
            self.note("raised", number, error)
            raise
        if life.lane is not None and life.lane.postponing:
            self.note("postponed", number)
            self.waiting[:0] = [] if number is None else [number]
        else:
            self.note("ended", number, value)
        return value

    def _number_of(self, message: object) -> int | None:
        """Return the number of this very message, the oldest if several are it."""
        for number in self.waiting:
            if self.said(number) is message:
                self.waiting.remove(number)
                return number
        return None


async def _handled(handle: Handler, message: object, crash: str | None) -> object:
    value = None if crash == "before" else await handle(message)
    if crash is not None:
        raise PlannedCrash(f"planned {crash} the turn of {shown(message)}")
    return value
