"""Whatever agents do to each other, what is told of it adds up and is complete."""

from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Any, Literal

import attrs
import trio
from exported import Exported, said
from hypothesis import given, strategies as st
from opentelemetry.trace import SpanKind
from prometheus_client.parser import text_string_to_metric_families

from exeunt import Agent, Handle, Outcome, Pool, Request, open_supervisor
from exeunt._core.journal import kept
from exeunt.exceptions import AgentClosed, AgentCrashed, MailboxFull, MessageDropped
from exeunt.telemetry.otel import Spans
from exeunt.telemetry.otel.live import LiveSpans
from exeunt.telemetry.prometheus import Metrics
from exeunt.testing import Schedule
from exeunt.tracing import Recorder, Recording

What = Literal["idle", "sleep", "send", "ask", "linked", "crash", "postpone", "become"]


class Do(Request[None]):
    """Something for an agent to do, perhaps with another one."""

    def __init__(self, what: What, whom: int) -> None:
        self.what: What = what
        self.whom = whom

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.what!r}, {self.whom})"


class DoLinked(Do, linked=True):
    pass


@attrs.define
class Actor(Agent[Do]):
    everybody: list[Handle[Do]]

    async def handle(self, message: Do) -> None:
        other = self.everybody[message.whom % len(self.everybody)]
        match message.what:
            case "idle":
                pass
            case "crash":
                raise ValueError
            case "postpone":
                self.context.postpone(message)
            case "become":
                self.context.become(self.calm)
            case what:
                await act(other, what, Do("sleep", 0))

    async def calm(self, message: Do) -> None:
        await trio.sleep(1)


async def act(other: Handle[Do], what: What, message: Do) -> None:
    match what:
        case "send":
            await other.send(message)
        case "ask":
            await other.ask(message)
        case "linked":
            with trio.move_on_after(0.5):
                await other.ask(DoLinked(message.what, message.whom))
        case _:
            await trio.sleep(1)


@attrs.frozen
class Step:
    whom: int
    how: Literal["send", "ask", "linked", "cancel", "stop", "sleep"]
    message: Do
    patience: float


whats: st.SearchStrategy[What] = st.sampled_from(
    ("idle", "sleep", "send", "ask", "linked", "crash", "postpone", "become")
)
numbers = st.integers(0, 2)
steps = st.builds(
    Step,
    whom=numbers,
    how=st.sampled_from(
        ("send", "ask", "linked", "send", "ask", "sleep", "cancel", "stop")
    ),
    message=st.builds(Do, whats, numbers),
    patience=st.sampled_from((0.2, 2, 10)),
)
overflows = st.sampled_from(("wait", "wait", "refuse", "drop_newest", "drop_oldest"))


@attrs.frozen
class Run:
    recording: Recording
    outcomes: list[Outcome]
    live: LiveSpans
    seen: Exported


async def play(
    overflow: Any, capacity: int, clients: list[list[Step]], pooled: bool
) -> Run:
    seen = Exported()
    live = LiveSpans(seen.tracer)
    everybody: list[Handle[Do]] = []
    with Recorder() as recorder, kept(live), suppress(BaseExceptionGroup):
        async with open_supervisor(max_restarts=2) as supervisor:
            for number in range(3):
                actor = partial(Actor, everybody)
                everybody.append(
                    await supervisor.start(
                        Pool(2, actor) if pooled and not number else actor,
                        name=f"actor {number}",
                        capacity=capacity,
                        overflow=overflow,
                        restart="transient",
                    )
                )
            async with trio.open_nursery() as nursery:
                for client in clients:
                    nursery.start_soon(be_client, everybody, client)
            await trio.sleep(20)
            for handle in everybody:
                handle.cancel()
    outcomes = [handle.outcome for handle in everybody if handle.outcome is not None]
    assert len(outcomes) == len(everybody)
    return Run(recorder.recording(), outcomes, live, seen)


async def be_client(everybody: list[Handle[Do]], client: list[Step]) -> None:
    for step in client:
        other = everybody[step.whom]
        with (
            suppress(AgentClosed, AgentCrashed, MailboxFull, MessageDropped),
            trio.move_on_after(step.patience),
        ):
            if step.how == "cancel":
                other.cancel("enough")
            elif step.how == "stop":
                other.stop()
            else:
                await act(other, step.how, step.message)


runs = {
    "overflow": overflows,
    "capacity": st.integers(1, 3),
    "clients": st.lists(st.lists(steps, max_size=6), max_size=3),
    "pooled": st.booleans(),
    "seed": st.integers(0, 10),
}


def run(seed: int, **program: Any) -> Run:
    played: Run = Schedule(seed=seed).run(lambda: play(**program))
    return played


@given(**runs)
def test_the_metrics_are_the_ledgers(**program: Any) -> None:
    played = run(**program)
    metrics = Metrics()
    metrics.feed(played.recording.events)
    counted: Counter[str] = Counter()
    rest: Counter[str] = Counter()
    for family in text_string_to_metric_families(metrics.text()):
        for sample in family.samples:
            if sample.name == "exeunt_messages_total":
                counted[sample.labels["fate"]] += int(sample.value)
            elif family.type == "gauge":
                rest[sample.name] += int(sample.value)
    for fate in (
        "handled",
        "failed",
        "interrupted",
        "abandoned",
        "dropped",
        "undelivered",
    ):
        assert counted[fate] == sum(
            getattr(outcome.ledger, fate) for outcome in played.outcomes
        ), fate
    assert not any(rest.values())


@given(**runs)
def test_live_spans_end_and_leave_nothing(**program: Any) -> None:
    played = run(**program)
    live = played.live
    assert [live._luggage, live._turns, live._asks, live._dropped] == [{}, {}, {}, None]
    assert len(played.seen.spans) == played.seen.begun
    for span in played.seen.spans:
        played.seen.parent(span)  # raises if it was never exported


@given(**runs)
def test_live_spans_and_spans_made_afterwards_tell_the_same(**program: Any) -> None:
    played = run(**program)
    afterwards = Exported()
    spans = Spans(began=0, tracer=afterwards.tracer)
    spans.feed(played.recording.events)
    assert [spans._messages, spans._asks] == [{}, {}]
    spans.close()

    def told(exported: Exported) -> Counter[object]:
        return Counter(
            (
                span.name,
                said(span, "messaging.destination.name"),
                said(span, "exeunt.outcome"),
                said(span, "error.type"),
                tuple(
                    name
                    for name in exported.way_up(span)
                    if name.startswith(("ask", "process"))
                ),
            )
            for span in exported.spans
            if span.kind is SpanKind.CONSUMER
        )

    assert told(afterwards) == told(played.seen)
