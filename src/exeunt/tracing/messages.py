"""Which note is about which message.

A message is the users' own object, and the same one may be on its way several times.
Of those that are equally far, the first is meant: mailboxes are queues.
"""

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import attrs
from trio.lowlevel import Task

from .._core.ask import Ask, message_of
from .._core.life import Life
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
    stage: str  # "waiting" for room, "accepted" or "begun"
    wanted: bool  # somebody waits for the answer


class Post:
    """Follows messages from their offer to their fate."""

    def __init__(self, make: Callable[..., None], numbers: Numbers) -> None:
        self._make = make
        self._numbers = numbers
        self._next = count(1)
        self._letters: dict[tuple[Life | None, int], list[Letter]] = {}
        self._early: dict[tuple[Life | None, int], list[tuple[Any, ...]]] = {}
        self._turns: dict[Life, Letter] = {}
        self._errors: dict[Life, str] = {}

    def blame(self, life: Life, error: str) -> None:
        """What comes out of an agent is what its message has failed with."""
        self._errors[life] = error

    def accepted(self, life: Life, item: object, *sender: Any) -> None:
        """A message goes into a mailbox."""
        letter = self._offer(life, item, "accepted", *sender)
        self._make(ev.MessageAccepted, message=letter.number)
        for what, *rest in self._early.pop(_key(life, item), ()):
            getattr(self, what)(life, item, *rest)

    def lined(self, life: Life, item: object, *sender: Any) -> None:
        """A message has to wait for room."""
        letter = self._offer(life, item, "waiting", *sender)
        self._make(ev.MessageWaits, message=letter.number)

    def admitted(self, life: Life, item: object) -> None:
        """There is room for a message that has waited for it."""
        letter = self._find(life, item, "waiting")
        if letter is None:
            letter = self._offer(life, item, "accepted", None)
        letter.stage = "accepted"
        self._make(ev.MessageAccepted, message=letter.number)

    def refused(self, life: Life, item: object, fate: str, *sender: Any) -> None:
        """A message is not accepted."""
        letter = self._find(life, item, "waiting")
        if letter is None:
            letter = self._offer(life, item, "waiting", *sender)
        self._make(ev.MessageEnded, message=letter.number, fate=fate)
        self._drop(life, letter)

    def arisen(self, life: Life, item: object, source: str) -> None:
        """A message for an agent comes from a timer or a watch of its own."""
        letter = self._offer(life, item, "accepted", None, kind=source)
        self._make(ev.MessageAccepted, message=letter.number)

    def begun(self, life: Life, item: object) -> None:
        """A turn begins."""
        self.rests(life)
        letter = self._find(life, item, "accepted") or self._missed(life, item)
        letter.stage = "begun"
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
        self._turns.pop(life, None)
        letter = self._find(life, item, "begun") or self._missed(life, item)
        letter.stage = "accepted"
        self._make(ev.MessagePostponed, message=letter.number)

    def ended(self, life: Life, item: object, fate: Fate) -> None:
        """A message has met its fate."""
        in_turn = fate in _IN_TURN
        letter = self._find(life, item, "begun" if in_turn else "accepted")
        if letter is None and fate is Fate.DROPPED:
            # The one for which there was no room: it is accepted in this instant.
            self._early.setdefault(_key(life, item), []).append(("ended", fate))
            return
        letter = letter or self._missed(life, item)
        if in_turn:
            self._turns.pop(life, None)
        error = self._errors.pop(life, None) if fate is Fate.FAILED else None
        self._make(ev.MessageEnded, message=letter.number, fate=str(fate), error=error)
        letter.stage = "ended"
        if not letter.wanted:
            self._drop(life, letter)

    def answered(self, life: Life, ask: Ask, error: str | None) -> None:
        """An asker has its answer."""
        letter = self._find(life, ask)
        if letter is None:  # dropped, or settled before
            return
        if letter.wanted:
            self._make(ev.AskAnswered, message=letter.number, error=error)
        self._settle(life, letter)

    def left(self, life: Life, ask: Ask) -> None:
        """An asker does not wait any more."""
        letter = self._find(life, ask)
        if letter is not None and letter.wanted:
            self._make(ev.AskLeft, message=letter.number)
            self._settle(life, letter)

    def _settle(self, life: Life, letter: Letter) -> None:
        letter.wanted = False
        if letter.stage == "ended":
            self._drop(life, letter)

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
        letter = Letter(next(self._next), item, stage, isinstance(item, Ask))
        self._letters.setdefault(_key(life, item), []).append(letter)
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
        """Introduce a message whose beginning was lost."""
        return self._offer(life, item, "accepted", None)

    def _find(
        self, life: Life, item: object, stage: str | None = None
    ) -> Letter | None:
        letters = self._letters.get(_key(life, item), ())
        return next((each for each in letters if stage in {None, each.stage}), None)

    def _drop(self, life: Life, letter: Letter) -> None:
        key = _key(life, letter.item)
        self._letters[key].remove(letter)
        if not self._letters[key]:
            del self._letters[key]


def _key(life: Life, item: object) -> tuple[Life | None, int]:
    # An ask may go from a pool to its worker, and no other is the same object.
    return (None if isinstance(item, Ask) else life.pool or life), id(item)


def _kind_of(item: object) -> str:
    if isinstance(item, Stream):
        return "stream"
    return "ask" if isinstance(item, Ask) else "send"
