"""What type checkers have to know of probes, rehearsals and fault plans."""

from random import Random
from typing import assert_type

import attrs
import trio

from exeunt import Agent, Handle, Outcome, Reply, Request, open_supervisor, start
from exeunt.testing.doubles.expecting import expect_closed
from exeunt.testing.doubles.probe import Probe
from exeunt.testing.doubles.rehearsal import Rehearsal, rehearse
from exeunt.testing.doubles.stand_in import StandIn
from exeunt.testing.effects import Effect, Turn
from exeunt.testing.faults.faulty import faulty
from exeunt.testing.faults.plan import CrashBefore, Delay, FaultPlan, random_faults


@attrs.frozen
class Add:
    number: int


@attrs.frozen
class Total(Request[int]):
    pass


@attrs.define
class Counter(Agent[Add | Total]):
    start: int = 0

    async def handle(self, message: Add | Total) -> int | None: ...


async def probing(nursery: trio.Nursery) -> None:
    probe = Probe[Add | Total]()
    handle = await start(nursery, probe, name="counter")
    assert_type(handle, Handle[Add | Total])
    assert_type(probe.handle, Handle[Add | Total])
    assert_type(probe.received, tuple[Add | Total, ...])
    await handle.send("hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(await probe.expect(), Add | Total)
    assert_type(await probe.expect(Add), Add)
    assert_type(await probe.expect(lambda message: message == Add(1)), Add | Total)
    await probe.expect(3)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
    request = await probe.expect(Total)
    assert_type(probe.reply_to(request), Reply[int])
    probe.reply_to(request).send("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    probe.reply_to(Add(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    probe.when(Total).send(3)
    probe.when(Total).send("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    probe.when(Total).refuse(ValueError())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(await expect_closed(handle), Outcome)


def rehearsing() -> None:
    stand_in = StandIn[Add | Total]("counter")
    assert_type(stand_in.handle, Handle[Add | Total])
    stand_in.when(Total).send("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    counter = rehearse(Counter, 3)
    assert_type(counter, Rehearsal[Add | Total])
    rehearse(Counter, "3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(counter.send(Add(1)), Turn[None])
    counter.send("hello")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    turn = counter.ask(Total())
    assert_type(turn, Turn[int])
    assert_type(turn.answer, int)
    assert_type(turn.effects, tuple[Effect, ...])
    counter.ask(Add(1))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def planning(nursery: trio.Nursery) -> None:
    plan = FaultPlan([CrashBefore(1), Delay(2, of=Add, seconds=3)])
    assert_type(random_faults(Random(7)), FaultPlan)
    factory = faulty(Counter, plan)
    assert_type(await start(nursery, factory), Handle[Add | Total])
    assert_type(await start(nursery, factory, 3), Handle[Add | Total])
    await start(nursery, factory, "3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    async with open_supervisor() as stage:
        assert_type(await stage.start(factory, 3), Handle[Add | Total])
    FaultPlan([Add(1)])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    Delay("2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    CrashBefore(1, Add)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    faulty(Counter, [Delay(2)])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
