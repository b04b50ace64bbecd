"""The workloads, each written once and run on two sides.

Both sides handle the same messages with the same `Agent` objects. What differs is what
a `Side` names: how an agent is begun, asked and ended.
"""

import gc
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Request, start_soon

from .measure import Costs, Stopwatch

Factory = Callable[[], Agent[Any]]
_Inlet = trio.MemorySendChannel[Any]
_Outlet = trio.MemoryReceiveChannel[Any]


@attrs.frozen
class Side:
    """One of the two ways to have agents. An inlet is what messages are sent to."""

    begin: Callable[[trio.Nursery, Factory], Any]
    begin_asked: Callable[[trio.Nursery, Factory], Any]
    ask: Callable[[Any, Request[Any]], Awaitable[Any]]
    end: Callable[[Any], None]


def _channel(capacity: int) -> tuple[_Inlet, _Outlet]:
    # In brackets, the type of the messages would cost half a microsecond.
    return trio.open_memory_channel(capacity)


def _begin(nursery: trio.Nursery, factory: Factory) -> _Inlet:
    inlet, outlet = _channel(32)
    nursery.start_soon(_serve, outlet, factory())
    return inlet


async def _serve(outlet: _Outlet, agent: Agent[Any]) -> None:
    async for message in outlet:
        await agent.handle(message)


def _begin_asked(nursery: trio.Nursery, factory: Factory) -> _Inlet:
    inlet, outlet = _channel(32)
    nursery.start_soon(_serve_asked, outlet, factory())
    return inlet


async def _serve_asked(outlet: _Outlet, agent: Agent[Any]) -> None:
    async for request, reply in outlet:
        await reply.send(await agent.handle(request))


async def _ask(inlet: _Inlet, request: Request[Any]) -> object:
    reply, answer = _channel(1)
    await inlet.send((request, reply))
    return await answer.receive()


BY_HAND = Side(_begin, _begin_asked, _ask, trio.MemorySendChannel.close)
EXEUNT = Side(start_soon, start_soon, Handle.ask, Handle.stop)


class Question(Request[int]):
    """How many messages were handled so far?"""


QUESTION = Question()


@attrs.define
class Counter(Agent[object]):
    """Counts its messages."""

    count: int = 0

    async def handle(self, message: object) -> int:  # noqa: ARG002
        """Handle one more."""
        self.count += 1
        return self.count


@attrs.define
class Node(Agent[int]):
    """Passes the token on; the message says how many hops are left."""

    finish: trio.Event
    successor: Any = None

    async def handle(self, message: int) -> None:
        """Pass it on."""
        if message:
            await self.successor.send(message - 1)
        else:
            self.finish.set()


class Broken(Exception):
    """What a `Fragile` agent comes to."""


class Fragile(Agent[object]):
    """Crashes on its first message."""

    async def handle(self, message: object) -> None:  # noqa: ARG002
        """Crash."""
        raise Broken


async def tell(side: Side, count: int, stopwatch: Stopwatch) -> None:
    counter = Counter()
    with stopwatch:
        async with trio.open_nursery() as nursery:
            inlet = side.begin(nursery, lambda: counter)
            for _ in range(count):
                await inlet.send(None)
            side.end(inlet)
    assert counter.count == count


async def fan_in(side: Side, count: int, stopwatch: Stopwatch) -> None:
    counter = Counter()

    async def sender() -> None:
        for _ in range(count // 100):
            await inlet.send(None)

    with stopwatch:
        async with trio.open_nursery() as nursery:
            inlet = side.begin(nursery, lambda: counter)
            await _hundred(sender)
            side.end(inlet)
    assert counter.count == count


async def ask(side: Side, count: int, stopwatch: Stopwatch) -> None:
    counter = Counter()
    with stopwatch:
        async with trio.open_nursery() as nursery:
            inlet = side.begin_asked(nursery, lambda: counter)
            for _ in range(count):
                await side.ask(inlet, QUESTION)
            side.end(inlet)
    assert counter.count == count


async def ask_100(side: Side, count: int, stopwatch: Stopwatch) -> None:
    counter = Counter()

    async def asker() -> None:
        for _ in range(count // 100):
            await side.ask(inlet, QUESTION)

    with stopwatch:
        async with trio.open_nursery() as nursery:
            inlet = side.begin_asked(nursery, lambda: counter)
            await _hundred(asker)
            side.end(inlet)
    assert counter.count == count


async def _hundred(async_fn: Callable[[], Awaitable[None]]) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(async_fn)


async def ring(side: Side, count: int, stopwatch: Stopwatch) -> None:
    nodes = [Node(trio.Event()) for _ in range(1000)]
    async with trio.open_nursery() as nursery:
        inlets = [side.begin(nursery, _given(node)) for node in nodes]
        for node, successor in zip(nodes, inlets[1:] + inlets[:1], strict=True):
            node.successor = successor
        await wait_all_tasks_blocked()
        with stopwatch:
            await inlets[0].send(count)
            await nodes[count % 1000].finish.wait()
        for inlet in inlets:
            side.end(inlet)


def _given(agent: Agent[Any]) -> Factory:
    return lambda: agent


async def start_stop(side: Side, count: int, stopwatch: Stopwatch) -> None:
    with stopwatch:
        async with trio.open_nursery() as nursery:
            inlets = [side.begin(nursery, Counter) for _ in range(count)]
            await wait_all_tasks_blocked()
            while inlets:
                side.end(inlets.pop())


async def crash(side: Side, count: int, stopwatch: Stopwatch) -> None:
    caught = 0
    with stopwatch:
        for _ in range(count):
            try:
                async with trio.open_nursery() as nursery:
                    await side.begin(nursery, Fragile).send(None)
            except* Broken:
                caught += 1
    assert caught == count


class _Metronome(trio.abc.Instrument):
    """Notes the CPU time at each tick of Trio's scheduler."""

    def __init__(self) -> None:
        self.ticks: list[float] = []

    def before_io_wait(self, timeout: float) -> None:  # noqa: ARG002
        self.ticks.append(time.process_time())


async def tick_gaps(side: Side, count: int) -> Costs:
    """Return the p50, p99, p99.9 and maximum of *count* gaps, in CPU seconds."""
    metronome = _Metronome()
    async with trio.open_nursery() as nursery:
        inlet = side.begin(nursery, Counter)
        gc.collect()
        gc.disable()
        trio.lowlevel.add_instrument(metronome)
        while len(metronome.ticks) <= count:
            await inlet.send(None)
        trio.lowlevel.remove_instrument(metronome)
        gc.enable()
        side.end(inlet)
    gaps = sorted(later - earlier for earlier, later in pairwise(metronome.ticks))
    return tuple(gaps[int(q * (len(gaps) - 1))] for q in (0.5, 0.99, 0.999, 1))
