"""How far away a tick may be, and how many may be late."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from exeunt import Agent, start


class Ticker(Agent[Any]):
    """Sets a timer for itself, and is slow to handle its first tick."""

    def __init__(self, set_timer: Callable[[Any], None], ticks: list[float]) -> None:
        self.set_timer = set_timer
        self.ticks = ticks

    async def handle(self, message: Any) -> None:
        if message == "set":
            self.set_timer(self.context.timers)
            return
        self.ticks.append(trio.current_time())
        if len(self.ticks) == 1:
            await trio.sleep(3.5)


@pytest.mark.parametrize(
    "set_timer",
    [
        lambda timers: timers.once("key", "tick", after=sys.float_info.max),
        lambda timers: timers.repeat("key", "tick", delay=sys.float_info.max),
    ],
)
async def test_a_tick_may_be_as_far_away_as_a_float_can_say(
    set_timer: Callable[[Any], None], nursery: trio.Nursery
) -> None:
    ticker = await start(nursery, Ticker, set_timer, [])
    await ticker.send("set")
    await ticker.aclose()
    assert ticker.outcome is not None
    assert ticker.outcome.ledger.handled == 1


async def test_a_rate_catches_up_with_nothing_unless_it_is_told_to(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    ticks: list[float] = []
    ticker = await start(
        nursery, Ticker, lambda timers: timers.at_rate("key", "tick", period=1), ticks
    )
    await ticker.send("set")
    await trio.sleep(6.5)
    ticker.cancel()
    assert ticks == [1, 4.5, 5, 6]
