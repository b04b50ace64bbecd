"""Turns and asks as spans, made of events."""

from collections.abc import Iterable
from typing import final

import attrs
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Tracer, get_tracer

from ..._model.events import (
    AskAnswered,
    AskLeft,
    Event,
    MessageBegun,
    MessageEnded,
    MessageOffered,
    MessagePostponed,
)
from ..knowing import People
from .places import Places
from .words import about, tell_end, within

_KINDS = {
    "ask": SpanKind.CLIENT,
    "process": SpanKind.CONSUMER,
    "send": SpanKind.PRODUCER,
}


@attrs.define
class _Message:
    number: int
    type: str
    dst: int
    context: Context = attrs.field(factory=Context)
    """In which its turn is a span."""
    turn: Span | None = None
    worker: int | None = None  # who has begun to handle it
    asked: bool = False
    asker_left: bool = False
    offered: float = 0.0


@final
class Spans:
    """Makes spans of events: of each turn, each ask and each nursery.

    A turn is ``process <type of the agent>``. It lies in the turn whose handler has
    sent the message, or in the ask, which lies in the turn whose handler has asked. So
    a trace is all that has come of one message that nobody's turn has sent. Turns are
    linked to the span of their agent's nursery. A message that never has a turn is a
    span ``send <type of the agent>``, so that it is seen that it was lost.

    ``exeunt.outcome`` is the fate of the message, or "cancelled" with the reason in
    ``exeunt.cancel.reason``, or "postponed". What failed has an error for its status.

    Feed it every event of one recording once, in any portions; then close it. Each span
    ends when its end is fed.

    Args:
        began: when the recording began, in seconds since the epoch.
        tracer: which makes the spans; that of the global provider if not given.

    Example::

        spans = Spans(began=began)
        spans.feed(recording.events)
        spans.close()
    """

    def __init__(self, *, began: float, tracer: Tracer | None = None) -> None:
        self._tracer = get_tracer("exeunt") if tracer is None else tracer
        self._began = int(began) * 10**9 + round(began % 1 * 1e9)
        self._last = 0.0
        self._people = People()
        self._places = Places(self._tracer, self._people, self._time)
        self._messages: dict[int, _Message] = {}
        self._asks: dict[int, Span] = {}

    def feed(self, events: Iterable[Event]) -> None:
        """Make spans of *events*, which follow those that were fed before."""
        for event in events:
            self._last = event.t
            self._people.hear(event)
            self._places.hear(event)
            self._hear(event)

    def close(self) -> None:
        """End what has not ended: the run goes on, or its recording was cut off."""
        turns = [each.turn for each in self._messages.values() if each.turn is not None]
        for span in (*turns, *self._asks.values()):
            tell_end(span, "unfinished")
            span.end(self._time(self._last))
        self._places.close(self._last)
        self._messages.clear()
        self._asks.clear()

    def _hear(self, event: Event) -> None:
        match event:
            case MessageOffered():
                self._offer(event)
            case MessageBegun(message=number, agent=agent):
                self._begin(self._message(number, agent), agent, event.t)
            case MessagePostponed(message=number):
                self._end_turn(self._messages.get(number), event.t, "postponed", None)
            case MessageEnded(message=number, fate=fate, error=error):
                message = self._messages.pop(number, None)
                self._end_turn(message, event.t, fate, error)
                self._note_loss(message, event.t, fate, error)
                if fate in {"refused", "withdrawn"}:  # so there will be no answer
                    self._end_ask(number, event.t, fate, error)
            case AskAnswered(message=number, error=error):
                self._end_ask(number, event.t, "answered", error)
            case AskLeft(message=number):
                if number in self._messages:
                    self._messages[number].asker_left = True
                self._end_ask(number, event.t, "left", None)
            case _:
                pass

    def _message(self, number: int, agent: int) -> _Message:
        """Find a message; of one that was offered before the recording, little."""
        fresh = _Message(number, "unknown", agent)
        return self._messages.setdefault(number, fresh)

    def _offer(self, event: MessageOffered) -> None:
        message = _Message(event.message, event.type, event.dst, offered=event.t)
        cause = None if event.cause is None else self._messages.get(event.cause)
        if cause is not None and cause.turn is not None:
            message.context = within(cause.turn)
        if event.kind in {"ask", "stream"}:
            message.asked = True
            ask = self._asks[event.message] = self._start("ask", message, event.t)
            message.context = within(ask)
        self._messages[event.message] = message

    def _begin(self, message: _Message, agent: int, t: float) -> None:
        message.worker = agent
        message.turn = self._start("process", message, t)

    def _end_turn(
        self, message: _Message | None, t: float, end: str, error: str | None
    ) -> None:
        if message is None or message.turn is None:
            return
        reason = None
        if end == "interrupted":
            why = self._places.why_cancelled(message.worker, message.dst)
            reason = "its asker left" if message.asker_left else why
        tell_end(message.turn, end, error, reason)
        message.turn.end(self._time(t))
        message.turn = None

    def _note_loss(
        self, message: _Message | None, t: float, fate: str, error: str | None
    ) -> None:
        if message is None or message.worker is not None or message.asked:
            return  # it has a span already
        span = self._start("send", message, message.offered)
        tell_end(span, fate, error)
        span.end(self._time(t))

    def _end_ask(self, number: int, t: float, end: str, error: str | None) -> None:
        span = self._asks.pop(number, None)
        if span is not None:
            tell_end(span, end, error)
            span.end(self._time(t))

    def _start(self, operation: str, message: _Message, t: float) -> Span:
        agent = message.dst if message.worker is None else message.worker
        name, agent_type = self._people.name(agent), self._people.type(agent)
        place = self._places.span_of(agent)
        return self._tracer.start_span(
            f"{operation} {agent_type}",
            message.context,
            _KINDS[operation],
            {
                **about(operation, name or "", agent_type, message.type),
                "messaging.message.id": str(message.number),
            },
            [] if place is None else [Link(place.get_span_context())],
            self._time(t),
        )

    def _time(self, t: float) -> int:
        """Return a time of the recording in nanoseconds since the epoch."""
        return self._began + round(t * 1e9)
