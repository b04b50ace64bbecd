"""Spans made of events end, nest, and say what has become of each message."""

from typing import Any

import pytest
from exported import Exported, said
from histories import cut_histories, histories
from hypothesis import given
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from exeunt._model import events as ev
from exeunt.telemetry.otel import Spans

BEGAN = 1_700_000_000.25


def spans_of(*portions: list[ev.Event], close: bool = True) -> Exported:
    exported = Exported()
    spans = Spans(began=BEGAN, tracer=exported.tracer)
    for portion in portions:
        spans.feed(portion)
    if close:
        spans.close()
    return exported


def in_words(span: ReadableSpan) -> tuple[object, ...]:
    return (
        span.name,
        span.kind,
        span.start_time,
        span.end_time,
        sorted((span.attributes or {}).items()),
        span.status.status_code,
        len(span.links),
    )


def number_of(span: ReadableSpan) -> int:
    return int(str(said(span, "messaging.message.id")))


@given(cut_histories())
def test_every_span_ends_and_has_its_parent(
    run: tuple[list[ev.Event], list[list[ev.Event]]],
) -> None:
    exported = spans_of(run[0])
    assert len(exported.spans) == exported.begun
    for span in exported.spans:
        parent = exported.parent(span)  # raises if it was never exported
        assert span.end_time is not None
        assert span.start_time is not None
        assert span.start_time <= span.end_time
        if parent is not None:
            assert parent.start_time is not None
            assert parent.start_time <= span.start_time


@given(histories())
def test_a_whole_run_needs_no_closing_but_of_the_run(events: list[ev.Event]) -> None:
    exported = spans_of(events, close=False)
    assert exported.begun - len(exported.spans) == 1


@given(cut_histories())
def test_portions_make_no_difference(
    run: tuple[list[ev.Event], list[list[ev.Event]]],
) -> None:
    events, portions = run
    whole, cut = spans_of(events), spans_of(*portions)
    assert [*map(in_words, whole.spans)] == [*map(in_words, cut.spans)]
    assert [whole.way_up(span) for span in whole.spans] == [
        cut.way_up(span) for span in cut.spans
    ]


@given(histories())
def test_turns_lie_in_the_turns_that_caused_them(events: list[ev.Event]) -> None:
    exported = spans_of(events)
    offered = {e.message: e for e in events if isinstance(e, ev.MessageOffered)}
    for span in exported.spans:
        if said(span, "messaging.message.id") is None:
            continue
        about = offered[number_of(span)]
        parent = exported.parent(span)
        if span.kind is SpanKind.CONSUMER and about.kind == "ask":
            assert parent is not None
            assert parent.kind is SpanKind.CLIENT
            assert number_of(parent) == about.message
        elif about.cause is None:
            assert parent is None
        else:
            assert parent is not None
            assert parent.kind is SpanKind.CONSUMER
            assert number_of(parent) == about.cause


@given(histories())
def test_each_message_is_seen_with_its_fate(events: list[ev.Event]) -> None:
    exported = spans_of(events)
    asked = {
        e.message
        for e in events
        if isinstance(e, ev.MessageOffered) and e.kind == "ask"
    }
    begun = {e.message for e in events if isinstance(e, ev.MessageBegun)}
    for event in events:
        if not isinstance(event, ev.MessageEnded):
            continue
        turns = [
            span
            for span in exported.spans
            if said(span, "messaging.message.id") == str(event.message)
            and span.kind is not SpanKind.CLIENT
            and said(span, "exeunt.outcome") != "postponed"
        ]
        fates = [said(span, "exeunt.outcome") for span in turns]
        fate = "cancelled" if event.fate == "interrupted" else event.fate
        told_by_ask = event.message in asked and event.message not in begun
        postponed = event.message in begun and event.fate in {"dropped", "undelivered"}
        assert fates == ([] if told_by_ask or postponed else [fate])


class Scene:
    """A nursery with an agent, whose events a test goes on with."""

    def __init__(self) -> None:
        self.events: list[ev.Event] = []
        self.t = 0.0
        for number, name in enumerate(("all", "crew")):
            self.add(
                ev.ScopeOpened,
                scope=number,
                parent=number - 1 if number else None,
                owner=None,
                name=name,
                kind="nursery",
                deadline=None,
            )
        self.add(
            ev.AgentStarted,
            agent=1,
            scope=1,
            name="Ann",
            type="Cook",
            capacity=1,
            by=None,
        )

    def add(self, event: type[ev.Event], /, **fields: Any) -> None:
        made: Any = event
        self.t += 1
        self.events.append(made(seq=len(self.events), t=self.t, **fields))

    def send(self, kind: str = "send") -> None:
        self.add(
            ev.MessageOffered,
            message=7,
            src=None,
            dst=1,
            type="Order",
            text="Order('secret')",
            kind=kind,
            cause=None,
        )
        self.add(ev.MessageAccepted, message=7)

    def begin(self) -> None:
        self.send()
        self.add(ev.MessageBegun, message=7, agent=1)

    def end(self, fate: str, error: str | None = None) -> None:
        self.add(ev.MessageEnded, message=7, fate=fate, error=error)


def test_a_span_says_what_it_is_about_but_not_what_was_said() -> None:
    scene = Scene()
    scene.begin()
    scene.end("handled")
    span = spans_of(scene.events).one("process Cook")
    assert dict(span.attributes or {}) == {
        "messaging.system": "exeunt",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "Ann",
        "messaging.message.id": "7",
        "exeunt.agent.type": "Cook",
        "exeunt.message.type": "Order",
        "exeunt.outcome": "handled",
    }
    assert span.start_time == 1_700_000_006_250_000_000
    assert span.end_time == 1_700_000_007_250_000_000
    assert span.status.status_code is StatusCode.UNSET


def test_a_turn_is_linked_to_its_nursery() -> None:
    scene = Scene()
    scene.begin()
    scene.end("handled")
    exported = spans_of(scene.events)
    (link,) = exported.one("process Cook").links
    assert link.context == exported.one("crew").context


def test_a_failed_turn_is_an_error() -> None:
    scene = Scene()
    scene.begin()
    scene.add(ev.AgentFailed, agent=1, error="ValueError: no", doing="handling")
    scene.end("failed", "ValueError: no")
    exported = spans_of(scene.events)
    span = exported.one("process Cook")
    assert span.status.status_code is StatusCode.ERROR
    assert span.status.description == "ValueError: no"
    assert said(span, "error.type") == "ValueError"
    assert [event.name for event in exported.one("crew").events] == ["agent failed"]


def test_a_cancelled_turn_says_why() -> None:
    scene = Scene()
    scene.begin()
    scene.add(ev.AgentStopping, agent=1, how="cancel", reason="too late")
    scene.end("interrupted")
    span = spans_of(scene.events).one("process Cook")
    assert said(span, "exeunt.outcome") == "cancelled"
    assert said(span, "exeunt.cancel.reason") == "too late"
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(("scope", "name"), [(1, "crew"), (0, "all")])
def test_so_does_one_whose_nursery_was_cancelled(scope: int, name: str) -> None:
    scene = Scene()
    scene.begin()
    scene.add(ev.ScopeCancelled, scope=scope, source="deadline", reason=None, by=None)
    scene.end("interrupted")
    exported = spans_of(scene.events)
    for each in ("process Cook", name):
        assert said(exported.one(each), "exeunt.cancel.reason") == "deadline"


def test_a_linked_turn_is_cancelled_with_its_asker() -> None:
    scene = Scene()
    scene.send("ask")
    scene.add(ev.MessageBegun, message=7, agent=1)
    scene.add(ev.AskLeft, message=7)
    scene.end("interrupted")
    exported = spans_of(scene.events)
    turn = exported.one("process Cook")
    assert said(turn, "exeunt.cancel.reason") == "its asker left"
    assert said(exported.one("ask Cook"), "exeunt.outcome") == "left"


def test_a_lost_message_is_an_error_of_its_own() -> None:
    scene = Scene()
    scene.send()
    scene.end("undelivered")
    span = spans_of(scene.events).one("send Cook")
    assert span.kind is SpanKind.PRODUCER
    assert span.status.status_code is StatusCode.ERROR
    assert said(span, "exeunt.outcome") == "undelivered"
    assert span.end_time is not None
    assert span.start_time is not None
    assert span.end_time - span.start_time == 2_000_000_000


def test_a_refused_ask_is_its_askers_error() -> None:
    scene = Scene()
    scene.send("ask")
    scene.end("undelivered")
    scene.add(ev.AskAnswered, message=7, error="AgentClosed: too late")
    exported = spans_of(scene.events)
    span = exported.one("ask Cook")
    assert span.status.description == "AgentClosed: too late"
    assert {each.name for each in exported.spans} == {"ask Cook", "crew", "all"}


def test_what_is_cut_off_says_so() -> None:
    scene = Scene()
    scene.begin()
    span = spans_of(scene.events).one("process Cook")
    assert said(span, "exeunt.outcome") == "unfinished"
