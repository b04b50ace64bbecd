"""A scene: some senders, one agent, and somebody who ends it. Drawn, played, logged.

The log is written by the scene's own people, not by the runtime, so what the runtime
says of itself (outcome and ledger) can be held against it. Its order is the order of
events in the run: one run is one thread.

Times are small whole numbers, so that events fall into the same instant often: where
they could not, a planted bug once survived thousands of examples.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any

import attrs
import trio
from hypothesis import strategies as st

from exeunt import Agent, Handle, Outcome, Request, start
from exeunt.exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    Refusal,
)
from exeunt.testing import Schedule

CLEANUP = 5.5  # never a whole number, so that nothing ends just on the bound


class Boom(Exception):
    """What a handler raises here."""


class Way(Enum):
    """How a message is brought to the agent."""

    SEND = "send"
    NOWAIT = "send_nowait"
    ASK = "ask"
    LINKED = "linked ask"


class Deed(Enum):
    """How its handler ends."""

    RETURN = "return"
    RAISE = "raise"
    REFUSE = "refuse"
    DEFER = "defer"


@attrs.frozen
class Line:
    """One message: who brings it how and when, and what its handler does."""

    number: int
    sender: int
    way: Way
    after: int  # seconds that the sender waits first
    patience: int | None  # seconds after which an asker leaves
    work: int  # 0: no checkpoint; 1: one checkpoint; more: sleeps work - 1 seconds
    deed: Deed

    @property
    def asked(self) -> bool:
        return self.way in {Way.ASK, Way.LINKED}


class End(Enum):
    """How somebody ends the scene."""

    STOP = "stop"
    CANCEL = "cancel"
    ACLOSE = "aclose"
    SHORT_ACLOSE = "aclose within a second"
    OUTER = "cancel the nursery"


@attrs.frozen
class Scene:
    """All that is drawn, but for the schedule."""

    capacity: int
    lines: tuple[Line, ...]
    ends: tuple[tuple[int, End], ...]  # at which second what is called
    enter: int  # seconds that entering lifespan takes
    leave: int  # seconds that leaving lifespan takes


@attrs.frozen
class Tell:
    line: Line


@attrs.frozen
class Query(Request[int]):
    line: Line


@attrs.frozen
class LinkedQuery(Request[int], linked=True):
    line: Line


Message = Tell | Query | LinkedQuery


def message_for(line: Line) -> Message:
    if line.way is Way.ASK:
        return Query(line)
    return LinkedQuery(line) if line.way is Way.LINKED else Tell(line)


@attrs.define
class Log:
    """What happened, in order: (what, number of the line or None, detail)."""

    entries: list[tuple[str, int | None, Any]] = attrs.field(factory=list)

    def __call__(
        self, what: str, number: int | None = None, detail: Any = None
    ) -> None:
        self.entries.append((what, number, detail))

    def where(self, what: str, number: int | None = None) -> list[int]:
        """Return the places of the entries of this kind (for this line)."""
        return [
            place
            for place, (kind, line, _) in enumerate(self.entries)
            if kind == what and (number is None or line == number)
        ]

    def numbers(self, what: str) -> list[int]:
        """Return the numbers of the lines with an entry of this kind, in order."""
        return [n for kind, n, _ in self.entries if kind == what and n is not None]

    def of(self, what: str) -> list[Any]:
        """Return the details of the entries of this kind, in order."""
        return [detail for kind, _, detail in self.entries if kind == what]

    def details(self, what: str) -> dict[int | None, Any]:
        return {n: detail for kind, n, detail in self.entries if kind == what}


@attrs.define
class Player(Agent[Message]):
    """The agent on the scene."""

    scene: Scene
    log: Log
    helpers: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.log("entering")
        try:
            async with trio.open_nursery() as self.helpers:
                await trio.sleep(self.scene.enter)
                self.log("entered")
                yield
                self.helpers.cancel_scope.cancel()
        finally:
            # Outside the nursery: if its tasks are cancelled, so is its block.
            if self.log.where("entered"):
                self.log("leaving")
                await trio.sleep(self.scene.leave)
                self.log("left")

    async def handle(self, message: Message) -> int:
        line = message.line
        self.log("begin", line.number)
        how = "interrupted"
        try:
            if line.work == 1:
                await trio.lowlevel.checkpoint()
            elif line.work:
                await trio.sleep(line.work - 1)
            self._do(message)
            how = "handled"
        except Boom:
            how = "failed"
            raise
        except Refusal:
            how = "handled"
            raise
        finally:
            self.log("end", line.number, how)
        return line.number

    def _do(self, message: Message) -> None:
        line = message.line
        match line.deed:
            case Deed.RAISE:
                raise Boom(line.number)
            case Deed.REFUSE if not isinstance(message, Tell):
                raise Refusal(line.number)
            case Deed.DEFER if not isinstance(message, Tell):
                reply = self.context.defer(message)
                self.helpers.start_soon(_settle, reply, line)
            case _:
                pass


async def _settle(reply: Any, line: Line) -> None:
    await trio.sleep(line.work)
    reply.send(line.number)


@attrs.define
class Play:
    """What came of a scene."""

    scene: Scene
    log: Log
    outcome: Outcome
    crash: list[BaseException]
    life: Any

    def accepted(self) -> list[int]:
        """The lines whose sender knows that they were accepted."""
        return self.log.numbers("accepted")

    def undelivered(self) -> list[int]:
        return [m.line.number for m in self.outcome.undelivered]  # type: ignore[attr-defined]

    def ended(self, how: str) -> list[int]:
        return [
            n
            for what, n, it in self.log.entries
            if what == "end" and it == how and n is not None
        ]

    def how(self, number: int) -> str | None:
        """Return how the handler of this line ended, or None if it never started."""
        return self.log.details("end").get(number)

    def line(self, number: int) -> Line:
        return next(line for line in self.scene.lines if line.number == number)


@attrs.frozen
class Backstage:
    """What one needs to disturb a scene."""

    handle: Handle[Message]
    stage: trio.CancelScope
    speaking: trio.CancelScope


def play(scene: Scene, schedule: Schedule, **kwargs: Any) -> Play:
    """Play *scene* in the order of *schedule*."""
    return schedule.run(perform, scene, **kwargs)


async def perform(
    scene: Scene,
    introduce: Callable[["Backstage"], object] | None = None,
    log: Log | None = None,
) -> Play:
    """Play *scene* in this run; *introduce* gets what the others hold on to."""
    log = Log() if log is None else log
    speaking = trio.CancelScope()
    crash: list[BaseException] = []
    async with trio.open_nursery() as cast:
        handle, stage = await cast.start(_hold_stage, scene, log, crash)
        cast.start_soon(_note_end, handle, log)
        if introduce is not None:
            introduce(Backstage(handle, stage.cancel_scope, speaking))
        with speaking:
            async with trio.open_nursery() as senders:
                for sender in {line.sender for line in scene.lines}:
                    senders.start_soon(_speak, scene, sender, handle, log)
                for at, end in scene.ends:
                    senders.start_soon(_end, at, end, handle, stage, log)
        log("everybody spoke")
        handle.stop()
        outcome = await handle.wait_closed()
    return Play(scene, log, outcome, crash, handle._life)


async def _note_end(handle: Handle[Message], log: Log) -> None:
    await handle.wait_closed()
    log("closed", None, trio.current_time())


async def _hold_stage(
    scene: Scene, log: Log, crash: list[BaseException], task_status: Any
) -> None:
    try:
        async with trio.open_nursery() as stage:
            handle = await start(
                stage, Player, scene, log, capacity=scene.capacity, cleanup=CLEANUP
            )
            task_status.started((handle, stage))
    except* Boom as group:
        crash.extend(group.exceptions)


async def _speak(scene: Scene, sender: int, handle: Handle[Any], log: Log) -> None:
    for line in scene.lines:
        if line.sender == sender:
            await trio.sleep(line.after)
            await _say(line, handle, log)


async def _say(line: Line, handle: Handle[Any], log: Log) -> None:
    message = message_for(line)
    log("offer", line.number)
    try:
        if isinstance(message, Query | LinkedQuery):
            await _ask(line, message, handle, log)
        elif line.way is Way.NOWAIT:
            handle.send_nowait(message)
            log("accepted", line.number)
        else:
            await handle.send(message)
            log("accepted", line.number)
    except (AgentClosed, AgentCrashed, MailboxFull) as error:
        assert error.message is message
        fate = getattr(error, "fate", None)
        log("refused" if fate is None else "accepted", line.number)
        if line.asked:
            log("answer", line.number, error)


async def _ask(
    line: Line, message: Query | LinkedQuery, handle: Handle[Any], log: Log
) -> None:
    patience = float("inf") if line.patience is None else line.patience
    with trio.move_on_after(patience):
        try:
            answer: object = await handle.ask(message)
        except Refusal as refusal:
            answer = refusal
        except trio.Cancelled:
            log("gave up", line.number)
            raise
        log("accepted", line.number)
        log("answer", line.number, answer)


async def _end(
    at: int, end: End, handle: Handle[Any], stage: trio.Nursery, log: Log
) -> None:
    await trio.sleep(at)
    log("request", None, (end, trio.current_time()))
    match end:
        case End.STOP:
            handle.stop()
        case End.CANCEL:
            handle.cancel("the scene is over")
        case End.ACLOSE:
            await handle.aclose()
        case End.SHORT_ACLOSE:
            with trio.move_on_after(1):
                await handle.aclose()
            assert handle.closed
        case End.OUTER:
            stage.cancel_scope.cancel()


@st.composite
def scenes(
    draw: st.DrawFn,
    *,
    ways: tuple[Way, ...] = tuple(Way),
    deeds: tuple[Deed, ...] = tuple(Deed),
    ends: tuple[End, ...] = tuple(End),
    min_ends: int = 0,
    patience: bool = True,
    leave: tuple[int, ...] = (0, 1, 4),
) -> Scene:
    """Draw a scene made of these."""
    line = st.builds(
        Line,
        number=st.just(0),
        sender=st.integers(0, 2),
        way=st.sampled_from(ways),
        after=st.integers(0, 2),
        patience=st.sampled_from((None, 0, 1, 2) if patience else (None,)),
        work=st.integers(0, 3),
        deed=st.sampled_from(deeds),
    )
    lines = draw(st.lists(line, max_size=8))
    end = st.tuples(st.integers(0, 5), st.sampled_from(ends))
    return Scene(
        capacity=draw(st.integers(0, 3)),
        lines=tuple(attrs.evolve(each, number=i) for i, each in enumerate(lines)),
        ends=tuple(draw(st.lists(end, min_size=min_ends, max_size=2))) if ends else (),
        enter=draw(st.integers(0, 1)),
        leave=draw(st.sampled_from(leave)),
    )
