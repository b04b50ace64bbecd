"""Postponing: the order is kept, nothing is lost, and every asker hears what became.

One agent has three behaviours; a message wants one of them, and is postponed in the
others. Some messages change the behaviour, some crash the agent, some are asked by
those who do not wait for ever. The log says where turns begin and end. `Reader` reads
it with two lists, of what waits and of what was postponed, and knows at each place
which turn must be the next one.
"""

from enum import Enum, auto
from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Ledger, Outcome, Request, start
from exeunt._core.life import Life
from exeunt._core.setting import Setting
from exeunt._core.start import begin, ready
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

ROOM = 8  # for all the messages, so that none waits for it


class Boom(Exception):
    """What the agent crashes with."""


class Way(Enum):
    """How a message comes."""

    SEND = auto()
    ASK = auto()
    LINKED = auto()


class Deed(Enum):
    """How its turn ends, be it postponed or not."""

    RETURN = auto()
    REFUSE = auto()
    RAISE = auto()


class End(Enum):
    """How the agent ends."""

    STOP = auto()
    CANCEL = auto()


@attrs.frozen
class Line:
    """One message."""

    number: int
    at: int
    way: Way
    wants: str  # the behaviour that handles it; the others postpone it
    becomes: str | None  # the behaviour to which it changes
    work: int
    deed: Deed
    patience: int | None


@attrs.frozen
class Told:
    line: Line


@attrs.frozen
class Asked(Request[int]):
    line: Line


@attrs.frozen
class Linked(Request[int], linked=True):
    line: Line


MESSAGES = {Way.SEND: Told, Way.ASK: Asked, Way.LINKED: Linked}


@attrs.frozen
class Entry:
    """Something that happened to a message."""

    time: float
    what: str
    number: int
    detail: Any = None


@attrs.define
class Log:
    """What happened, in order."""

    entries: list[Entry] = attrs.field(factory=list)

    def __call__(self, what: str, line: Line, detail: Any = None) -> None:
        self.entries.append(Entry(trio.current_time(), what, line.number, detail))

    def details(self, what: str) -> dict[int, Any]:
        return {each.number: each.detail for each in self.entries if each.what == what}


@attrs.define
class ThreeFaced(Agent[Any]):
    """Has three behaviours, and postpones what the others are for."""

    log: Log

    async def handle(self, message: Any) -> int:
        return await self.act(message, "handle")

    async def second(self, message: Any) -> int:
        return await self.act(message, "second")

    async def third(self, message: Any) -> int:
        return await self.act(message, "third")

    async def act(self, message: Any, face: str) -> int:
        line: Line = message.line
        self.log("begin", line, face)
        how = "interrupted"
        try:
            if line.wants != face:
                self.context.postpone(message)
            elif line.becomes is not None:
                self.context.become(getattr(self, line.becomes))
                self.log("become", line, line.becomes)
            await trio.sleep(line.work)
            how = "failed"
            if line.deed is Deed.RAISE:
                raise Boom
            if line.deed is Deed.REFUSE and line.way is not Way.SEND:
                how = "handled"
                raise Refusal
            how = "handled" if line.wants == face else "postponed"
        finally:
            self.log("end", line, how)
        return line.number


class Patience:
    """Has a crashed agent started again."""

    def may_keep(self, life: Life) -> bool:
        return True

    def keeps(self, life: Life, failure: BaseException) -> bool:
        return True

    async def let_in(self, life: Life) -> bool:
        await trio.sleep(1)
        return True

    def called_off(self, life: Life) -> None: ...

    def came_in(self, life: Life) -> None: ...

    def settled(self, life: Life) -> None: ...

    def ended(self, life: Life) -> None: ...


async def perform(
    lines: list[Line], at: int, end: End, restarts: bool
) -> tuple[Log, Outcome]:
    log = Log()
    try:
        async with trio.open_nursery() as nursery:
            if restarts:
                setting = Setting(capacity=ROOM)
                life = begin(nursery, ThreeFaced, (log,), setting, Patience())
                agent = await ready(life)
            else:
                agent = await start(nursery, ThreeFaced, log, capacity=ROOM)
            nursery.start_soon(play, lines, at, end, agent, log)
    except* Boom:
        pass
    return log, await agent.wait_closed()


async def play(
    lines: list[Line], at: int, end: End, agent: Handle[Any], log: Log
) -> None:
    # Shielded, so that the askers see what a crash of the agent means for them.
    with trio.CancelScope(shield=True, deadline=trio.current_time() + 1000):
        async with trio.open_nursery() as senders:
            for line in lines:
                senders.start_soon(speak, line, agent, log)
            await trio.sleep(at)
            if end is End.STOP:
                agent.stop()
            else:
                agent.cancel()


async def speak(line: Line, agent: Handle[Any], log: Log) -> None:
    await trio.sleep(line.at)
    message = MESSAGES[line.way](line)
    try:
        if line.way is Way.SEND:
            agent.send_nowait(message)
            log("offer", line)
        else:
            log("offer", line)
            await ask(line, message, agent, log)
    except (AgentClosed, AgentCrashed, Refusal) as error:
        log("answer", line, error)


async def ask(line: Line, message: Any, agent: Handle[Any], log: Log) -> None:
    patience = float("inf") if line.patience is None else line.patience
    with trio.move_on_after(patience):
        try:
            answer = await agent.ask(message)
        except trio.Cancelled:
            log("gave up", line)
            raise
        log("answer", line, answer)


class Reader:
    """Reads a log, and complains about what must not be there."""

    def __init__(self, lines: list[Line], log: Log) -> None:
        self.lines = lines
        self.answers = log.details("answer")
        self.gave_up = log.details("gave up")
        self.waiting: list[int] = []
        self.postponed: list[int] = []
        self.face = "handle"
        self.changed = False
        self.fates = dict.fromkeys(
            ("handled", "failed", "interrupted", "abandoned", "undelivered"), 0
        )
        for entry in log.entries:
            getattr(self, f"read_{entry.what.replace(' ', '_')}")(entry)

    def read_offer(self, entry: Entry) -> None:
        answer = self.answers.get(entry.number)
        if not (isinstance(answer, AgentClosed) and answer.fate is None):
            self.waiting.append(entry.number)

    def read_begin(self, entry: Entry) -> None:
        assert entry.detail == self.face
        while self.waiting[0] != entry.number:
            assert self.has_left(self.waiting.pop(0), entry.time)
            self.fates["abandoned"] += 1
        self.waiting.pop(0)
        if entry.number in self.gave_up:
            assert entry.time <= self.deadline(entry.number)

    def deadline(self, number: int) -> float:
        line = self.lines[number]
        assert line.patience is not None
        return line.at + line.patience

    def has_left(self, number: int, time: float) -> bool:
        return number in self.gave_up and self.deadline(number) <= time

    def read_become(self, entry: Entry) -> None:
        self.face = entry.detail
        self.changed = True

    def read_end(self, entry: Entry) -> None:
        if entry.detail == "postponed":
            self.postponed.append(entry.number)
        else:
            self.fates[entry.detail] += 1
        if entry.detail == "failed":
            self.face = "handle"
            self.changed = True
        if self.changed:
            self.waiting[:0] = self.postponed
            self.postponed.clear()
            self.changed = False

    def read_answer(self, entry: Entry) -> None:
        assert entry.number not in self.gave_up

    def read_gave_up(self, entry: Entry) -> None:
        assert entry.number not in self.answers

    def finish(self, outcome: Outcome) -> None:
        """Compare what is left with what the agent says of itself."""
        left = self.postponed + self.waiting
        undelivered: list[int] = [each.line.number for each in outcome.undelivered]  # type: ignore[attr-defined]
        assert undelivered == [number for number in left if number in undelivered]
        abandoned = set(left) - set(undelivered)
        assert abandoned <= set(self.gave_up)
        self.fates["abandoned"] += len(abandoned)
        self.fates["undelivered"] = len(undelivered)
        total = sum(self.fates.values())
        assert outcome.ledger == Ledger(accepted=total, **self.fates)


def check_answers(lines: list[Line], log: Log, outcome: Outcome) -> None:
    answers, gave_up, ends = (
        log.details(what) for what in ("answer", "gave up", "end")
    )
    for line in lines:
        if line.way is Way.SEND or line.number in gave_up:
            continue
        answer = answers[line.number]
        match ends.get(line.number):
            case "handled":
                expected = Refusal if line.deed is Deed.REFUSE else int
                assert isinstance(answer, expected)
            case "failed":
                assert isinstance(answer, AgentCrashed)
            case _:
                assert isinstance(answer, AgentClosed)


@st.composite
def all_lines(draw: st.DrawFn) -> list[Line]:
    faces = st.sampled_from(("handle", "second", "third"))
    line = st.builds(
        Line,
        number=st.just(0),
        at=st.integers(0, 4),
        way=st.sampled_from(Way),
        wants=faces,
        becomes=st.none() | faces,
        work=st.integers(0, 2),
        deed=st.sampled_from((Deed.RETURN,) * 4 + (Deed.REFUSE, Deed.RAISE)),
        patience=st.sampled_from((None, None, 1, 2, 4)),
    )
    drawn = draw(st.lists(line, min_size=1, max_size=ROOM))
    return [attrs.evolve(each, number=number) for number, each in enumerate(drawn)]


@law(
    "postponing: order and conservation",
    lines=all_lines(),
    at=st.integers(0, 12),
    end=st.sampled_from(End),
    restarts=st.booleans(),
    schedule=schedules(),
)
def test_what_is_postponed_keeps_its_order_and_is_not_lost(
    lines: list[Line], at: int, end: End, restarts: bool, schedule: Schedule
) -> None:
    log, outcome = schedule.run(perform, lines, at, end, restarts)
    Reader(lines, log).finish(outcome)
    check_answers(lines, log, outcome)
