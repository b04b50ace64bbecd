"""A request on its way from the asker to the answer, and the reply put off."""

from contextlib import suppress
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Generic, TypeVar, final

import trio
from trio.lowlevel import (
    Abort,
    RaiseCancelT,
    Task,
    checkpoint_if_cancelled,
    enable_ki_protection,
)

from .._model.request import Request
from .._model.words import complaint, shown
from ..exceptions import Refusal, ReplyDropped, WrongRun
from .trio_private import task_here
from .waiting import Wait

if TYPE_CHECKING:
    from .life import Life

R_contra = TypeVar("R_contra", contravariant=True)


class Stage(Enum):
    """How far an ask has come."""

    LINED = auto()  # waits for room in the mailbox: not accepted yet
    QUEUED = auto()  # in the mailbox
    ABANDONED = auto()  # in the mailbox, but the asker has left
    BEGUN = auto()  # its handler has started
    STREAMING = auto()  # its handler has returned, and the reader gets item by item
    DEFERRED = auto()  # its handler put the reply off
    SETTLED = auto()  # answered, one way or another


class Ask(Wait):
    """One asker, one request, one answer.

    It lies in the mailbox in the request's place. Whoever settles it wakes the
    asker; if the asker has left meanwhile, nobody is woken and nothing is lost that
    anybody still wants.
    """

    __slots__ = (
        "_raise_cancel",
        "_value",
        "life",
        "message",
        "stage",
        "turn",
    )

    def __init__(self, life: "Life", request: Request[Any]) -> None:
        super().__init__(life, request)
        self.life: Life = life
        self.message: Request[Any] = request
        self.stage: Stage = Stage.QUEUED
        self.turn: trio.CancelScope | None = None
        self._value: Any = None
        self._raise_cancel: RaiseCancelT | None = None

    @property
    def linked(self) -> bool:
        """Whether the turn is cancelled with its asker."""
        return getattr(type(self.message), "__linked__", False)  # it may be a mock

    async def answer(self) -> Any:
        """Wait for the answer, unless it is there already."""
        if self.stage is not Stage.SETTLED:
            await self.park()
        if self._raise_cancel is not None:
            self._raise_cancel()
        self.raise_error()
        return self._value

    def post(self) -> None:
        """Put the request into the mailbox or, if that is full, into the line."""
        mailbox = self.life.mailbox
        if mailbox.line:
            self._line_up()
            return
        try:
            mailbox.inlet.send_nowait(self)
        except trio.WouldBlock:
            self._line_up()
        except trio.ClosedResourceError:
            self.refused(self.life.refusal(self.message))
        except BaseException:  # of the function that says a message's key
            self.take_back()
            raise
        else:
            if self.life.journal is not None:
                self.life.note("accepted", self, task_here())
            mailbox.wake()

    def admitted(self) -> "Ask":
        """There is room now: the asker sleeps on, until it is answered."""
        self.life.note("admitted", self)
        self.stage = Stage.QUEUED
        return self

    def settle(self, value: object = None, error: BaseException | None = None) -> None:
        """Give the asker its answer; the first one counts."""
        if self.stage is Stage.SETTLED:
            return
        if self.stage is Stage.DEFERRED:
            self.life.answered(self)
        self.stage = Stage.SETTLED
        self._value = value
        self._error = error
        if self.life.journal is not None:
            self._note_end(error)
        self.release()

    def _note_end(self, error: BaseException | None) -> None:
        if self._raise_cancel is None:
            self.life.note("answered", self, error and complaint(error))
        else:
            self.life.note("left", self)

    def refused(self, error: BaseException) -> None:
        """The request was not accepted."""
        self.life.note("refused", self, "refused", task_here())
        self.settle(error=error)

    def pass_to(self, life: "Life") -> None:
        """It was for a pool; now the agent that lives *life* has taken it."""
        self.life = life
        if self._waiter is not None:
            self._waiter.waits_for = life

    def postpone(self) -> None:
        """Its turn is over, but it has not been handled: it comes again."""
        gone = not self.parked or self._raise_cancel is not None
        self.stage = Stage.ABANDONED if gone else Stage.QUEUED

    def end_turn(self) -> None:
        """The turn of a linked request is over: its asker may leave."""
        self.turn = None
        if self.stage is Stage.ABANDONED:
            self.life.note("left", self)
            self.release()
        elif self._raise_cancel is not None:
            self.settle()

    def defer(self) -> None:
        """Leave the answer to whoever holds the reply."""
        if self.stage is not Stage.BEGUN:
            raise RuntimeError(
                f"agent {self.life.name!r} deferred the reply to "
                f"{shown(self.message)} twice"
            )
        self.stage = Stage.DEFERRED
        self.life.put_off(self)
        # The agent's own task may be free to act now, so the wait is no edge any more.
        self.take_back()

    def _line_up(self) -> None:
        bar = self.life.mailbox.bar(self.life, self.message)
        if bar is not None:
            self.refused(bar)
            return
        self.stage = Stage.LINED
        self.life.mailbox.stand_in_line(self)
        self.life.note("lined", self, task_here())

    def _on_cancel(self, raise_cancel: RaiseCancelT) -> Abort:
        if self.turn is not None:
            # Linked: the asker leaves when the turn has ended, not before.
            self._raise_cancel = raise_cancel
            self.turn.cancel()
            return Abort.FAILED
        self.life.note("left", self)
        if self.stage is Stage.LINED:
            self.life.mailbox.step_out_of_line(self)
            self.life.note("refused", self, "withdrawn", None)
        elif self.stage is Stage.QUEUED:
            self.stage = Stage.ABANDONED
        elif self.stage is Stage.DEFERRED:  # nobody waits for the reply any more
            self.stage = Stage.SETTLED
            self.life.answered(self)
        return super()._on_cancel(raise_cancel)


async def look(life: "Life", message: object) -> Task | None:
    """Find out why the fast way to an agent is barred: another run, or cancellation.

    Or a deadline that is over and that Trio has not seen yet: then return who is here.
    """
    life.check_home(message)
    await checkpoint_if_cancelled()
    return task_here()


def message_of(item: object) -> object:
    """Return the message in an item of a mailbox: an ask holds it, others are it."""
    return item.message if isinstance(item, Ask) else item


@final
class Reply(Generic[R_contra]):
    """The answer to a request, put off by `Context.defer`.

    Settle it once, from any task of the same run. If it is lost unsettled, its asker
    gets `ReplyDropped` at once; if the agent is cancelled or crashes first, the asker
    hears of that and settling does nothing any more.
    """

    __slots__ = ("_ask", "_settled", "_token")

    def __init__(self, ask: Ask | None) -> None:
        self._ask = ask
        self._settled = False
        self._token = trio.lowlevel.current_trio_token()

    def send(self, value: R_contra) -> None:
        """Answer with *value*. Does nothing if the asker has left.

        Args:
            value: the answer.

        Raises:
            RuntimeError: the reply has been settled before.
            WrongRun: called from another thread or another Trio run.
        """
        self._settle(value, None)

    def refuse(self, refusal: Refusal) -> None:
        """Answer with *refusal*, which is raised in the asker.

        Does nothing if the asker has left.

        Args:
            refusal: why there is no answer.

        Raises:
            RuntimeError: the reply has been settled before.
            WrongRun: called from another thread or another Trio run.
        """
        self._settle(None, refusal)

    @enable_ki_protection
    def _settle(self, value: object, error: Refusal | None) -> None:
        if not _is_here(self._token):
            raise WrongRun(
                "a reply was settled outside its Trio run; from another thread, go "
                "through trio.from_thread.run_sync",
                message=None if self._ask is None else self._ask.message,
            )
        if self._settled:
            raise RuntimeError("this reply has been settled already; settle it once")
        self._settled = True
        if self._ask is not None:
            self._ask.settle(value, error)

    def __del__(self) -> None:
        ask = self._ask
        if self._settled or ask is None or ask.stage is not Stage.DEFERRED:
            return
        # The garbage collector may run in any thread and between any two steps, so
        # the asker is told from a place where nothing is half done.
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(_drop, ask)


def _drop(ask: Ask) -> None:
    text = f"agent {ask.life.name!r} lost the reply that it had deferred"
    ask.settle(error=ReplyDropped(text, message=ask.message))


def _is_here(token: trio.lowlevel.TrioToken) -> bool:
    try:
        return trio.lowlevel.current_trio_token() is token
    except RuntimeError:
        return False
