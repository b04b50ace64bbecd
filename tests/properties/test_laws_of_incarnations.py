"""Laws 8, 19 and 20, of incarnations: when one begins, and when none does any more."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any

import trio
from hypothesis import strategies as st
from laws import law

from exeunt import Agent, Backoff, Handle, Ledger, Supervisor, open_supervisor
from exeunt.exceptions import AgentClosed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

CLEANUP = 2.0
TOGETHER = st.sampled_from(("one_for_all", "rest_for_one"))


class Boom(Exception):
    """A crash."""


class Member(Agent[str]):
    """Looks whether the scene is over when it comes in, and crashes when told to."""

    def __init__(self, scene: Supervisor, late: list[str]) -> None:
        self.scene = scene
        self.late = late

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        if self.scene._troupe.hurried:
            self.late.append(self.context.name)
        await trio.lowlevel.checkpoint()
        yield

    async def handle(self, message: str) -> None:
        if message == "crash":
            raise Boom


async def _three(scene: Supervisor, late: list[str]) -> list[Handle[str]]:
    return [
        await scene.start(
            Member, scene, late, name=name, restart="transient", cleanup=CLEANUP
        )
        for name in ("db", "cache", "web")
    ]


@law(
    "20 nobody comes in when it is over",
    strategy=TOGETHER,
    budget=st.integers(0, 2),
    victims=st.lists(st.integers(0, 2), min_size=3, max_size=5),
    schedule=schedules(),
)
def test_nobody_comes_in_when_it_is_over(
    strategy: Any, budget: int, victims: list[int], schedule: Schedule
) -> None:
    late: list[str] = []

    async def scene() -> None:
        async with open_supervisor(strategy=strategy, max_restarts=budget) as it:
            agents = await _three(it, late)
            for victim in victims:
                agents[victim].send_nowait("crash")
            await trio.sleep(1)

    try:
        schedule.run(scene)
    except* Boom:
        pass
    assert late == []


@law(
    "8 a cancelled supervisor is gone in time",
    strategy=TOGETHER,
    victims=st.lists(st.integers(0, 2), max_size=2),
    when=st.integers(0, 3),
    schedule=schedules(),
)
def test_a_cancelled_supervisor_is_gone_in_time(
    strategy: Any, victims: list[int], when: int, schedule: Schedule
) -> None:
    async def scene() -> float:
        patient = Backoff(50, 1_000, jitter=0)
        with trio.CancelScope() as scope:
            async with open_supervisor(strategy=strategy, backoff=patient) as it:
                agents = await _three(it, [])
                for victim in victims:
                    agents[victim].send_nowait("crash")
                await trio.sleep(when)
                scope.cancel()
                await trio.sleep_forever()
        return trio.current_time() - when

    assert schedule.run(scene) <= 3 * (CLEANUP + 1)


class Slow(Member):
    """Takes its time to leave."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with super().lifespan():
            try:
                yield
            finally:
                await trio.sleep(1)


@law(
    "19 nobody is forgotten at the gate",
    strategy=TOGETHER,
    crashes=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), max_size=4),
    schedule=schedules(),
)
def test_nobody_is_forgotten_at_the_gate(
    strategy: Any, crashes: list[tuple[int, int]], schedule: Schedule
) -> None:
    async def scene() -> list[int]:
        async with open_supervisor(strategy=strategy, max_restarts=9) as it:
            agents = [
                await it.start(Slow, it, [], name=name, restart="transient")
                for name in ("db", "cache", "web")
            ]
            async with trio.open_nursery() as nursery:
                for when, victim in crashes:
                    nursery.start_soon(_send, agents[victim], when / 2, "crash")
            await trio.sleep(99)
            for agent in agents:
                await agent.send("work")
            await trio.sleep(99)
            return [agent.statistics().ledger.handled for agent in agents]

    assert schedule.run(scene) == [1, 1, 1]


class Host(Agent[int]):
    """Runs a task that fails in its first incarnation."""

    def __init__(self, fails: list[int], seen: list[int]) -> None:
        self.fails = fails
        self.seen = seen

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as nursery:
            if self.fails:
                nursery.start_soon(self.fail, self.fails.pop())
            yield

    async def fail(self, seconds: float) -> None:
        await trio.sleep(seconds)
        raise Boom

    async def handle(self, message: int) -> None:
        await trio.sleep(message)
        self.seen.append(message)


@law(
    "19 what fails in a lifespan is a crash",
    fails=st.integers(0, 4),
    works=st.lists(st.integers(0, 2), max_size=5),
    schedule=schedules(),
)
def test_what_fails_in_a_lifespan_is_a_crash(
    fails: int, works: list[int], schedule: Schedule
) -> None:
    seen: list[int] = []

    async def scene() -> Ledger:
        async with open_supervisor() as it:
            host = await it.start(Host, [fails], seen, restart="transient")
            for work in works:
                await host.send(work)
            await trio.sleep(20)
        assert host.outcome is not None
        assert host.outcome.restarts == 1
        return host.outcome.ledger

    ledger = schedule.run(scene)
    assert ledger.interrupted <= 1
    assert ledger.handled == len(seen) == len(works) - ledger.interrupted


@law(
    "19 nobody comes in for nothing",
    stop=st.sampled_from((1.5, 2.5, 3.5)),
    works=st.lists(st.sampled_from((0.25, 1.25, 2.25, 3.25)), max_size=2),
    schedule=schedules(),
)
def test_nobody_comes_in_for_nothing(
    stop: float, works: list[float], schedule: Schedule
) -> None:
    """It crashes at 1, would be in again at 3, and is stopped before or after."""

    async def scene() -> int:
        async with open_supervisor(backoff=Backoff(2, 2, jitter=0)) as it:
            agent, *_ = await _three(it, [])
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_send, agent, 1, "crash")
                for when in works:
                    nursery.start_soon(_send, agent, when, "work")
                await trio.sleep(stop)
                agent.stop()
            outcome = await agent.wait_closed()
        assert outcome.ledger.handled == sum(when < stop for when in works)
        return outcome.restarts

    has_work = any(1 < when < stop for when in works)
    assert schedule.run(scene) == int(has_work or stop > 3)


async def _send(agent: Handle[str], when: float, message: str) -> None:
    await trio.sleep(when)
    with suppress(AgentClosed):
        await agent.send(message)
