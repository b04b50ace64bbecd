"""Spans of a run that goes on: the users' own lie in them, and nothing is left over."""

import gc
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import attrs
import pytest
import trio
from exported import Exported, said
from opentelemetry import baggage, context as otel_context
from opentelemetry.trace import SpanKind, StatusCode, get_current_span
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Handle, Pool, Request, open_supervisor, start
from exeunt._core.journal import kept
from exeunt.exceptions import AgentClosed, MailboxFull, MessageDropped
from exeunt.telemetry.otel import live_spans
from exeunt.telemetry.otel.live import LiveSpans

seen = Exported()
tracer = seen.tracer


@pytest.fixture(autouse=True)
def fresh() -> None:
    """Begin each test with an exporter of its own."""
    global seen, tracer  # noqa: PLW0603 - so that agents need not be told
    seen = Exported()
    tracer = seen.tracer


@contextmanager
def followed() -> Generator[LiveSpans]:
    """Follow a run, and check that nothing is kept of it in the end."""
    live = LiveSpans(tracer)
    before = otel_context.get_current()
    with kept(live):
        yield live
    assert nothing_left(live)
    assert len(seen.spans) == seen.begun
    assert otel_context.get_current() is before


def nothing_left(live: LiveSpans) -> bool:
    return not (live._luggage or live._turns or live._asks or live._dropped)


class Work(Request[str]):
    pass


class LinkedWork(Request[str], linked=True):
    pass


class Worker(Agent[object]):
    """Says in a span of its own what it does."""

    async def handle(self, message: object) -> str:
        if callable(message):
            message()
        with tracer.start_as_current_span("own"):
            await trio.sleep(1)
        return "done"


@attrs.define
class Manager(Agent[object]):
    worker: Handle[object]

    async def handle(self, message: object) -> str:
        return await self.worker.ask(Work())


async def test_own_spans_lie_in_the_turn_and_the_turn_in_the_senders(
    autojump_clock: MockClock,
) -> None:
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            with tracer.start_as_current_span("sender"):
                await worker.send("a message")
    assert seen.way_up(seen.one("own")) == ["own", "process Worker", "sender"]
    turn = seen.one("process Worker")
    assert turn.kind is SpanKind.CONSUMER
    assert dict(turn.attributes or {}) == {
        "messaging.system": "exeunt",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "Worker",
        "exeunt.agent.type": "Worker",
        "exeunt.message.type": "str",
        "exeunt.outcome": "handled",
    }


async def test_asks_are_a_chain_across_agents(autojump_clock: MockClock) -> None:
    with followed():
        async with trio.open_nursery() as nursery:
            worker = await start(nursery, Worker)
            async with await start(nursery, Manager, worker) as manager:
                with tracer.start_as_current_span("main"):
                    await manager.ask(Work())
            worker.stop()
    assert seen.way_up(seen.one("own")) == [
        "own",
        "process Worker",
        "ask Worker",
        "process Manager",
        "ask Manager",
        "main",
    ]
    assert seen.one("ask Manager").kind is SpanKind.CLIENT
    assert said(seen.one("ask Manager"), "exeunt.outcome") == "answered"


async def test_baggage_travels_too(autojump_clock: MockClock) -> None:
    found: list[object] = []

    def look() -> None:
        found.append(baggage.get_baggage("tenant"))

    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            token = otel_context.attach(baggage.set_baggage("tenant", "blue"))
            await worker.send(look)
            otel_context.detach(token)
            await worker.send(look)
    assert found == ["blue", None]


async def test_between_turns_the_agent_is_in_no_span(autojump_clock: MockClock) -> None:
    found: list[bool] = []

    class Tidy(Worker):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            yield
            found.append(get_current_span().get_span_context().is_valid)

    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Tidy) as tidy,
        ):
            with tracer.start_as_current_span("sender"):
                await tidy.send(1)
    assert found == [False]


async def test_a_span_that_a_handler_leaves_open_does_not_stay(
    autojump_clock: MockClock,
) -> None:
    class Sloppy(Agent[object]):
        async def handle(self, message: object) -> None:
            otel_context.attach(baggage.set_baggage("left", "behind"))

    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Sloppy) as sloppy,
        ):
            await sloppy.send(1)
            await sloppy.send(2)
    assert [seen.way_up(span) for span in seen.spans] == [["process Sloppy"]] * 2


async def test_a_crash_ends_the_turn_with_its_error() -> None:
    def crash() -> None:
        raise ValueError("no")

    with followed(), pytest.RaisesGroup(pytest.RaisesExc(ValueError)):
        async with trio.open_nursery() as nursery:
            worker = await start(nursery, Worker)
            await worker.send(crash)
    turn = seen.one("process Worker")
    assert turn.status.status_code is StatusCode.ERROR
    assert turn.status.description == "ValueError: no"
    assert said(turn, "error.type") == "ValueError"


async def test_a_cancelled_turn_says_why(autojump_clock: MockClock) -> None:
    with followed():
        async with trio.open_nursery() as nursery:
            worker = await start(nursery, Worker)
            await worker.send(1)
            await wait_all_tasks_blocked()
            worker.cancel("too late")
    turn = seen.one("process Worker")
    assert said(turn, "exeunt.outcome") == "cancelled"
    assert said(turn, "exeunt.cancel.reason") == "too late"
    assert turn.status.status_code is StatusCode.UNSET


async def test_an_asker_who_leaves_ends_its_span(autojump_clock: MockClock) -> None:
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            with trio.move_on_after(0.5):
                await worker.ask(Work())
            with trio.move_on_after(0.1):
                await worker.ask(Work())  # never begun
    assert [
        said(span, "exeunt.outcome") for span in seen.spans if span.name == "ask Worker"
    ] == ["left", "left"]
    assert said(seen.one("process Worker"), "exeunt.outcome") == "handled"


async def test_a_linked_turn_ends_with_its_asker(autojump_clock: MockClock) -> None:
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            with trio.move_on_after(0.5):
                await worker.ask(LinkedWork())
    turn = seen.one("process Worker")
    assert said(turn, "exeunt.outcome") == "cancelled"
    assert said(turn, "exeunt.cancel.reason") == "its asker left"


async def test_the_same_object_twice_has_two_senders(autojump_clock: MockClock) -> None:
    message = object()
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            for name in ("first", "second"):
                with tracer.start_as_current_span(name):
                    await worker.send(message)
    ways = [seen.way_up(span) for span in seen.spans if span.name == "own"]
    assert ways == [
        ["own", "process Worker", "first"],
        ["own", "process Worker", "second"],
    ]


async def test_whoever_waits_for_room_is_remembered(autojump_clock: MockClock) -> None:
    message = object()
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker, capacity=1) as worker,
        ):

            async def send(name: str) -> None:
                with tracer.start_as_current_span(name):
                    await worker.send(message)

            for number in range(4):
                nursery.start_soon(send, f"sender {number}")
                await wait_all_tasks_blocked()
            await trio.sleep(5)
    ways = [seen.way_up(span)[-1] for span in seen.spans if span.name == "own"]
    assert ways == [f"sender {number}" for number in range(4)]


async def test_a_postponed_message_keeps_its_sender(autojump_clock: MockClock) -> None:
    class Gate(Agent[object]):
        async def handle(self, message: object) -> None:
            if message == "open":
                self.context.become(self.opened)
            else:
                self.context.postpone(message)

        async def opened(self, message: object) -> None:
            pass

    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Gate) as gate,
        ):
            with tracer.start_as_current_span("early"):
                await gate.send("knock")
            await gate.send("open")
    outcomes = {
        (said(span, "exeunt.outcome"), seen.way_up(span)[-1])
        for span in seen.spans
        if span.name == "process Gate"
    }
    assert outcomes == {
        ("postponed", "early"),
        ("handled", "early"),
        ("handled", "process Gate"),
    }


async def test_in_a_pool_the_worker_knows_the_sender(autojump_clock: MockClock) -> None:
    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Pool(2, Worker)) as workers,
        ):
            with tracer.start_as_current_span("sends"):
                await workers.send(1)
            with tracer.start_as_current_span("asks"):
                await workers.ask(Work())
    ways = [seen.way_up(span) for span in seen.spans if span.name == "own"]
    assert sorted(ways) == [
        ["own", "process Worker", "ask Worker", "asks"],
        ["own", "process Worker", "sends"],
    ]


async def test_a_tick_begins_a_trace_of_its_own(autojump_clock: MockClock) -> None:
    class Clock(Agent[object]):
        async def handle(self, message: object) -> None:
            if message == "set":
                self.context.timers.once("bell", "ring", after=1)

    with followed():
        async with trio.open_nursery() as nursery:
            clock = await start(nursery, Clock)
            with tracer.start_as_current_span("setter"):
                await clock.send("set")
            await trio.sleep(2)
            clock.stop()
    ways = sorted(seen.way_up(s) for s in seen.spans if s.name == "process Clock")
    assert ways == [["process Clock"], ["process Clock", "setter"]]


@pytest.mark.parametrize(
    "overflow", ["drop_newest", "drop_oldest", "latest", "refuse", "wait"]
)
async def test_nothing_is_left_of_what_is_lost(
    overflow: Any, autojump_clock: MockClock
) -> None:
    key: Callable[[object], object] | None = None
    if overflow == "latest":

        def key(message: object) -> object:
            return type(message)

    with followed():
        async with trio.open_nursery() as nursery:
            worker = await start(
                nursery, Worker, capacity=1, overflow=overflow, key=key
            )

            async def ask() -> None:
                with suppress(AgentClosed, MailboxFull, MessageDropped):
                    await worker.ask(Work())

            async def send(message: object) -> None:
                with suppress(AgentClosed, MailboxFull):
                    await worker.send(message)

            for number in range(4):
                nursery.start_soon(send, number)
                nursery.start_soon(ask)
                nursery.start_soon(send, "the same")
                with trio.move_on_after(0.1):
                    await send("withdrawn, if it has to wait")
            worker.cancel()
            await worker.wait_closed()
            await send("too late")
            await ask()


async def test_a_restart_begins_in_no_span(autojump_clock: MockClock) -> None:
    class Frail(Agent[object]):
        async def handle(self, message: object) -> None:
            if message == "crash":
                raise ValueError

    with followed():
        async with open_supervisor() as supervisor:
            frail = await supervisor.start(Frail, restart="transient")
            with tracer.start_as_current_span("sender"):
                await frail.send("crash")
            await frail.send("again")
    ways = [seen.way_up(span) for span in seen.spans if "process" in span.name]
    assert ways == [["process Frail", "sender"], ["process Frail"]]


async def test_no_message_is_kept_alive(autojump_clock: MockClock) -> None:
    class Message:
        pass

    with followed():
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Worker) as worker,
        ):
            message = Message()
            gone = weakref.ref(message)
            await worker.send(message)
            del message
            await trio.sleep(2)
            await worker.send(1)
            await wait_all_tasks_blocked()
            gc.collect()
            assert gone() is None


async def test_the_block_has_live_spans(autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        with live_spans(tracer):
            worker = await start(nursery, Worker)
        stranger = await start(nursery, Worker, name="stranger")
        async with worker, stranger:
            await worker.send(1)  # whoever began in the block is followed to its end
            await stranger.send(1)
    assert said(seen.one("process Worker"), "messaging.destination.name") == "Worker"
