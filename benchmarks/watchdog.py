"""What a watchdog costs: ``python -m benchmarks.watchdog``.

Two ratios, each of two sides that take turns in one process: asks of an agent with a
watchdog and without one, at a pace a thousand times that of everyday; and what one look
costs when that many agents are idle, and when that many are in a turn that lasts.
"""

import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Request, start
from exeunt._core.audience import looking_on
from exeunt.stalls import watchdog, who_waits
from exeunt.stalls.watching import Watch

ROUNDS = 15
ASKS = 3_000
AGENTS = 10_000


class Ping(Request[None]):
    """Wants an answer."""


class Hold:
    """Keeps the agent in its turn."""


class Echo(Agent[Ping | Hold]):
    """Answers, or stays in its turn."""

    async def handle(self, message: Ping | Hold) -> None:  # noqa: D102
        if isinstance(message, Hold):
            await trio.sleep_forever()


async def seconds_of_asks(dog: Callable[[], Any] | None) -> float:
    async with trio.open_nursery() as nursery:
        if dog is not None:
            nursery.start_soon(dog)
        echo = await start(nursery, Echo)
        begin = time.perf_counter()
        for _ in range(ASKS):
            await echo.ask(Ping())
        seconds = time.perf_counter() - begin
        nursery.cancel_scope.cancel()
    return seconds


def slowdown(every: float) -> float:
    dog = partial(watchdog, every=every)
    ratios = []
    for _ in range(ROUNDS):
        bare = trio.run(seconds_of_asks, None)
        ratios.append(trio.run(seconds_of_asks, dog) / bare)
    return median(ratios)


async def seconds_of_looks() -> dict[str, float]:
    found: dict[str, float] = {}
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 3600)  # as long as there is a deadline
        with looking_on() as lives:
            watch = Watch(print, lives, clock=float)  # which never rests
            agents = [await start(nursery, Echo, capacity=1) for _ in range(AGENTS)]
            found["a look, all idle"] = per_call(watch.look)
            for agent in agents:
                agent.send_nowait(Hold())
            await wait_all_tasks_blocked()
            found["a look, all in a long turn"] = per_call(watch.look)
            for agent in agents:
                agent.send_nowait(Hold())
            found["a look, all in a long turn and awaited"] = per_call(watch.look)
            found["who_waits()"] = per_call(who_waits)
        nursery.cancel_scope.cancel()
    return found


def per_call(fn: Callable[[], object]) -> float:
    fn()
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        fn()
        times.append(time.perf_counter() - begin)
    return median(times)


if __name__ == "__main__":
    for every in (5.0, 0.005):
        print(f"asks with a look every {every:g} s: {slowdown(every):.3f} of without")
    for what, seconds in trio.run(seconds_of_looks).items():
        print(f"{what}, {AGENTS:,} agents: {seconds * 1e3:.1f} ms")
