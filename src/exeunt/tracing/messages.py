"""Which note is about which message.

A message is the users' own object, and the same one may be on its way several times.
Of those that are equally far, the first is meant: mailboxes are queues. An ask is on
its way but once.
"""

from collections import deque
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import attrs
from trio.lowlevel import Task

from .._core.ask import Ask, message_of
from .._core.life import Life
from .._core.overflow import DropNewest, InsideOnly
from .._core.stream import Stream
from .._model import events as ev
from .._model.outcome import Fate
from .._model.words import shown
from .numbering import Numbers

_IN_TURN = {Fate.HANDLED, Fate.FAILED, Fate.INTERRUPTED}


@attrs.define(eq=False)
class Letter:
    """A message on its way."""

    number: int
    item: object  # held, so that no other object can be taken for it
    stage: str  # "waiting" for room, "accepted", "begun" or "ended"
    wanted: bool  # somebody waits for the answer


@attrs.define
class Dropped:
    """What was dropped and is perhaps only accepted after that, in the same instant."""

    life: Life
    item: object
    answers: list[str | None] = attrs.field(
        factory=list[str | None]
    )  # that its asker has


class Post:
    """Follows messages from their offer to their fate."""

    def __init__(self, make: Callable[..., None], numbers: Numbers) -> None:
        self._make = make
        self._numbers = numbers
        self._next = count(1)
        self.lose_track()

    def lose_track(self) -> None:
        """Notes are missing: what is on its way is not known any more."""
        self._asks: dict[Ask, Letter] = {}
        self._queues: dict[tuple[Life, int, str], deque[Letter]] = {}
        self._turns: dict[Life, Letter] = {}
        self._errors: dict[Life, str] = {}
        self._dropped: Dropped | None = None

    def number(self, life: Life, item: object) -> int:
        """Return the number of a message that waits for room, or for its answer."""
        letter = self._asks.get(item) if isinstance(item, Ask) else None
        letter = letter or self._find(life, item, "waiting")
        return 0 if letter is None else letter.number

    def blame(self, life: Life, error: str) -> None:
        """What comes out of an agent is what its message has failed with."""
        self._errors[life] = error

    def forget(self, life: Life) -> None:
        """An agent has left."""
        self._errors.pop(life, None)
        self._turns.pop(life, None)

    def accepted(self, life: Life, item: object, *sender: Any) -> None:
        """A message goes into a mailbox."""
        letter = self._offer(life, item, "accepted", *sender)
        self._make(ev.MessageAccepted, message=letter.number)
        dropped, self._dropped = self._dropped, None
        if dropped is not None:
            self._end(life, letter, Fate.DROPPED)
            for error in dropped.answers:
                self.answered(life, item, error)

    def keep(self) -> None:
        """What was dropped is not what came: it was in the mailbox."""
        dropped, self._dropped = self._dropped, None
        if dropped is not None:
            self._end_accepted(dropped.life, dropped.item, Fate.DROPPED)

    def lined(self, life: Life, item: object, *sender: Any) -> None:
        """A message has to wait for room."""
        letter = self._offer(life, item, "waiting", *sender)
        self._make(ev.MessageWaits, message=letter.number)

    def admitted(self, life: Life, item: object) -> None:
        """There is room for a message that has waited for it."""
        letter = self._find(life, item, "waiting")
        if letter is None:
            self._missed(life, item)
            return
        self._move(life, letter, "accepted")
        self._make(ev.MessageAccepted, message=letter.number)

    def refused(self, life: Life, item: object, fate: str, *sender: Any) -> None:
        """A message is not accepted."""
        letter = self._find(life, item, "waiting")
        if letter is None:
            letter = self._offer(life, item, "waiting", *sender)
        self._make(ev.MessageEnded, message=letter.number, fate=fate)
        self._move(life, letter, "ended")

    def arisen(self, life: Life, item: object, source: str) -> None:
        """A message for an agent comes from a timer or a watch of its own."""
        letter = self._offer(life, item, "accepted", None, kind=source)
        self._make(ev.MessageAccepted, message=letter.number)

    def begun(self, life: Life, item: object) -> None:
        """A turn begins."""
        self.rests(life)
        letter = self._find(life, item, "accepted") or self._missed(life, item)
        self._move(life, letter, "begun")
        self._turns[life] = letter
        who = self._numbers.of(life)
        self._make(ev.MessageBegun, message=letter.number, agent=who)

    def rests(self, life: Life) -> None:
        """If an agent was handling a message, it has done so."""
        letter = self._turns.get(life)
        if letter is not None:
            self.ended(life, letter.item, Fate.HANDLED)

    def postponed(self, life: Life, item: object) -> None:
        """A turn has ended, and its message is to come again."""
        letter = self._turns.pop(life, None) or self._missed(life, item)
        self._move(life, letter, "accepted")
        self._make(ev.MessagePostponed, message=letter.number)

    def ended(self, life: Life, item: object, fate: Fate) -> None:
        """A message has met its fate."""
        if fate in _IN_TURN:
            letter = self._turns.pop(life, None) or self._missed(life, item)
            self._end(life, letter, fate)
        elif fate is Fate.DROPPED and self._may_be_new(life, item):
            self._dropped = Dropped(life, item)
        else:
            self._end_accepted(life, item, fate)

    def _may_be_new(self, life: Life, item: object) -> bool:
        known = self._find(life, item, "accepted") is not None
        return not known or (_gives_up_newest(life) and not isinstance(item, Ask))

    def _end_accepted(self, life: Life, item: object, fate: Fate) -> None:
        letter = self._find(life, item, "accepted") or self._missed(life, item)
        self._end(life, letter, fate)

    def answered(self, life: Life, ask: Any, error: str | None) -> None:
        """An asker has its answer."""
        if self._dropped is None:
            self._settle(life, ask, ev.AskAnswered, error=error)
        else:
            self._dropped.answers.append(error)

    def left(self, life: Life, ask: Ask) -> None:
        """An asker does not wait any more."""
        self._settle(life, ask, ev.AskLeft)

    def _settle(
        self, life: Life, ask: Ask, event: type[ev.Event], **values: Any
    ) -> None:
        letter = self._asks.get(ask)
        if letter is not None and letter.wanted:
            self._make(event, message=letter.number, **values)
            letter.wanted = False
            self._move(life, letter, letter.stage)

    def _end(self, life: Life, letter: Letter, fate: Fate) -> None:
        error = self._errors.pop(life, None) if fate is Fate.FAILED else None
        self._make(ev.MessageEnded, message=letter.number, fate=str(fate), error=error)
        self._move(life, letter, "ended")

    def _offer(
        self,
        life: Life,
        item: object,
        stage: str,
        sender: Task | None,
        context: Mapping[str, object] | None = None,
        *,
        kind: str | None = None,
    ) -> Letter:
        letter = Letter(next(self._next), item, "", isinstance(item, Ask))
        self._move(life, letter, stage)
        message = message_of(item)
        life_of_sender = self._numbers.agent_of(sender)
        cause = self._turns.get(life_of_sender) if life_of_sender else None
        self._make(
            ev.MessageOffered,
            message=letter.number,
            src=None if sender is None else self._numbers.of(life_of_sender or sender),
            dst=self._numbers.of(life.pool or life),
            type=type(message).__name__,
            text=shown(message),
            kind=kind or _kind_of(item),
            cause=None if cause is None else cause.number,
            context=context or {},
        )
        return letter

    def _missed(self, life: Life, item: object) -> Letter:
        """Introduce a message whose beginning was lost: it has been accepted."""
        letter = self._offer(life, item, "accepted", None)
        self._make(ev.MessageAccepted, message=letter.number)
        return letter

    def _find(self, life: Life, item: object, stage: str) -> Letter | None:
        if isinstance(item, Ask):
            letter = self._asks.get(item)
            return letter if letter is not None and letter.stage == stage else None
        queue = self._queues.get((life.pool or life, id(item), stage))
        return queue[0] if queue else None

    def _move(self, life: Life, letter: Letter, stage: str) -> None:
        """Put a letter where it belongs now, or nowhere if it is done with."""
        was, letter.stage = letter.stage, stage
        item = letter.item
        if isinstance(item, Ask):
            self._asks[item] = letter
            if stage == "ended" and not letter.wanted:
                del self._asks[item]
            return
        box = life.pool or life
        queue = self._queues.get((box, id(item), was))
        if queue is not None:
            queue.remove(letter)  # it is the first
            if not queue:
                del self._queues[box, id(item), was]
        if stage != "ended":
            self._queues.setdefault((box, id(item), stage), deque()).append(letter)


def _gives_up_newest(life: Life) -> bool:
    inlet = life.mailbox.inlet
    if isinstance(inlet, InsideOnly):
        inlet = inlet.inlet
    return isinstance(inlet, DropNewest)


def _kind_of(item: object) -> str:
    if isinstance(item, Stream):
        return "stream"
    return "ask" if isinstance(item, Ask) else "send"
