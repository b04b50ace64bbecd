"""The others in a rehearsal: handles that lead to nobody, and note what they are told.

They are real handles over a life that nobody lives. What is put into the mailbox goes
into the notes instead, at the seam where an overflow policy would decide about it.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

import attrs
import trio

from ..._core import trio_private
from ..._core.ask import Ask
from ..._core.handle import Handle
from ..._core.life import Life
from ..._core.mailbox import Mailbox
from ..._model.lifecycle import Event, State
from ..._model.request import Request
from ..._model.words import shown
from ...exceptions import Refusal
from ..effects import Asked, CancelledAgent, Effect, Sent, Started, Stopped
from .expecting import Answers, check_kind

if TYPE_CHECKING:
    from ..._model.outcome import Outcome

M = TypeVar("M")
R = TypeVar("R")
R_contra = TypeVar("R_contra", contravariant=True)


@attrs.define(eq=False)
class Notes:
    """What happens in a turn, as it happens."""

    begun: list[Life]  # agents that were started, which the runtime adds
    effects: list[Effect] = attrs.field(factory=list[Effect])
    awaited: list[Ask] = attrs.field(factory=list[Ask])  # of which no answer is to come
    unscripted: str | None = None

    def take(self, effect: Effect) -> None:
        """Note *effect*."""
        self.catch_up()
        self.effects.append(effect)

    def catch_up(self) -> None:
        """Note what was started since."""
        self.effects += [Started(life.name) for life in self.begun]
        self.begun.clear()


notes_here: ContextVar[Notes] = ContextVar("exeunt rehearsal")


def note(effect: Effect) -> None:
    """Note *effect* in the rehearsal to which the current task belongs."""
    notes_here.get().take(effect)


class Double(Life):
    """A life that nobody lives, in whatever Trio run it is used."""

    __slots__ = ("answers",)

    def __init__(self, name: str) -> None:
        super().__init__(name, Mailbox(32), cleanup=5.0, home=None)
        self.answers: Answers = Answers()
        self.mailbox.inlet = _Notepad(self)
        self.handle: Handle[Any] = Handle(self)
        self.move(Event.READY)

    @property
    def home(self) -> object:
        """The Trio run of this turn: each has one of its own."""
        if notes_here.get(None) is None:
            raise RuntimeError(
                f"the handle of {self.name!r} is one for rehearsals: give it to an "
                "agent that is rehearsed, or use a Probe"
            )
        return trio_private.home()

    @home.setter
    def home(self, home: object) -> None:
        del home

    def stop(self) -> None:
        """Note it, and stop."""
        note(Stopped(self.name))
        super().stop()

    def cancel(self, reason: str | None) -> None:
        """Note it, and be cancelled."""
        note(CancelledAgent(self.name, reason))
        super().cancel(reason)


class _Absent(Double):
    """The life of a stand-in. It has nothing to do, so it leaves as soon as it may."""

    __slots__ = ()

    def stop(self) -> None:
        """Note it, and leave."""
        super().stop()
        self.leave()

    def cancel(self, reason: str | None) -> None:
        """Note it, and leave."""
        super().cancel(reason)
        self.leave()

    def leave(self) -> None:
        """Have left."""
        if self.state is State.CLOSED:
            return
        if self.state is not State.CLOSING:
            self.move(Event.STOP)
            self.move(Event.DRAINED)
        self.mailbox.close_intake(self.refusal)
        self.close()


@attrs.define
class _Notepad:
    """An inlet that keeps nothing, but notes it."""

    life: Double
    closed: bool = False

    def send_nowait(self, item: object) -> None:
        """Note *item*, and answer it if it was asked."""
        if self.closed:
            raise trio.ClosedResourceError
        if not isinstance(item, Ask):
            note(Sent(self.life.name, item))
            return
        note(Asked(self.life.name, item.message))
        answer = self.life.answers.to(item.message)
        if answer is not None:
            answer(item)
            return
        notes_here.get().unscripted = (
            f"{self.life.name!r} was asked {shown(item.message)}, and no answer is in "
            f"the script: add stand_in.when({type(item.message).__name__}).send(...)"
        )

    def close(self) -> None:
        """Take nothing more."""
        self.closed = True


@final
@attrs.frozen
class Script(Generic[R_contra]):
    """How a stand-in answers one kind of requests. Got from `StandIn.when`."""

    _answers: Answers
    _kind: type[Request[Any]]

    def send(self, value: R_contra) -> None:
        """Answer each with *value*.

        Args:
            value: the answer.
        """
        self._answers.say(self._kind, lambda ask: ask.settle(value))

    def refuse(self, refusal: Refusal) -> None:
        """Answer each with *refusal*, which is raised in the asker.

        Args:
            refusal: why there is no answer.
        """
        self._answers.say(self._kind, lambda ask: ask.settle(error=refusal))

    def fail(self, error: Exception) -> None:
        """Let each ask fail, with `AgentCrashed` for example.

        Args:
            error: what is raised in the asker.
        """
        self._answers.say(self._kind, lambda ask: ask.settle(error=error))

    def keep_waiting(self) -> None:
        """Never answer: the asker waits until a deadline of its own.

        The clock of the rehearsal jumps there.
        """
        self._answers.say(self._kind, _keep_waiting)


def _keep_waiting(ask: Ask) -> None:
    notes_here.get().awaited.append(ask)


@final
class StandIn(Generic[M]):
    """One of the others in a rehearsal: a handle that notes what it is told.

    Give its ``handle`` to the agent that is rehearsed. What it is sent and asked shows
    among the effects of the turn; what it answers is scripted by `when`. When it is
    stopped or cancelled, it leaves at once.

    Args:
        name: what the effects call it.

    Raises:
        TypeError: *name* is no str.

    Example::

        display = StandIn[Frame]("display")
        camera = rehearse(Camera, display.handle)
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a stand-in is a str, not {name!r}")
        self._life = _Absent(name)

    def __repr__(self) -> str:
        return f"StandIn({self._life.name!r})"

    @property
    def handle(self) -> Handle[M]:
        """The handle, for agents that are rehearsed, and for them alone."""
        return self._life.handle

    @property
    def outcome(self) -> "Outcome | None":
        """How it has left, or None if it has not."""
        return self._life.outcome if self._life.state is State.CLOSED else None

    def when(self, kind: type[Request[R]]) -> Script[R]:
        """Say how each request of a kind is answered, from the next one on.

        Args:
            kind: a class of requests.

        Returns:
            What takes the answer, by ``send``, ``refuse``, ``fail`` or
            ``keep_waiting``.

        Raises:
            TypeError: *kind* is no class of requests.
        """
        __tracebackhide__ = True  # pytest need not show this
        check_kind(kind)
        return Script(self._life.answers, kind)

    def leave(self) -> None:
        """Have left before the next turn: who sends or asks gets `AgentClosed`."""
        self._life.leave()
