"""T12: timers."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from acting import Act, Actor, context_of, crash, start_patiently
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Context, Ledger, Timers, start
from exeunt.exceptions import AgentCrashed

Turns = list[tuple[float, object]]


class Clockwork(Actor):
    """Notes when each turn begins. Told a number, it is busy for so many seconds."""

    def __init__(self, turns: Turns) -> None:
        super().__init__()
        self.turns = turns

    async def handle(self, message: object) -> object:
        if isinstance(message, Act):
            return await super().handle(message)
        self.turns.append((trio.current_time(), message))
        if isinstance(message, float):
            await trio.sleep(message)
        return None


def times_of(message: object, turns: Turns) -> list[float]:
    return [time for time, turn in turns if turn == message]


async def timers_of(actor: Any) -> Timers:
    return (await context_of(actor)).timers


async def test_T12_1_once_ticks_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.once("later", "later", after=3)
    timers.once("at once", "at once", after=0)
    await trio.sleep(99)
    clock.cancel()
    assert turns == [(0, "at once"), (3, "later")]


async def test_T12_2_repeat_counts_from_the_end_of_each_turn(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    (await timers_of(clock)).repeat("key", 10.0, delay=2)
    await trio.sleep(39)
    clock.cancel()
    assert times_of(10.0, turns) == [2, 14, 26, 38]


@pytest.mark.parametrize(
    ("catch_up", "late"), [(0, [4.5]), (1, [4.5, 4.5]), (9, [4.5, 4.5, 4.5])]
)
async def test_T12_3_at_rate_keeps_the_beat_and_catches_up_so_far(
    catch_up: int, late: list[float], nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    (await timers_of(clock)).at_rate("key", "tick", period=1, catch_up=catch_up)
    await trio.sleep(1.5)
    await clock.send(3.0)
    await trio.sleep(5)
    clock.cancel()
    assert times_of("tick", turns) == [1, *late, 5, 6]


async def test_T12_4_when_quiet_ticks_once_for_each_silence(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.when_quiet("key", "quiet", seconds=5)
    timers.repeat("another", "tick, which ends no silence", delay=1)
    await trio.sleep(3)
    await clock.send("message")
    await trio.sleep(17)
    await clock.send(2.0)
    await trio.sleep(20)
    clock.cancel()
    assert times_of("quiet", turns) == [8, 27]


async def test_T12_5_a_key_that_is_set_again_has_no_old_tick(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.once("once", "old", after=1)
    timers.repeat("repeat", "old", delay=1)
    timers.at_rate("rate", "old", period=1, catch_up=9)
    timers.when_quiet("quiet", "old", seconds=1)
    await clock.send(4.0)
    await trio.sleep(3)  # now all of them are due
    for key in "once", "repeat", "rate", "quiet":
        timers.once(key, "new", after=5)
    await trio.sleep(9)
    clock.cancel()
    assert times_of("old", turns) == []
    assert times_of("new", turns) == [8, 8, 8, 8]


async def test_T12_6_a_key_that_is_cancelled_has_no_tick(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    assert "key" not in timers
    assert not timers.cancel("key")
    timers.repeat("key", "tick", delay=1)
    assert "key" in timers
    await clock.send(4.0)
    await trio.sleep(3)  # now it is due
    assert timers.cancel("key")
    assert "key" not in timers
    timers.once(
        "last", Act(lambda context, _: turns.append((0, "last" in timers))), after=2
    )
    await trio.sleep(9)
    clock.cancel()
    assert [turn for _, turn in turns] == [4.0, False]


@pytest.mark.parametrize("overflow", ["wait", "refuse", "drop_newest", "drop_oldest"])
async def test_T12_7_a_tick_comes_ahead_of_the_mailbox_and_needs_no_room(
    overflow: Any, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns, capacity=1, overflow=overflow)
    (await timers_of(clock)).once("key", "tick", after=1)
    clock.send_nowait(2.0)
    await wait_all_tasks_blocked()
    clock.send_nowait("message")
    await trio.sleep(1.5)
    assert clock.statistics().waiting == 1
    await trio.sleep(1)
    clock.cancel()
    assert turns == [(0, 2.0), (2, "tick"), (2, "message")]


async def test_T12_8_after_each_tick_the_mailbox_has_its_turn(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.at_rate("too fast", 2.0, period=1, catch_up=99)
    timers.once("another", "tick", after=1)
    for message in "abc":
        await clock.send(message)
    clock.send_nowait(1.0)
    for message in "def":
        await clock.send(message)
    await trio.sleep(6.5)
    clock.cancel()
    first, *others = [turn for _, turn in turns][3:]
    assert first == 1.0
    assert others == [2.0, "d", "tick", "e", 2.0, "f", 2.0]


@pytest.mark.parametrize("how", ["stop", "cancel"])
async def test_T12_9_nothing_ticks_after_the_end_began_nor_before_the_agent_is_ready(
    how: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Slow(Clockwork):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            self.context.timers.repeat("key", "tick", delay=1)
            await trio.sleep(2.5)
            yield
            await trio.sleep(2.5)

    turns: Turns = []
    clock = await start(nursery, Slow, turns)
    await trio.sleep(1)  # the first tick was due long ago, the second is due now
    await clock.send(3.0)
    await trio.sleep(1)
    getattr(clock, how)()
    outcome = await clock.wait_closed()
    assert times_of("tick", turns) == [2.5, 3.5]
    assert outcome.ledger.accepted == 3


async def test_T12_10_no_timer_outlives_a_restart(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start_patiently(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.repeat("key", "tick", delay=1)
    await trio.sleep(1.5)
    with pytest.raises(AgentCrashed):
        await clock.ask(Act(crash))
    await trio.sleep(9)
    assert "key" not in timers
    clock.cancel()
    assert times_of("tick", turns) == [1]


async def test_T12_11_a_timer_is_no_task(nursery: trio.Nursery) -> None:
    clock = await start(nursery, Clockwork, [])
    timers = await timers_of(clock)
    await wait_all_tasks_blocked()
    tasks = trio.lowlevel.current_statistics().tasks_living
    for key in range(1000):
        timers.repeat(key, "tick", delay=1000)
    await wait_all_tasks_blocked()
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    clock.cancel()


async def test_T12_12_time_is_trios(
    nursery: trio.Nursery, mock_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    (await timers_of(clock)).once("key", "tick", after=60)
    await wait_all_tasks_blocked()
    mock_clock.jump(59)
    await wait_all_tasks_blocked()
    assert turns == []
    mock_clock.jump(1)
    await wait_all_tasks_blocked()
    assert turns == [(60, "tick")]
    clock.cancel()


async def test_T12_13_a_tick_is_accepted_when_its_turn_begins(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    def postpone(context: Context, message: Act) -> None:
        context.postpone(message)

    clock = await start(nursery, Clockwork, [])
    timers = await timers_of(clock)
    timers.repeat("due while it is busy", "tick", delay=1)
    await clock.send(2.0)
    await trio.sleep(1.5)
    assert clock.statistics().ledger == Ledger(accepted=2, handled=1)
    timers.cancel("due while it is busy")

    timers.once("key", tick := Act(postpone), after=1)
    await trio.sleep(2)
    assert clock.statistics().waiting == 1
    timers.cancel("key")
    clock.stop()
    outcome = await clock.wait_closed()
    assert outcome.ledger == Ledger(accepted=3, handled=2, undelivered=1)
    assert outcome.undelivered == (tick,)


async def test_T12_14_a_helper_may_set_timers_and_the_agent_wakes_for_them(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns: Turns = []
    clock = await start(nursery, Clockwork, turns)
    timers = await timers_of(clock)
    timers.once("late", "late", after=9)
    await wait_all_tasks_blocked()
    timers.once("early", "early", after=3)
    await trio.sleep(1)
    timers.once("early", "earlier", after=1)
    await trio.sleep(9)
    clock.cancel()
    assert turns == [(2, "earlier"), (9, "late")]
