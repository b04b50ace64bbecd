"""What came of a scene: the record on which the laws are judged.

The entries are written by those who play, not by the runtime, so that what the runtime
says of itself can be held against them. Their order is the order of events.
"""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import attrs
from trio.lowlevel import Task

from ..._core.life import Life
from ..._model.outcome import Outcome
from ..schedules.schedule import Schedule
from .likeness import is_atom
from .scene import Line, Scene

How = Literal["running", "handled", "failed", "interrupted", "postponed", "streamed"]


@attrs.frozen
class Entry:
    """One event: what, of which line, when."""

    what: str
    number: int | None
    detail: Any
    at: float  # seconds since the curtain rose
    step: int = 0  # how many steps there have been
    own: int = 0  # how many of them were the agent's


@attrs.define(eq=False)
class Turn:
    """One message being handled."""

    message: object
    number: int | None  # of its line; None if nobody of ours said it
    how: How = "running"
    value: object = None
    error: BaseException | None = None
    deferred: bool = False
    cancelled: bool = False  # it was told that the agent is cancelled
    evicted: bool = False  # it was told again and again, and did not listen
    left_open: bool = False  # it left a cancel scope open
    helpers: list[Task] = attrs.field(factory=list[Task])
    overtaken: tuple[str, object] | None = None  # by which turn, with what still on

    @property
    def swallowed(self) -> bool:
        """Whether its handler went on as if it had not been cancelled."""
        return self.cancelled and (self.how == "handled" or self.evicted)


@attrs.define
class Result:
    """What came of one line, as its sender sees it."""

    what: str
    value: Any = None


@attrs.define(eq=False)
class Play:
    """One scene, played once."""

    drawn: Scene
    scene: Scene  # the same with messages of its own
    schedule: Schedule
    before: tuple[object, ...]  # the messages, as they were
    entries: list[Entry] = attrs.field(factory=list[Entry])
    turns: list[Turn] = attrs.field(factory=list[Turn])
    results: dict[int, Result] = attrs.field(factory=dict[int, Result])
    crashes: list[BaseException] = attrs.field(factory=list[BaseException])
    lives: list[Life] = attrs.field(factory=list[Life])
    outcome: Outcome | None = None
    stayed: list[str] = attrs.field(factory=list[str])  # tasks that outlived the agent
    cut: Callable[[], None] = attrs.field(default=lambda: None)  # what a cut does
    failure: Exception | None = None  # of the run itself

    def of(self, *what: str) -> list[Entry]:
        """Return the entries of these kinds."""
        return [entry for entry in self.entries if entry.what in what]

    def first(self, *what: str) -> Entry | None:
        """Return the first entry of these kinds."""
        return next(iter(self.of(*what)), None)

    def place(self, what: str, number: int) -> int | None:
        """Return where the first such entry of a line stands."""
        for place, entry in enumerate(self.entries):
            if entry.what == what and entry.number == number:
                return place
        return None

    def turn(self, number: int) -> Turn | None:
        """Return the first turn of a line, if it had one."""
        return next((turn for turn in self.turns if turn.number == number), None)

    def is_shared(self, number: int) -> bool:
        """Return whether others may say the very object that this line says.

        Then nobody can tell which of them a turn was for, and only counts can be held
        against it.
        """
        message = self.message(number)
        twins = sum(line.message is message for line in self.scene.lines)
        uncopied = message is self.drawn.lines[number].message
        return twins > 1 or (uncopied and is_atom(message))

    def turns_for(self, number: int) -> list[Turn | None]:
        """Return the turns that a line can have had, with None if it had none."""
        if not self.is_shared(number):
            return [self.turn(number)]
        message = self.message(number)
        return [*(turn for turn in self.turns if turn.message is message), None]

    def line(self, number: int) -> Line:
        """Return a line."""
        return self.scene.lines[number]

    def message(self, number: int) -> object:
        """Return the message of a line."""
        return self.scene.lines[number].message

    def asked(self) -> Iterator[tuple[int, Result | None]]:
        """Go through the lines that ask and were said, with what came of them."""
        for number, line in enumerate(self.scene.lines):
            asked = line.way in {"ask", "stream"}
            if asked and self.place("offered", number) is not None:
                yield number, self.results.get(number)

    def undelivered(self, number: int) -> int:
        """Return how often the message of a line came back at the end."""
        message = self.message(number)
        back = () if self.outcome is None else self.outcome.undelivered
        return sum(each is message for each in back)

    def accepted(self, number: int) -> int:
        """Return how many lines with the message of this one were accepted."""
        return sum(
            result.what == "accepted" and self.message(each) is self.message(number)
            for each, result in self.results.items()
        )

    @property
    def life(self) -> Life:
        """The agent's life: the first that began."""
        return self.lives[0]

    @property
    def cancelled(self) -> Entry | None:
        """When the agent was first told to leave at once."""
        return self.first("cancel", "outer_cancel", "impatience")
