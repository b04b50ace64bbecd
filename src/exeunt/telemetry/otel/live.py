"""Turns and asks as spans in the instant in which they begin and end.

The sender's context lies beside its message until the turn begins, and becomes the
context of the agent's own task until the turn ends. Nothing else could carry it: what
Python keeps of a context stays in the task.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import Token

import attrs
import trio
from opentelemetry.context import Context, attach, detach, get_current
from opentelemetry.trace import (
    Span,
    SpanKind,
    Tracer,
    get_tracer,
    set_span_in_context,
)

from ..._core.ask import Ask, message_of
from ..._core.journal import Note, kept
from ..._core.lane import NOTHING
from ..._core.life import Life
from ..._core.trio_private import precise_time
from ..._model.outcome import Fate
from .words import about, tell_end

_IN_TURN = {Fate.HANDLED, Fate.FAILED, Fate.INTERRUPTED}
_Key = tuple[Life | None, int]


@attrs.define(eq=False)
class _Luggage:
    """What travels with a message."""

    context: Context
    lined: bool


@attrs.define
class _Turn:
    span: Span
    context: Context
    token: Token[Context]
    error: str | None = None
    reason: str | None = None


@contextmanager
def live_spans(tracer: Tracer | None = None) -> Generator[None]:
    """Make the spans of turns and asks while they last.

    The sender's context, with its span and its baggage, is the one in which the turn's
    span begins; and that is the current span in the handler, so that spans of your own
    lie in it, also those of libraries that the handler calls. Names and attributes are
    those of `Spans`; nurseries have no spans, nor have messages without a turn.

    Of agents that are started in the block all is told, until they have left.

    Args:
        tracer: which makes the spans; that of the global provider if not given.

    Raises:
        RuntimeError: called outside a Trio run.

    Example::

        with live_spans():
            service = await start(nursery, Service)
    """
    with kept(LiveSpans(get_tracer("exeunt") if tracer is None else tracer)):
        yield


class LiveSpans:
    """A journal with a span for each turn and each ask that goes on.

    Args:
        tracer: which makes the spans.
    """

    def __init__(self, tracer: Tracer) -> None:
        self.now: Callable[[], float] = precise_time()
        self._tracer = tracer
        self._luggage: dict[_Key, list[_Luggage]] = {}
        self._turns: dict[Life, _Turn] = {}
        self._asks: dict[Ask, Span] = {}
        self._dropped: _Key | None = None  # before it is said to be accepted
        self._hears: dict[str, Callable[..., None]] = {
            "accepted": self._accepted,
            "lined": self._lined,
            "admitted": self._admitted,
            "refused": self._refused,
            "begun": self._begun,
            "rests": self._handled,
            "postponed": self._postponed,
            "ended": self._ended,
            "failed": self._failed,
            "struck": self._struck,
            "leaves": self._leaves,
            "answered": self._answered,
            "left": self._left,
        }

    def add(self, note: Note) -> None:
        """Take a note."""
        kind, _, life, *about = note
        hear = self._hears.get(kind)
        if hear is not None:
            hear(life, *about)

    def look(self, task: trio.lowlevel.Task) -> None:
        """Nurseries have no spans here."""

    def opened(self, nursery: trio.Nursery) -> None:
        """Nurseries have no spans here."""

    def hurried(self, nursery: trio.Nursery, reason: str | None) -> None:
        """Nurseries have no spans here."""

    # The way of a message to its turn.

    def _accepted(self, life: Life, item: object, *_: object) -> None:
        if self._dropped == _key(life, item):
            self._dropped = None
        else:
            self._send(life, item, lined=False)

    def _lined(self, life: Life, item: object, *_: object) -> None:
        self._send(life, item, lined=True)

    def _admitted(self, life: Life, item: object) -> None:
        for luggage in self._luggage.get(_key(life, item), ()):
            if luggage.lined:
                luggage.lined = False
                break

    def _refused(self, life: Life, item: object, *_: object) -> None:
        self._take(life, item, lined=True)

    def _send(self, life: Life, item: object, *, lined: bool) -> None:
        context = get_current()
        if isinstance(item, Ask):
            span = self._start("ask", SpanKind.CLIENT, life, item, context)
            self._asks[item] = span
            context = set_span_in_context(span, context)
        luggage = _Luggage(context, lined)
        self._luggage.setdefault(_key(life, item), []).append(luggage)

    def _take(self, life: Life, item: object, *, lined: bool) -> _Luggage | None:
        """Take away what travels with a message: of the same one, with the first."""
        key = _key(life, item)
        pieces = self._luggage.get(key, [])
        found = next((piece for piece in pieces if piece.lined is lined), None)
        if found is not None:
            pieces.remove(found)
            if not pieces:
                del self._luggage[key]
        return found

    # The turn.

    def _begun(self, life: Life, item: object) -> None:
        self._handled(life)
        luggage = self._take(life, item, lined=False)
        context = Context() if luggage is None else luggage.context
        span = self._start("process", SpanKind.CONSUMER, life, item, context)
        token = attach(set_span_in_context(span, context))
        self._turns[life] = _Turn(span, context, token)

    def _handled(self, life: Life) -> None:
        self._end_turn(life, Fate.HANDLED)

    def _leaves(self, life: Life) -> None:
        if life.turn is NOTHING:  # and not what was being handled
            self._handled(life)

    def _postponed(self, life: Life, item: object) -> None:
        turn = self._end_turn(life, "postponed")
        if turn is not None:
            luggage = _Luggage(turn.context, lined=False)
            self._luggage.setdefault(_key(life, item), []).append(luggage)

    def _ended(self, life: Life, item: object, fate: Fate) -> None:
        if fate in _IN_TURN:
            if life in self._turns and _lost_asker(item):
                self._turns[life].reason = "its asker left"
            self._end_turn(life, fate)
            return
        luggage = self._take(life, item, lined=False)
        if luggage is None and fate is Fate.DROPPED:
            self._dropped = _key(life, item)

    def _failed(self, life: Life, error: str, _: str) -> None:
        self._leaves(life)
        if life in self._turns:
            self._turns[life].error = error

    def _struck(self, life: Life, why: str | None) -> None:
        self._leaves(life)
        if life in self._turns:
            self._turns[life].reason = why

    def _end_turn(self, life: Life, end: str) -> _Turn | None:
        turn = self._turns.pop(life, None)
        if turn is not None:
            detach(turn.token)
            why = turn.reason or life.cancel_reason
            reason = why if end == Fate.INTERRUPTED else None
            tell_end(turn.span, end, turn.error, reason)
            turn.span.end()
        return turn

    # The asker.

    def _answered(self, _: Life, ask: Ask, error: str | None) -> None:
        self._end_ask(ask, "answered", error)

    def _left(self, _: Life, ask: Ask) -> None:
        self._end_ask(ask, "left", None)

    def _end_ask(self, ask: Ask, end: str, error: str | None) -> None:
        span = self._asks.pop(ask, None)
        if span is not None:
            tell_end(span, end, error)
            span.end()

    def _start(
        self, operation: str, kind: SpanKind, life: Life, item: object, context: Context
    ) -> Span:
        message = type(message_of(item)).__name__
        said = about(operation, life.name, life.type, message)
        return self._tracer.start_span(f"{operation} {life.type}", context, kind, said)


def _key(life: Life, item: object) -> _Key:
    # An ask may go from a pool to its worker, and no other is the same object.
    return (None if isinstance(item, Ask) else life.pool or life), id(item)


def _lost_asker(item: object) -> bool:
    turn = item.turn if isinstance(item, Ask) else None
    return turn is not None and turn.cancel_called
