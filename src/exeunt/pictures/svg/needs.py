"""What the marks of events need of the axis, to be told apart and read."""

from collections.abc import Sequence

import attrs

from ..._model import events as ev
from ..parts import Message
from ..scene import Scene
from .axis import Need
from .text import width

_APART: dict[type[ev.Event], float] = {
    ev.ScopeOpened: 6,
    ev.ScopeClosed: 7,
    ev.AgentStarted: 3,
    ev.TaskStarted: 3,
    ev.MessageBegun: 5,
    ev.MessageOffered: 6,
    ev.AgentLeft: 7,
    ev.TaskEnded: 7,
    ev.AgentFailed: 2,
    ev.AgentRestarted: 14,
    ev.ScopeCancelled: 6,
}
"""How far right of the mark before it in the same lane or box, in pixels."""
WIDEST = 140
"""No text gets more room than that."""
TOOK = " · 1.5 s"


@attrs.define
class Needs:
    """Collects them, event by event."""

    scene: Scene
    must: list[list[Need]] = attrs.field(factory=list[list[Need]])
    bars: list[list[Need]] = attrs.field(factory=list[list[Need]])
    """What lets the text of a message stand within its bar."""
    brief: list[list[Need]] = attrs.field(factory=list[list[Need]])
    """What lets the short text of a wait stand there."""
    long: list[list[Need]] = attrs.field(factory=list[list[Need]])
    """What lets its whole text stand there."""
    _places: dict[int, int] = attrs.field(factory=dict[int, int])
    _lately: dict[tuple[str, int | None], int] = attrs.field(
        factory=dict[tuple[str, int | None], int]
    )
    """The place of the newest mark in a lane or box."""
    _instant: int = 0
    """The place of the first event at the present time."""

    @classmethod
    def of(cls, scene: Scene, events: Sequence[ev.Event]) -> "Needs":
        """What these events need, which are some of the scene's."""
        needs = cls(scene)
        for place, event in enumerate(events):
            needs.must.append([])
            needs.bars.append([])
            needs.brief.append([])
            needs.long.append([])
            needs._places[event.seq] = place
            if place == 0 or event.t > events[place - 1].t:
                needs._instant = place
            needs._apart(event)
            needs._texts(event)
        return needs

    def choices(self) -> list[list[list[Need]]]:
        """The same, from what were best to what must be."""
        first = _both(self.must, self.bars)
        waits = (self.long, *(_share(self.brief, share) for share in (1, 0.8, 0.6)))
        bars = (_both(self.must, _share(self.bars, share)) for share in (1, 0.7, 0.4))
        return [*(_both(first, texts) for texts in waits), *bars, self.must]

    def _apart(self, event: ev.Event) -> None:
        """Marks in one lane or box do not lie on each other."""
        place = len(self.must) - 1
        apart = _APART.get(type(event))
        for key in self._where(event):
            before = self._lately.get(key)
            if apart and before is not None:
                self.must[-1].append(Need(before, apart))
            if apart or key not in self._lately:
                self._lately[key] = place
        if isinstance(event, ev.ScopeClosed) and place:
            self.must[-1].append(Need(place - 1, 7))  # nothing sticks out of its box

    def _where(self, event: ev.Event) -> list[tuple[str, int | None]]:
        match event:
            case ev.MessageOffered():
                return [("who", event.src), ("to", event.dst)]
            case ev.MessageBegun():
                return [("who", event.agent), ("to", event.agent)]
            case ev.ScopeOpened() | ev.ScopeClosed() | ev.ScopeCancelled():
                return [("box", None)]
            case ev.AgentStarted():
                return [("who", event.agent), ("box", None)]
            case ev.TaskStarted() | ev.TaskEnded():
                return [("who", event.task), ("box", None)]
            case ev.AgentFailed() | ev.AgentRestarted() | ev.AgentLeft():
                return [("who", event.agent)]
            case _:
                return []

    def _texts(self, event: ev.Event) -> None:
        """What has a text wants to be as long as that."""
        match event:
            case ev.MessageEnded() | ev.MessagePostponed():
                message = self.scene.messages[event.message]
                for turn in message.turns:
                    if turn.ended is event:
                        self._want(turn.begun, message.text, bar=True)
                if not message.accepted:
                    self._want(message.waits, _full(self.scene, message), "withdrawn")
            case ev.MessageAccepted():
                message = self.scene.messages[event.message]
                self._want(message.waits, _full(self.scene, message), TOOK)
            case ev.AskAnswered() | ev.AskLeft():
                message = self.scene.messages[event.message]
                waits = f"waits for {self.scene.name(message.dst)}"
                self._want(message.offered, waits, TOOK)
            case ev.AgentLeft():
                leaving = self.scene.figures[event.agent].leaving
                if leaving and leaving.t < event.t:
                    self._want(leaving, "--")
            case ev.ScopeClosed():
                for cancel in self.scene.scopes[event.scope].cancels[:1]:
                    self._want(cancel, "----")
            case _:
                pass

    def _want(
        self, since: ev.Event | None, text: str, more: str = "", *, bar: bool = False
    ) -> None:
        place = self._places.get(since.seq) if since else None
        if place is None:
            return
        # The room is made while time passes, not within the instant at the end.
        end = max(self._instant, place + 1)
        brief = Need(place, min(width(text) + 10, WIDEST))
        if bar:
            self.bars[end].append(brief)
        else:
            self.brief[end].append(brief)
            self.long[end].append(Need(place, min(width(text + more) + 10, WIDEST)))


def _share(some: Sequence[Sequence[Need]], share: float) -> list[list[Need]]:
    return [
        [need._replace(pixels=need.pixels * share) for need in needs] for needs in some
    ]


def _full(scene: Scene, message: Message) -> str:
    return f"{scene.name(message.dst)} is full"


def _both(
    some: Sequence[Sequence[Need]], more: Sequence[Sequence[Need]]
) -> list[list[Need]]:
    return [[*one, *other] for one, other in zip(some, more, strict=True)]
