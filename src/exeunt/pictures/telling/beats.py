"""The beats of a story: what belongs together is one of them.

A beat has a thing in its middle ("Task(2)", "engineer A"), so that beats which differ
in nothing else can be told in one breath.
"""

from bisect import bisect
from collections import defaultdict

import attrs

from ..._model import events as ev
from ..parts import Message, Wait
from ..scene import Scene

_AT_ONCE = 1e-3
"""Seconds: on a real clock, what follows of itself comes a little later."""


@attrs.frozen(kw_only=True)
class Beat:
    """One line of a story."""

    t: float
    before: str = ""
    thing: str = ""
    after: str = ""
    several: str = ""
    """Put in the place of *after* when there are several things."""
    like: tuple[object, ...] = ()
    """Equal for what is more of the same."""
    trouble: bool = False
    """To be told however long the story is."""


class Context:
    """What a teller has to know beyond the event that it tells."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._said: set[int] = set()
        self._causes = {message.cause for message in scene.messages.values()}
        self.begun_after: dict[int, ev.MessageBegun] = _begun_after(scene)
        self.failed_with: dict[int, ev.AgentFailed]
        self.failures: dict[int, Message]
        self.failed_with, self.failures = _failed_with(scene)
        self._sent_to: dict[int | None, list[Message]] = defaultdict(list)
        self.waits: dict[int, Wait] = {wait.begun.seq: wait for wait in scene.waits}
        ended = {wait.ended.seq: wait for wait in scene.waits if wait.ended}
        self.waits.update(ended)
        for message in scene.messages.values():
            self._sent_to[message.dst].append(message)

    def say(self, *events: ev.Event | None) -> None:
        """Remember that these have been told."""
        self._said.update(event.seq for event in events if event)

    def is_said(self, event: ev.Event) -> bool:
        """Whether somebody has told it together with another one."""
        return event.seq in self._said

    def at_once(self, event: ev.Event | None, other: ev.Event | None) -> bool:
        """Whether both have happened, at the same time as far as people care."""
        return event is not None and other is not None and near(event, other)

    def is_quiet(self, message: Message) -> bool:
        """Whether it was handled in no time, and nobody was sent anything meanwhile."""
        quiet = message.fate == "handled" and message.number not in self._causes
        return (
            quiet
            and len(message.turns) == 1
            and self.at_once(message.turns[0].begun, message.ended)
        )

    def left_to_handle(self, agent: int, event: ev.Event) -> int:
        """How many messages an agent has, at an event."""
        return sum(
            message.accepted is not None
            and message.accepted.seq < event.seq
            and (message.ended is None or message.ended.seq > event.seq)
            for message in self._sent_to[agent]
        )


def seq_of(event: ev.Event) -> int:
    """Its place in the order of events."""
    return event.seq


def near(event: ev.Event, other: ev.Event) -> bool:
    """Whether two events happened at the same time, as far as people care."""
    return abs(event.t - other.t) < _AT_ONCE


def _begun_after(scene: Scene) -> dict[int, ev.MessageBegun]:
    """The turn that an agent begins as soon as it is free, by the seq of that."""
    found: dict[int, ev.MessageBegun] = {}
    ended: dict[int, ev.Event] = {}
    for event in scene.events:
        match event:
            case ev.MessageEnded(fate="handled") | ev.MessagePostponed():
                turns = scene.messages[event.message].turns
                if turns and turns[-1].ended is event:
                    ended[turns[-1].agent] = event
            case ev.AgentRestarted():
                ended[event.agent] = event
            case ev.MessageBegun():
                last = ended.pop(event.agent, None)
                if last is not None and near(last, event):
                    found[last.seq] = event
            case _:
                pass
    return found


def _failed_with(
    scene: Scene,
) -> tuple[dict[int, ev.AgentFailed], dict[int, Message]]:
    """The failure that a message met, by its number; and the other way round."""
    failures: dict[int, ev.AgentFailed] = {}
    messages: dict[int, Message] = {}
    for message in scene.messages.values():
        ended = message.ended
        if ended is None or ended.fate != "failed" or not message.turns:
            continue
        possible = scene.figures[message.turns[-1].agent].failures
        at = bisect(possible, ended.seq, key=seq_of)
        for failure in possible[max(at - 1, 0) : at + 1]:
            if near(failure, ended) and failure.seq not in messages:
                failures[message.number], messages[failure.seq] = failure, message
                break
    return failures, messages
