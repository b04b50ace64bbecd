"""Nurseries as spans, and why what was in them was cancelled."""

from collections.abc import Callable

import attrs
from opentelemetry.context import Context
from opentelemetry.trace import Span, Tracer

from ..._model.events import (
    AgentFailed,
    AgentLeft,
    AgentRestarted,
    AgentStopping,
    Event,
    ScopeCancelled,
    ScopeClosed,
    ScopeOpened,
)
from ..knowing import People
from .words import tell_end, within


@attrs.define
class _Place:
    span: Span
    parent: int | None
    why: str | None = None


class Places:
    """A span for each nursery, in that of the nursery around it.

    Args:
        tracer: which makes the spans.
        people: who is where.
        time: says when the time of an event was, in nanoseconds since the epoch.
    """

    def __init__(
        self, tracer: Tracer, people: People, time: Callable[[float], int]
    ) -> None:
        self._tracer, self._people, self._time = tracer, people, time
        self._places: dict[int, _Place] = {}
        self._why: dict[int, str | None] = {}  # of agents that were cancelled

    def hear(self, event: Event) -> None:
        """Take note of what opens, closes, and is cancelled, and of whom it holds."""
        match event:
            case ScopeOpened():
                self._open(event)
            case ScopeCancelled(scope=number) if number in self._places:
                place = self._places[number]
                place.why = event.reason or event.source or None
                tell_end(place.span, "cancelled", reason=place.why)
            case ScopeClosed(scope=number) if number in self._places:
                self._places.pop(number).span.end(self._time(event.t))
            case AgentFailed(agent=agent, error=error):
                self._remark(event, agent, "agent failed", error)
            case AgentRestarted(agent=agent):
                self._remark(event, agent, "agent restarted", None)
            case AgentStopping(agent=agent, how="cancel", reason=reason) if (
                agent in self._people  # and has not left before
            ):
                self._why[agent] = reason
            case AgentLeft(agent=agent):
                self._why.pop(agent, None)
            case _:
                pass

    def span_of(self, agent: int | None) -> Span | None:
        """Return the span of the nursery in which an agent is, if it is known."""
        place = self._place_of(agent)
        return None if place is None else place.span

    def why_cancelled(self, *agents: int | None) -> str | None:
        """Return why the first of *agents*, or what is around them, was cancelled."""
        for agent in agents:
            if agent is not None and self._why.get(agent):
                return self._why[agent]
        for agent in agents:
            place = self._place_of(agent)
            while place is not None and place.why is None:
                place = self._find(place.parent)
            if place is not None:
                return place.why
        return None

    def close(self, t: float) -> None:
        """End what is open; the run is as long as it was seen."""
        for place in reversed(self._places.values()):
            if place.parent is not None:
                tell_end(place.span, "unfinished")
            place.span.end(self._time(t))
        self._places.clear()

    def _open(self, event: ScopeOpened) -> None:
        outer = self._find(event.parent)
        said = {"exeunt.scope.kind": str(event.kind)}
        owner = self._people.name(event.owner)
        if owner is not None:
            said["exeunt.scope.owner"] = owner
        span = self._tracer.start_span(
            event.name,
            Context() if outer is None else within(outer.span),
            attributes=said,
            start_time=self._time(event.t),
        )
        self._places[event.scope] = _Place(span, event.parent)

    def _remark(self, event: Event, agent: int, what: str, error: str | None) -> None:
        # It may have failed in no turn, so that no other span would tell.
        span = self.span_of(agent)
        if span is not None:
            said = {"exeunt.agent.type": self._people.type(agent)}
            if error is not None:
                said["exception.message"] = error
            span.add_event(what, said, self._time(event.t))

    def _place_of(self, agent: int | None) -> _Place | None:
        somebody = self._people.get(agent)
        return None if somebody is None else self._find(somebody.scope)

    def _find(self, scope: int | None) -> _Place | None:
        return None if scope is None else self._places.get(scope)
