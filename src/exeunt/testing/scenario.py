"""A scenario: who says what to an agent, and who ends it. A value, and its player.

It needs no Hypothesis: write one by hand, or draw one with
`exeunt.testing.strategies.scenarios`. The log is kept by those who play it, not by the
runtime, so what the runtime says of itself can be held against it. Its order is the
order of events: one run is one thread.
"""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from math import inf
from typing import Any, Literal, get_args

import attrs
import trio

from .._core.agent import Agent
from .._core.front import Front
from .._core.handle import Handle
from .._core.setting import name_of
from .._core.start import start
from .._model.outcome import Outcome
from .._model.request import Request
from ..exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    MessageDropped,
    Refusal,
)
from .sparing import sparing

Way = Literal["send", "send_nowait", "ask"]
Crash = Literal["before", "after"]
EndWay = Literal["stop", "cancel", "aclose", "short_aclose", "outer_cancel"]
What = Literal[
    "offered",
    "accepted",
    "answered",
    "declined",
    "lost",
    "refused",
    "left",
    "begun",
    "ended",
    "end",
    "closed",
]


class PlannedCrash(Exception):
    """What a handler raises where the scenario wants it to fail."""


def _one_of(kinds: Any) -> Callable[[object, "attrs.Attribute[Any]", object], None]:
    allowed = get_args(kinds)

    def check(_: object, field: "attrs.Attribute[Any]", given: object) -> None:
        if given not in allowed:
            names = ", ".join(map(repr, allowed))
            raise ValueError(f"{field.name} is one of {names}, not {given!r}")

    return check


def _number(_: object, field: "attrs.Attribute[Any]", given: object) -> None:
    if not isinstance(given, (int, float)) or isinstance(given, bool):
        raise TypeError(f"{field.name} is a number of seconds, not {given!r}")
    if not 0 <= given <= 1e6:
        raise ValueError(f"{field.name} is 0 to 1,000,000 seconds, not {given!r}")


@sparing
@attrs.frozen(repr=False)
class Line:
    """One message: who brings it to the agent, how and when.

    Args:
        message: the message.
        way: ``"send"``, ``"send_nowait"`` or ``"ask"``. Only a `Request` can be asked;
            if its class is linked, so is the ask.
        sender: which sender says it; a sender says its lines one after the other.
        after: how many seconds the sender waits first.
        patience: after how many seconds the sender leaves; None: never.
        crash: ``"before"``: the handler fails with `PlannedCrash` instead of handling
            the message; ``"after"``: it fails when it has handled it; None: it is left
            alone.

    Raises:
        TypeError: *message* is no `Request` and cannot be asked, or a number of seconds
            is none.
        ValueError: an argument is out of range.
    """

    message: object
    way: Way = attrs.field(default="send", validator=_one_of(Way))
    sender: int = 0
    after: float = attrs.field(default=0, validator=_number)
    patience: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(_number)
    )
    crash: Crash | None = attrs.field(
        default=None, validator=attrs.validators.optional(_one_of(Crash))
    )

    def __attrs_post_init__(self) -> None:
        if self.way == "ask" and not isinstance(self.message, Request):
            raise TypeError(
                f"only a Request can be asked: {self.message!r} is none, so send it"
            )


@sparing
@attrs.frozen(repr=False)
class End:
    """Somebody ends the agent, or tries to.

    Args:
        way: ``"stop"``, ``"cancel"`` and ``"aclose"`` are the handle's methods;
            ``"short_aclose"`` is cancelled after a second, so that the agent is too;
            ``"outer_cancel"`` cancels the nursery in which the agent lives.
        at: at which second.

    Raises:
        TypeError: *at* is no number.
        ValueError: an argument is out of range.
    """

    way: EndWay = attrs.field(default="stop", validator=_one_of(EndWay))
    at: float = attrs.field(default=0, validator=_number)


@attrs.frozen
class Entry:
    """One event of a play.

    ``offered``, then one of ``accepted``, ``answered``, ``declined`` (the agent's
    `Refusal`), ``lost`` (it was accepted, but its asker got an error), ``refused`` (it
    was not accepted) and ``left`` (the sender's patience was over) are a sender's
    view; ``begun`` and ``ended`` are the handler's; ``end`` is the beginning of an
    `End`; ``closed`` is the end of the agent.
    """

    what: What
    """Which event."""
    line: int | None = None
    """The number of the line, or of the end; None if it is about neither."""
    detail: Any = None
    """The answer, or the error, if there is one."""
    at: float = 0
    """The time, in seconds since the agent was ready."""


@attrs.frozen
class Result:
    """What came of one line, as its sender sees it."""

    line: Line
    """The line."""
    what: What
    """``accepted``, ``answered``, ``declined``, ``lost``, ``refused`` or ``left``."""
    value: Any = None
    """The answer, or the error, if there is one."""

    @property
    def accepted(self) -> bool | None:
        """Whether the message was accepted; None if its sender cannot know."""
        return None if self.what == "left" else self.what != "refused"


@attrs.frozen
class Record:
    """What came of a scenario."""

    scenario: "Scenario"
    """What was played."""
    results: tuple[Result, ...]
    """What came of each line, in the order of the scenario."""
    outcome: Outcome
    """How the agent left, with its ledger and the undelivered messages."""
    crashes: tuple[BaseException, ...]
    """What left the agent's task, by itself; planned or not."""
    log: tuple[Entry, ...]
    """Every event, in order."""

    def lines(self, *what: What) -> list[int]:
        """Return the numbers of the lines in such entries of the log, in order."""
        return [e.line for e in self.log if e.what in what and e.line is not None]


@sparing
@attrs.frozen(repr=False)
class Scenario:
    """Some senders with their lines, and somebody who ends the agent.

    Args:
        lines: the messages.
        ends: who ends the agent; when everybody has spoken, it is stopped anyway.
        capacity: of the agent's mailbox.

    Example::

        scenario = Scenario([Line(Set(42)), Line(Get(), "ask")], [End("stop", at=1)])
        record = Schedule([0, 1]).run(scenario.play, Service)
        assert record.results[1].value == 42
    """

    lines: tuple[Line, ...] = attrs.field(default=(), converter=tuple)
    ends: tuple[End, ...] = attrs.field(default=(), converter=tuple)
    capacity: int = 32

    async def play(
        self, factory: Callable[[], Agent[Any]], *, cleanup: float = 5.0
    ) -> Record:
        """Play the scenario with a new agent, and return what came of it.

        A crash of the agent does not leave: it is in the record. What the agent does
        after `Context.become` is not in the log, and no crash is planned there.

        Args:
            factory: returns a new agent, usually its class.
            cleanup: how many seconds leaving its lifespan may take.

        Returns:
            The record.

        Raises:
            Exception: whatever *factory* or entering the agent's lifespan raised.
            TypeError: *factory* makes no agents.
            ValueError: the capacity or *cleanup* is out of range.
        """
        play = _Play(self)
        async with trio.open_nursery() as cast:
            opening = partial(play.hold_stage, factory, cleanup)
            handle, stage = await cast.start(opening)
            play.began = trio.current_time()
            cast.start_soon(play.note_end, handle)
            async with trio.open_nursery() as others:
                for sender in sorted({line.sender for line in self.lines}):
                    others.start_soon(play.speak, sender, handle)
                for number, end in enumerate(self.ends):
                    others.start_soon(play.end, number, end, handle, stage)
            handle.stop()
            outcome = await handle.wait_closed()
        results = tuple(play.results[number] for number in range(len(self.lines)))
        return Record(self, results, outcome, tuple(play.crashes), tuple(play.log))


@attrs.define
class _Play:
    """A scenario while it is played."""

    scenario: Scenario
    results: dict[int, Result] = attrs.field(factory=dict)
    crashes: list[BaseException] = attrs.field(factory=list)
    log: list[Entry] = attrs.field(factory=list)
    waiting: list[int] = attrs.field(factory=list)  # offered, and not begun
    began: float = 0

    def note(self, what: What, line: int | None = None, detail: object = None) -> None:
        self.log.append(Entry(what, line, detail, trio.current_time() - self.began))

    async def hold_stage(
        self,
        factory: Callable[[], Agent[Any]],
        cleanup: float,
        *,
        task_status: trio.TaskStatus[tuple[Handle[Any], trio.CancelScope]],
    ) -> None:
        handle: Handle[Any] | None = None
        try:
            async with trio.open_nursery() as stage:
                handle = await start(
                    stage,
                    partial(_watched, factory, self),
                    name=name_of(factory),
                    capacity=self.scenario.capacity,
                    cleanup=cleanup,
                )
                task_status.started((handle, stage.cancel_scope))
        except BaseExceptionGroup as group:
            if handle is None:
                raise group.exceptions[0] from None
            crash, others = group.split(Exception)
            self.crashes.extend(() if crash is None else crash.exceptions)
            if others is not None:
                raise others from None
