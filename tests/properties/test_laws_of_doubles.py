"""The test kit's doubles: plans come true, a rehearsal is as on stage, nothing is lost.

What they say is held against notes that the agents on both sides keep themselves.
"""

from typing import Any

import attrs
import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Handle, Reason, Request, open_supervisor, start
from exeunt.exceptions import AgentCrashed, Refusal
from exeunt.testing import Schedule
from exeunt.testing.doubles.expecting import expect_closed
from exeunt.testing.doubles.probe import Probe
from exeunt.testing.doubles.rehearsal import rehearse
from exeunt.testing.doubles.stand_in import StandIn
from exeunt.testing.effects import Asked, Became, Sent
from exeunt.testing.faults.faulty import faulty
from exeunt.testing.faults.plan import (
    CrashAfter,
    CrashBefore,
    Delay,
    Duplicate,
    Fault,
    FaultPlan,
)
from exeunt.testing.strategies import schedules
from exeunt.testing.strategies.of_faults import fault_plans

KINDS = (Delay, CrashBefore, CrashAfter, Duplicate)
CRASHES = {CrashBefore, CrashAfter}


@attrs.frozen
class Tell:
    number: int


@attrs.frozen
class Question(Request[int]):
    number: int


Line = Tell | Question
LINES = st.lists(st.sampled_from((Tell, Question)), min_size=1, max_size=6)


@attrs.define
class Noted(Agent[Line]):
    """Notes what it handles, and changes its behaviour after each message."""

    seen: list[int]

    async def handle(self, message: Line) -> int:
        self.seen.append(message.number)
        self.context.become(self.also)
        return message.number

    async def also(self, message: Line) -> int:
        return await self.handle(message)


def foretell(
    plan: FaultPlan, messages: list[Line]
) -> tuple[list[int], set[int], float]:
    """Return what the handler will see, which asks fail, and how long it takes."""
    seen: list[int] = []
    lost: set[int] = set()
    seconds = 0.0
    turns = {object: 0, Tell: 0, Question: 0}
    line = [(message, True) for message in messages]
    while line:
        message, original = line.pop(0)
        faults: list[Any] = [
            fault
            for fault in plan.faults
            if isinstance(fault, Fault)
            and isinstance(message, fault.of)
            and turns[fault.of] == fault.nth  # type: ignore[index]
        ]
        kinds = {type(fault) for fault in faults}
        turns[object] += 1
        turns[type(message)] += 1
        seconds += sum(fault.seconds for fault in faults if type(fault) is Delay)
        if original and isinstance(message, Question) and kinds & CRASHES:
            lost.add(message.number)
        if CrashBefore in kinds:
            continue
        seen.append(message.number)
        copies = sum(type(fault) is Duplicate for fault in faults)
        line[:0] = [(message, False)] * copies
    return seen, lost, seconds


@law(
    "faults: what was planned, and nothing else",
    kinds=LINES,
    plan=fault_plans(messages=7, most=4, kinds=KINDS, of=(object, Tell, Question)),
    schedule=schedules(),
)
def test_what_was_planned_comes_true(
    kinds: list[type[Line]], plan: FaultPlan, schedule: Schedule
) -> None:
    messages = [kind(number) for number, kind in enumerate(kinds)]
    seen: list[int] = []
    lost: set[int] = set()
    factory = faulty(Noted, plan)

    async def scene() -> tuple[Any, float]:
        began = trio.current_time()
        async with open_supervisor(max_restarts=99) as stage:
            noted = await stage.start(factory, seen, restart="transient")
            for message in messages:
                if isinstance(message, Tell):
                    await noted.send(message)
                    continue
                try:
                    assert await noted.ask(message) == message.number
                except AgentCrashed:
                    lost.add(message.number)
        return noted.outcome, trio.current_time() - began

    outcome, seconds = schedule.run(scene)
    assert (seen, lost, seconds) == foretell(plan, messages)
    assert outcome.ledger.accepted == outcome.ledger.settled == factory.turns


@attrs.frozen
class Do:
    """What the actor is to do in one turn, step by step."""

    steps: tuple[str, ...]
    number: int


@attrs.frozen
class DoAndSay(Request[object]):
    steps: tuple[str, ...]
    number: int


STEPS = ("send", "ask", "refused", "late", "become", "refuse", "yield")
DEEDS = st.builds(
    lambda kind, steps: (kind, tuple(steps)),
    st.sampled_from((Do, DoAndSay)),
    st.lists(st.sampled_from(STEPS), max_size=4),
)


class Stranger(Request[int]):
    """One that the others refuse."""


class Silence(Request[int]):
    """One that the others do not answer."""


@attrs.define
class Actor(Agent[Do | DoAndSay]):
    """Does what the message says."""

    other: Handle[Tell | Question]
    told: int = 0

    async def handle(self, message: Do | DoAndSay) -> object:
        for step in message.steps:
            await self.do(step, message)
        return self.told

    async def again(self, message: Do | DoAndSay) -> object:
        self.told += 100
        return await self.handle(message)

    async def do(self, step: str, message: Do | DoAndSay) -> None:
        match step:
            case "send":
                await self.other.send(Tell(message.number))
            case "ask":
                self.told += await self.other.ask(Question(message.number))
            case "refused":
                try:
                    await self.other.ask(Stranger())
                except Refusal:
                    self.told += 10
            case "late":
                with trio.move_on_after(2):
                    await self.other.ask(Silence())
            case "become":
                self.context.become(self.again)
            case "refuse" if isinstance(message, DoAndSay):
                raise Refusal(message.number)
            case "yield":
                await trio.lowlevel.checkpoint()
            case _:
                pass


Script = list[tuple[type[Do | DoAndSay], tuple[str, ...]]]


def rehearsed(script: Script) -> tuple[list[object], list[object]]:
    """Return what the actor answers, and what it tells the other, in a rehearsal."""
    other = StandIn[Tell | Question]("other")
    other.when(Question).send(3)
    other.when(Stranger).refuse(Refusal())
    other.when(Silence).keep_waiting()
    actor = rehearse(Actor, other.handle)
    answers: list[object] = []
    told: list[object] = []
    for number, (kind, steps) in enumerate(script):
        if kind is DoAndSay:
            turn: Any = actor.ask(DoAndSay(steps, number))
            answers.append((turn.refusal and turn.refusal.args) or turn.answer)
        else:
            turn = actor.send(Do(steps, number))
        for effect in turn.effects:
            match effect:
                case Sent("other", message) | Asked("other", message):
                    told.append(message)
                case _:
                    assert effect == Became("again")
    return answers, told


async def on_stage(script: Script) -> tuple[list[object], list[object]]:
    """Return the same of an actor that is on stage, with a probe for the other."""
    answers: list[object] = []
    probe = Probe[Tell | Question]()
    probe.when(Question).send(3)
    probe.when(Stranger).refuse(Refusal())
    async with open_supervisor() as stage:
        other = await stage.start(probe)
        actor = await stage.start(Actor, other)
        for number, (kind, steps) in enumerate(script):
            if kind is DoAndSay:
                try:
                    answers.append(await actor.ask(DoAndSay(steps, number)))
                except Refusal as refusal:
                    answers.append(refusal.args)
            else:
                await actor.send(Do(steps, number))
    told = [await probe.expect() for _ in probe.received]
    assert tuple(told) == probe.received
    return answers, [*told]


@law(
    "rehearsal: as on stage",
    script=st.lists(DEEDS, max_size=5),
    schedule=schedules(),
)
def test_a_rehearsal_is_as_on_stage(script: Script, schedule: Schedule) -> None:
    answers, told = rehearsed(script)
    real_answers, real_told = schedule.run(on_stage, script)
    assert answers == real_answers
    assert _plain(told) == _plain(real_told)


def _plain(messages: list[object]) -> list[object]:
    return [m if isinstance(m, Tell | Question) else type(m) for m in messages]


@law(
    "probe: each message once, in its order",
    kinds=LINES,
    pauses=st.lists(st.integers(0, 2), max_size=6),
    schedule=schedules(),
)
def test_a_probe_shows_each_message_once(
    kinds: list[type[Line]], pauses: list[int], schedule: Schedule
) -> None:
    messages = [kind(number) for number, kind in enumerate(kinds)]

    async def speak(other: Handle[Line]) -> list[int]:
        answers: list[int] = []
        for number, message in enumerate(messages):
            await trio.sleep(pauses[number] if number < len(pauses) else 0)
            if isinstance(message, Tell):
                await other.send(message)
            else:
                answers.append(await other.ask(message))
        return answers

    async def scene() -> None:
        probe = Probe[Line]()
        async with trio.open_nursery() as nursery:
            async with await start(nursery, probe, capacity=1) as handle:

                async def asker() -> None:
                    asked = [m.number for m in messages if isinstance(m, Question)]
                    assert await speak(handle) == asked

                nursery.start_soon(asker)
                for number, kind in enumerate(kinds):
                    message = await probe.expect(kind)
                    assert message.number == number
                    if isinstance(message, Question):
                        probe.reply_to(message).send(message.number)
                await probe.expect_nothing_for(9)
            await expect_closed(handle, reason=Reason.STOPPED)
        assert probe.received == tuple(messages)

    schedule.run(scene)
