"""A run in Prometheus's text format, without any package.

Every label is a type of agents or messages, a state, a fate or a kind: what a program
has few of, however long it runs. Names, numbers and errors are no labels, since each
new value of a label is a new series that Prometheus keeps.
"""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Literal, final

import attrs

from .._model.events import (
    AgentFailed,
    AgentLeaving,
    AgentLeft,
    AgentReady,
    AgentRestarted,
    AgentStarted,
    AgentStopping,
    Event,
    MessageAccepted,
    MessageBegun,
    MessageEnded,
    MessageOffered,
    MessagePostponed,
    MessageWaits,
)
from .exposition import Counter, Histogram, Labels, gauge
from .knowing import People

__all__ = ["Metrics"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)

_State = Literal["starting", "running", "failed", "draining", "closing"]
# Those that are later stay; those that are equal come and go.
_STATES: dict[_State, int] = {
    "starting": 0,
    "running": 0,
    "failed": 0,
    "draining": 1,
    "closing": 2,
}

_Place = Literal["sender", "line", "mailbox", "turn"]
_PLACES: tuple[_Place, ...] = ("line", "mailbox", "turn")


@attrs.define
class _Message:
    agent: str
    type: str
    place: _Place = "sender"
    since: float = 0.0
    worker: str = "unknown"

    def go(self, place: _Place, now: float) -> None:
        self.place, self.since = place, now


@final
class Metrics:
    """Counts, gauges and histograms of a run, as Prometheus reads them.

    Feed it every event once, in any portions. What it holds grows with the types of
    agents and messages and with what goes on at the time, not with what is over.

    ==================================  ===================================
    exeunt_messages_offered_total       agent, message, kind
    exeunt_messages_total               agent, message, fate
    exeunt_messages                     agent, place: line, mailbox or turn
    exeunt_waiting_seconds              agent, message
    exeunt_handling_seconds             agent, message
    exeunt_agents                       agent, state
    exeunt_failures_total               agent
    exeunt_restarts_total               agent
    ==================================  ===================================

    Args:
        buckets: the upper bounds of the buckets of both histograms, in seconds, each
            greater than the one before.

    Raises:
        ValueError: the buckets are not finite or not in order.

    Example::

        metrics = Metrics()
        metrics.feed(recording.events)
        print(metrics.text())
    """

    def __init__(self, *, buckets: Sequence[float] = _SECONDS) -> None:
        if [*buckets] != sorted({*buckets}) or not all(map(isfinite, buckets)):
            raise ValueError(
                "the upper bounds of buckets are finite and rise, unlike "
                f"{tuple(buckets)!r}; one without bound is always added"
            )
        self._people = People()
        self._states: dict[int, _State] = {}
        self._messages: dict[int, _Message] = {}
        self._types: dict[str, None] = {}
        both = ("agent", "message")
        self._offered = Counter(
            "exeunt_messages_offered_total",
            "Messages that somebody had for an agent.",
            *both,
            "kind",
        )
        self._ended = Counter(
            "exeunt_messages_total", "Messages that have met their fate.", *both, "fate"
        )
        self._failures = Counter(
            "exeunt_failures_total", "Exceptions that came out of agents.", "agent"
        )
        self._restarts = Counter(
            "exeunt_restarts_total", "Agents that were started again.", "agent"
        )
        self._waiting = Histogram(
            "exeunt_waiting_seconds", "From the mailbox to the turn.", both, buckets
        )
        self._handling = Histogram(
            "exeunt_handling_seconds", "From a turn's begin to its end.", both, buckets
        )

    def feed(self, events: Iterable[Event]) -> None:
        """Count *events*, which follow those that were fed before."""
        for event in events:
            self._people.hear(event)
            self._hear_of_agents(event)
            self._hear_of_messages(event)

    def text(self) -> str:
        """Return all that was counted.

        Serve it as ``text/plain; version=0.0.4``.
        """
        families = (
            self._offered.lines(),
            self._ended.lines(),
            gauge(
                "exeunt_messages",
                "Messages that wait for room, wait in a mailbox, or are handled.",
                ("agent", "place"),
                self._by_place(),
            ),
            self._waiting.lines(),
            self._handling.lines(),
            gauge(
                "exeunt_agents",
                "Agents that have not left.",
                ("agent", "state"),
                self._by_state(),
            ),
            self._failures.lines(),
            self._restarts.lines(),
        )
        return "".join(f"{line}\n" for family in families for line in family)

    def _hear_of_agents(self, event: Event) -> None:
        match event:
            case AgentStarted(agent=agent):
                self._types[self._people.type(agent)] = None
                self._states[agent] = "starting"
            case AgentReady(agent=agent):
                self._move(agent, "running")
            case AgentFailed(agent=agent):
                self._failures.add(self._people.type(agent))
                self._move(agent, "failed")
            case AgentRestarted(agent=agent):
                self._restarts.add(self._people.type(agent))
                self._move(agent, "starting")
            case AgentStopping(agent=agent, how="stop"):
                self._move(agent, "draining")
            case AgentStopping(agent=agent) | AgentLeaving(agent=agent):
                self._move(agent, "closing")
            case AgentLeft(agent=agent):
                self._states.pop(agent, None)
            case _:
                pass

    def _move(self, agent: int, state: _State) -> None:
        # Whoever leaves may still become ready, or fail; it leaves all the same. And
        # whoever has left may be told to leave.
        now = self._states.get(agent)
        if now is not None and _STATES[state] >= _STATES[now]:
            self._states[agent] = state

    def _hear_of_messages(self, event: Event) -> None:
        match event:
            case MessageOffered(message=number, dst=dst, type=kind):
                message = _Message(self._people.type(dst), kind)
                self._types[message.agent] = None
                self._messages[number] = message
                self._offered.add(message.agent, kind, event.kind)
            case MessageWaits(message=number):
                self._message(number).go("line", event.t)
            case MessageAccepted(message=number):
                self._message(number).go("mailbox", event.t)
            case MessageBegun(message=number, agent=agent):
                self._begin(self._message(number), self._people.type(agent), event.t)
            case MessagePostponed(message=number):
                message = self._message(number)
                self._end_turn(message, event.t)
                message.go("mailbox", event.t)
            case MessageEnded(message=number, fate=fate):
                message = self._message(number)
                self._messages.pop(number, None)
                self._ended.add(message.agent, message.type, fate)
                self._end_turn(message, event.t)
            case _:
                pass

    def _message(self, number: int) -> _Message:
        """Find a message; one whose offer was not seen is of no known type."""
        return self._messages.get(number) or _Message("unknown", "unknown")

    def _begin(self, message: _Message, worker: str, now: float) -> None:
        if message.place == "mailbox":
            self._waiting.observe(now - message.since, message.agent, message.type)
        message.go("turn", now)
        message.worker = worker

    def _end_turn(self, message: _Message, now: float) -> None:
        if message.place == "turn":
            self._handling.observe(now - message.since, message.worker, message.type)

    def _by_place(self) -> dict[Labels, int]:
        found: dict[Labels, int] = {
            (kind, place): 0 for kind in self._types for place in _PLACES
        }
        for message in self._messages.values():
            if message.place in _PLACES:
                found[message.agent, message.place] += 1
        return found

    def _by_state(self) -> dict[Labels, int]:
        found: dict[Labels, int] = {
            (kind, state): 0 for kind in self._types for state in _STATES
        }
        for agent, state in self._states.items():
            found[self._people.type(agent), state] += 1
        return found
