"""A troupe: some agents that use each other, a supervisor, and an end to it all.

Like a scene (see scenes.py), it is drawn, played and logged, and the log is written by
its own people. Those outside speak to the agents; the agents pass on what they hear to
those they use, also while they drain, and say goodbye to them when they leave.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from typing import Any

import attrs
import trio
from hypothesis import strategies as st

from exeunt import Agent, Handle, Outcome, Request, Supervisor, open_supervisor
from exeunt.exceptions import AgentClosed, AgentCrashed
from exeunt.testing import Schedule

STRATEGIES = ("one_for_one", "one_for_all", "rest_for_one")
RESTARTS = ("permanent", "transient", "temporary")
CLEANUP = 100.5  # a goodbye may have to wait for room
ALONG = "its supervisor starts others again"
PATIENCE = 500  # seconds that the body waits for what has to end it


class Boom(Exception):
    """What a handler raises here."""


class BodyError(Exception):
    """What the supervisor's body raises here."""


class Deed(Enum):
    """How a turn ends."""

    RETURN = "return"
    RAISE = "raise"
    LEAVE = "stop oneself"


class Exit(Enum):
    """How it all ends."""

    BODY = "the body ends"
    ERROR = "the body raises"
    OUTER = "the scope around it is cancelled"
    CRASH = "an agent crashes for good"
    STOP = "supervisor.stop()"
    CANCEL = "supervisor.cancel()"
    DRAIN_CRASH = "an agent crashes for good while they drain"
    DRAIN_OUTER = "the scope around it is cancelled while they drain"
    BUDGET = "the restarts are used up"


PEACEFUL = (Exit.BODY, Exit.STOP)


@attrs.frozen
class Part:
    """One agent."""

    uses: tuple[int, ...] | None  # None: not a word about it
    restart: str
    capacity: int
    enter: int  # seconds
    leave: int  # seconds


@attrs.frozen
class Line:
    """One message from outside."""

    sender: int
    to: int
    after: int  # seconds that the sender waits first
    asked: bool
    work: int  # 0: no checkpoint; 1: one checkpoint; more: sleeps work - 1 seconds
    relay: int  # how often it is passed on to those that its receiver uses
    deed: Deed


@attrs.frozen
class Troupe:
    """All that is drawn, but for the schedule."""

    parts: tuple[Part, ...]
    lines: tuple[Line, ...]
    strategy: str
    max_restarts: int
    exit: Exit
    at: int  # at which second it comes
    victim: int  # who crashes then
    nested: int  # how many supervisors are around the body of this one
    goodbyes: bool = True  # whether one says goodbye to those one uses

    def used_by(self, number: int) -> tuple[int, ...]:
        """Return whom an agent uses, the last to start first."""
        uses = self.parts[number].uses
        return tuple(sorted(range(number) if uses is None else uses, reverse=True))


@attrs.frozen
class Tell:
    number: int
    line: Line


@attrs.frozen
class Query(Request[int]):
    number: int
    line: Line


@attrs.frozen
class Entry:
    what: str
    agent: int | None
    number: int | None  # of the message
    detail: Any
    time: float


@attrs.frozen
class Sent:
    """Who has brought which message to whom."""

    speaker: int | None
    to: int
    line: Line
    goodbye: bool


@attrs.define
class Log:
    """What happened, in order."""

    entries: list[Entry] = attrs.field(factory=list)
    sent: dict[int, "Sent"] = attrs.field(factory=dict)

    def __call__(
        self,
        what: str,
        agent: int | None = None,
        number: int | None = None,
        detail: Any = None,
    ) -> None:
        self.entries.append(Entry(what, agent, number, detail, trio.current_time()))

    def where(
        self, what: str, agent: int | None = None, number: int | None = None
    ) -> list[int]:
        """Return the places of the entries of this kind."""
        return [
            place
            for place, entry in enumerate(self.entries)
            if entry.what == what
            and agent in {None, entry.agent}
            and number in {None, entry.number}
        ]

    def all(self, what: str, agent: int | None = None) -> list[Entry]:
        return [self.entries[place] for place in self.where(what, agent)]

    def numbers(self, what: str, agent: int | None = None) -> list[int]:
        found = (entry.number for entry in self.all(what, agent))
        return [number for number in found if number is not None]


@attrs.define
class Backstage:
    """What the people of a troupe share, and what one needs to disturb them."""

    troupe: Troupe
    log: Log = attrs.field(factory=Log)
    handles: list[Handle[Any]] = attrs.field(factory=list)
    lives: list[Any] = attrs.field(factory=list)
    outer: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    supervisor: Supervisor | None = None

    def meet(self, life: Any, number: int) -> None:
        """Note a life, and have its end noted."""
        if not any(life is each for each in self.lives):
            self.lives.append(life)
            if life.state != "closed":
                life.watch(Mourner(self.log, number))

    async def say(self, speaker: int | None, to: int, line: Line) -> None:
        """Bring a message to an agent, and note what came of it."""
        log, number = self.log, len(self.log.sent)
        log.sent[number] = Sent(speaker, to, line, line is GOODBYE)
        message = Query(number, line) if line.asked else Tell(number, line)
        log("offer", to, number)
        try:
            if isinstance(message, Query):
                answer: object = await self.handles[to].ask(message)
                log("answer", to, number, answer)
            else:
                await self.handles[to].send(message)
            log("accepted", to, number)
        except (AgentClosed, AgentCrashed) as error:
            assert error.message is message
            fate = getattr(error, "fate", None)
            closed = isinstance(error, AgentClosed) and fate is None
            log("refused" if closed else "accepted", to, number)
            if line.asked:
                log("answer", to, number, error)
        except trio.Cancelled:
            log("gave up", to, number)
            raise


@attrs.define(eq=False)
class Mourner:
    """Notes the end of a life, in its very instant."""

    log: Log
    number: int

    def release(self) -> None:
        self.log("closed", self.number)


GOODBYE = Line(0, 0, 0, asked=False, work=0, relay=0, deed=Deed.RETURN)


@attrs.define
class Actor(Agent[Tell | Query]):
    """An agent of the troupe."""

    number: int
    backstage: Backstage

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        log, part = self.backstage.log, self.backstage.troupe.parts[self.number]
        self.backstage.meet(self.context.handle._life, self.number)
        log("entering", self.number)
        await trio.sleep(part.enter)
        log("entered", self.number)
        try:
            yield
        finally:
            log("leaving", self.number)
            if self.backstage.troupe.goodbyes:
                for used in self.backstage.troupe.used_by(self.number):
                    await self.backstage.say(self.number, used, GOODBYE)
            await trio.sleep(part.leave)
            log("left", self.number)

    async def handle(self, message: Tell | Query) -> int:
        line, log = message.line, self.backstage.log
        log("begin", self.number, message.number)
        how = "interrupted"
        try:
            if line.work == 1:
                await trio.lowlevel.checkpoint()
            elif line.work:
                await trio.sleep(line.work - 1)
            await self._pass_on(line)
            if line.deed is Deed.RAISE:
                raise Boom(message.number)  # noqa: TRY301 - which is noted below
            if line.deed is Deed.LEAVE:
                self.context.handle.stop()
            how = "handled"
        except Boom:
            how = "failed"
            raise
        finally:
            log("end", self.number, message.number, how)
        return message.number

    async def _pass_on(self, line: Line) -> None:
        if line.relay:
            passed = attrs.evolve(line, relay=line.relay - 1, deed=Deed.RETURN)
            for used in self.backstage.troupe.used_by(self.number):
                await self.backstage.say(self.number, used, passed)


@attrs.define
class Play:
    """What came of it."""

    backstage: Backstage
    error: BaseException | None

    @property
    def troupe(self) -> Troupe:
        return self.backstage.troupe

    @property
    def log(self) -> Log:
        return self.backstage.log

    @property
    def lives(self) -> list[Any]:
        return self.backstage.lives

    @property
    def outcomes(self) -> list[Outcome]:
        return [life.outcome for life in self.backstage.lives]

    def undelivered(self) -> list[int]:
        return [m.number for it in self.outcomes for m in it.undelivered]  # type: ignore[attr-defined]

    def ended(self, how: str) -> list[int]:
        found = (e.number for e in self.log.all("end") if e.detail == how)
        return [number for number in found if number is not None]

    def left_early(self, number: int) -> bool:
        """Whether an agent has not stayed until its turn to leave had come.

        Or whether it was out, to be started again with others, when one of them said
        goodbye: who waits for it then waits for what waits for oneself.
        """
        if self.troupe.strategy != "one_for_one" and any(
            entry.detail == "failed" for entry in self.log.all("end")
        ):
            return True
        return any(
            life.reason == "crashed" or life.cancel_reason == ALONG
            for life in self.lives_of(number)
        ) or any(
            self.log.sent[n].line.deed is Deed.LEAVE
            for n in self.log.numbers("begin", number)
        )

    def lives_of(self, number: int) -> list[Any]:
        return [life for life in self.lives if life.name == str(number)]


def play(troupe: Troupe, schedule: Schedule, **kwargs: Any) -> Play:
    """Play *troupe* in the order of *schedule*."""
    with in_silence():
        return schedule.run(perform, troupe, **kwargs)


@contextmanager
def in_silence() -> Iterator[None]:
    """Do not write a traceback for each restart: it would be most of the time."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        yield
    finally:
        logging.disable(before)


async def perform(
    troupe: Troupe, introduce: Callable[[Backstage], object] | None = None
) -> Play:
    """Play *troupe* in this run; *introduce* gets what the others hold on to."""
    it = Backstage(troupe)
    if introduce is not None:
        introduce(it)
    error: BaseException | None = None
    try:
        async with trio.open_nursery() as outside:
            with it.outer:
                try:
                    await _nest(it, outside, troupe.nested)
                except (BodyError, Boom, ExceptionGroup) as raised:
                    error = raised
    finally:
        for handle in it.handles:  # one may have ended before its lifespan was entered
            it.meet(handle._life, int(handle.name))
    return Play(it, error)


async def _nest(it: Backstage, outside: trio.Nursery, depth: int) -> None:
    if depth:
        async with open_supervisor():
            await _nest(it, outside, depth - 1)
    else:
        await _supervise(it, outside)


async def _supervise(it: Backstage, outside: trio.Nursery) -> None:
    strategy: Any = it.troupe.strategy
    async with open_supervisor(
        strategy=strategy, max_restarts=it.troupe.max_restarts, within=1000
    ) as it.supervisor:
        for number in range(len(it.troupe.parts)):
            await _start(it, number)
        for sender in {line.sender for line in it.troupe.lines}:
            outside.start_soon(_speak, it, sender)
        await trio.sleep(it.troupe.at)
        await _exit(it, outside)


async def _start(it: Backstage, number: int) -> None:
    assert it.supervisor is not None
    part = it.troupe.parts[number]
    uses = part.uses
    restart: Any = part.restart
    handle = await it.supervisor.start(
        Actor,
        number,
        it,
        name=str(number),
        uses=None if uses is None else [it.handles[used] for used in uses],
        restart=restart,
        capacity=part.capacity,
        cleanup=CLEANUP,
    )
    it.handles.append(handle)


async def _speak(it: Backstage, sender: int) -> None:
    for line in it.troupe.lines:
        if line.sender == sender:
            await trio.sleep(line.after)
            await it.say(None, line.to, line)


async def _exit(it: Backstage, outside: trio.Nursery) -> None:
    assert it.supervisor is not None
    bomb = Line(9, it.troupe.victim, 0, asked=False, work=2, relay=0, deed=Deed.RAISE)
    it.log("exit")
    match it.troupe.exit:
        case Exit.BODY:
            pass
        case Exit.ERROR:
            raise BodyError
        case Exit.OUTER:
            it.outer.cancel()
            await trio.sleep_forever()
        case Exit.STOP | Exit.CANCEL as exit_:
            if exit_ is Exit.STOP:
                it.supervisor.stop()
            else:
                it.supervisor.cancel("that is all")
            await trio.sleep_forever()
        case Exit.CRASH | Exit.BUDGET:
            many = 1 if it.troupe.exit is Exit.CRASH else it.troupe.max_restarts + 1
            for _ in range(many):
                outside.start_soon(it.say, None, it.troupe.victim, bomb)
            await trio.sleep(PATIENCE)
        case Exit.DRAIN_CRASH:
            await it.say(None, it.troupe.victim, bomb)
        case Exit.DRAIN_OUTER:
            outside.start_soon(_cancel_later, it)


async def _cancel_later(it: Backstage) -> None:
    await trio.sleep(it.troupe.victim)
    it.outer.cancel()


@st.composite
def troupes(
    draw: st.DrawFn,
    *,
    exits: tuple[Exit, ...] = tuple(Exit),
    strategies: tuple[str, ...] = STRATEGIES,
    restarts: tuple[str, ...] = RESTARTS,
    deeds: tuple[Deed, ...] = (Deed.RETURN, Deed.RETURN, Deed.RAISE, Deed.LEAVE),
    max_restarts: tuple[int, ...] = (0, 1, 3),
    nested: tuple[int, ...] = (0, 0, 1, 2),
    goodbyes: bool = True,
) -> Troupe:
    """Draw a troupe made of these."""
    size = draw(st.integers(2, 5))
    exit_ = draw(st.sampled_from(exits))
    victim = draw(st.integers(0, size - 1))
    parts = []
    for number in range(size):
        some = st.lists(st.integers(0, number - 1), unique=True) if number else None
        uses = draw(st.none() | (st.just([]) if some is None else some))
        restart = draw(st.sampled_from(restarts))
        if number == victim and exit_ in {Exit.CRASH, Exit.DRAIN_CRASH}:
            restart = "temporary"
        elif number == victim and exit_ is Exit.BUDGET:
            restart = "transient"
        parts.append(
            Part(
                uses=None if uses is None else tuple(uses),
                restart=restart,
                capacity=draw(st.integers(0, 3)),
                enter=draw(st.integers(0, 1)),
                leave=draw(st.integers(0, 1)),
            )
        )
    line = st.builds(
        Line,
        sender=st.integers(0, 2),
        to=st.integers(0, size - 1),
        after=st.integers(0, 2),
        asked=st.booleans(),
        work=st.integers(0, 3),
        relay=st.integers(0, 2),
        deed=st.sampled_from(deeds),
    )
    lines = [
        attrs.evolve(each, deed=Deed.RETURN)
        if each.deed is Deed.LEAVE and parts[each.to].restart != "permanent"
        else each
        for each in draw(st.lists(line, max_size=6))
    ]
    return Troupe(
        parts=tuple(parts),
        lines=tuple(lines),
        strategy=draw(st.sampled_from(strategies)),
        max_restarts=draw(st.sampled_from(max_restarts)),
        exit=exit_,
        at=draw(st.integers(0, 4)),
        victim=victim,
        nested=draw(st.sampled_from(nested)),
        goodbyes=goodbyes,
    )
