"""What is said when all laws hold, and when one does not."""

from typing import final

import attrs

from ..._model.words import shown
from ..schedules.schedule import Schedule
from .play import Entry, Play
from .scene import Scene

_STORY = {
    "offered": "sender {sender} {way} {message}",
    "accepted": "{message} was accepted",
    "answered": "{message} was answered with {detail}",
    "declined": "{message} was refused by the agent: {detail}",
    "lost": "who asked {message} got {detail}",
    "refused": "{message} was refused: {detail}",
    "surprised": "{message} brought {detail}",
    "left": "the sender of {message} lost patience",
    "begun": "its turn with {detail} begins",
    "ended": "that turn has ended: {detail}",
    "stop": "stop()",
    "cancel": "cancel()",
    "outer_cancel": "the nursery around it is cancelled",
    "impatience": "aclose() is cancelled, and so is the agent",
    "stuck": "nobody waits any longer",
    "curtain": "everybody has spoken: stop()",
    "still there": "it is still there",
    "never left": "it is still there",
    "entering": "it enters its lifespan",
    "entered": "it has entered its lifespan",
    "leaving": "it leaves its lifespan",
    "gone": "it has left its lifespan",
    "taken": "{detail} comes out",
    "drained": "who receives is told that there is no more",
    "closed": "it has left",
}
_WAYS = {
    "send": "sends",
    "send_nowait": "sends at once",
    "ask": "asks",
    "stream": "wants",
}


def story(play: Play) -> str:
    """Tell a play, an event a line."""
    return "\n".join(
        f"  {entry.at:>5g} s  {_told(play, entry)}" for entry in play.entries
    )


def _told(play: Play, entry: Entry) -> str:
    text = _STORY.get(entry.what, entry.what)
    if entry.number is None:
        return text.format(detail=_short(entry.detail))
    line = play.scene.lines[entry.number]
    return text.format(
        sender=line.sender,
        way=_WAYS[line.way],
        message=shown(line.message),
        detail=_short(entry.detail),
    )


def _short(detail: object) -> str:
    return detail if isinstance(detail, str) else shown(detail)


@final
class LawBroken(AssertionError):
    """A law does not hold.

    The author of what was checked is to blame, or exeunt. ``__cause__`` is the error
    that showed it, where there was one.

    Attributes:
        number: of the law.
        law: its name.
        seen: what was seen, in words.
        scene: the smallest scene found in which it is seen.
        schedule: and the order of steps.
        seed: with which all of that is found again.
    """

    def __init__(
        self,
        text: str,
        *,
        number: int,
        law: str,
        seen: str,
        scene: Scene,
        schedule: Schedule,
        seed: int,
    ) -> None:
        super().__init__(text)
        self.number = number
        self.law = law
        self.seen = seen
        self.scene = scene
        self.schedule = schedule
        self.seed = seed


@final
@attrs.frozen
class Kept:
    """One law that was kept."""

    number: int
    """The number of the law."""
    name: str
    """Its name."""
    sentence: str
    """What it says."""
    runs: int
    """In how many runs it was judged."""
    schedules: int
    """In how many different orders of steps."""


@final
@attrs.frozen
class Conformance:
    """That all laws hold, and how often that was looked at."""

    name: str
    """What was checked."""
    laws: tuple[Kept, ...]
    """The laws, by number."""
    runs: int
    """How many runs there were."""
    messages: int
    """How many messages were handled in them."""
    seed: int
    """What they were drawn with."""

    def __str__(self) -> str:
        head = (
            f"{self.name} keeps {len(self.laws)} laws: {self.runs:,} runs, "
            f"{self.messages:,} messages handled, seed {self.seed}"
        )
        rows = [
            f"  {law.number:>2} {law.name:<26} {law.runs:>4} runs,"
            f" {law.schedules:>4} schedules"
            for law in self.laws
        ]
        return "\n".join([head, *rows])
