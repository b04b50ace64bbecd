"""One agent's life as the runtime sees it: where it stands and what it holds.

Everything here is synchronous, so what one of these methods does is one instant for
every task; and it is called with Ctrl-C held back, so it is one instant for a signal
too. The waiting is the runner's.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import attrs
import trio
from trio.lowlevel import Task, enable_ki_protection

from .._model.lifecycle import Event, Reason, State, reason_after, step
from .._model.outcome import Fate, Ledger, Outcome, Statistics
from .._model.words import shown
from ..exceptions import AgentClosed, AgentCrashed, WrongRun
from .ask import Ask, Stage
from .failures import event_for, without_cancelled
from .mailbox import Mailbox
from .trio_private import cancel_scope, home
from .waiting import Wait

if TYPE_CHECKING:
    from .handle import Handle

NOTHING: Final = object()
"""Stands for no message, since a message may be anything, None included."""


@attrs.define(eq=False, weakref_slot=False)
class Life:
    """The life of one agent."""

    name: str
    mailbox: Mailbox
    cleanup: float  # seconds that leaving lifespan may take
    handle: "Handle[Any]" = attrs.field(init=False)
    home: object = attrs.field(factory=home)
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)  # cancel()'s
    task: Task | None = None

    state: State = State.STARTING
    reason: Reason | None = None
    error: BaseException | None = None
    cancel_reason: str | None = None
    cleanup_timed_out: bool = False
    _outcome: Outcome | None = attrs.field(default=None, init=False)

    # The messages: in the mailbox, or in one of these two places, or counted.
    held: object = NOTHING  # taken out of the mailbox, not started
    turn: object = NOTHING  # being handled; an Ask where it was asked
    handled: int = 0
    failed: int = 0
    interrupted: int = 0
    abandoned: int = 0
    undelivered: tuple[object, ...] = ()
    deferred: dict[Ask, None] | None = None  # handled, but their replies were put off

    # Who waits for whom.
    waits_for: "Life | None" = None
    starter: Wait | None = None
    watchers: dict[Wait, None] | None = None

    def move(self, event: Event) -> None:
        """Go where the table says."""
        self.reason = reason_after(self.reason, event)
        self.state = step(self.state, event)

    @enable_ki_protection
    def stop(self) -> None:
        """Accept nothing more; what was accepted is still handled."""
        self.move(Event.STOP)
        self.mailbox.close_intake(self.refusal)

    @enable_ki_protection
    def cancel(self, reason: str | None) -> None:
        """Accept nothing more, handle nothing more."""
        if self.reason is None:
            self.cancel_reason = reason
        self.move(Event.CANCEL)
        self.mailbox.close_intake(self.refusal)
        cancel_scope(self.scope, reason)

    @property
    def start_awaited(self) -> bool:
        """Whether somebody still waits for this life to begin."""
        return self.starter is not None and self.starter.parked

    def ready(self) -> None:
        """The agent is set up and takes its first message."""
        self.move(Event.READY)
        if self.starter is not None and self.state is not State.CLOSING:
            self.starter.release()
            self.starter = None

    def retire(self, error: BaseException | None) -> None:
        """The last message has been handled: account for all the others.

        The order matters. The reason is fixed before anybody hears of the end. The
        intake closes before the mailbox is cleared, or a sender in the line would be
        told that its message was accepted by an agent that will never handle it.
        The askers are answered before lifespan is left, which may wait for them.
        """
        event = event_for(error)
        if event is Event.CRASH or event is Event.KILL:
            self._note_failure(error)
        if self.state is State.STARTING or self.state is State.RUNNING:
            self.move(event)
            self.mailbox.close_intake(self.refusal)
        elif event is not Event.DRAINED or self.state is State.DRAINING:
            self.move(event)
        if event is Event.DRAINED:
            self.mailbox.outlet.close()
        else:
            self._end_turn(event)
            self._give_up_the_rest()

    def close(self) -> None:
        """The agent has left: say so to everybody who waits for that."""
        self.move(Event.LEFT)
        watchers, self.watchers = self.watchers, None
        for wait in watchers or ():
            wait.release()
        if self.starter is not None:
            self.starter.release()

    @property
    def outcome(self) -> Outcome:
        """How this life ended, the same object for everybody; only when it has."""
        if self._outcome is None:
            assert self.reason is not None
            self._outcome = Outcome(
                agent=self.name,
                reason=self.reason,
                error=self.error,
                ledger=self.ledger(),
                undelivered=self.undelivered,
                cancel_reason=self.cancel_reason,
                cleanup_timed_out=self.cleanup_timed_out,
            )
        return self._outcome

    def put_off(self, ask: Ask) -> None:
        """Remember a request whose reply the handler deferred."""
        if self.deferred is None:
            self.deferred = {}
        self.deferred[ask] = None

    def answered(self, ask: Ask) -> None:
        """A reply that had been deferred is there: a draining agent may leave now."""
        assert self.deferred is not None
        del self.deferred[ask]
        if self.state is State.DRAINING:
            self.mailbox.wake()

    def watch(self, wait: Wait) -> None:
        """Release *wait* at the end of this life."""
        if self.watchers is None:
            self.watchers = {}
        self.watchers[wait] = None

    def unwatch(self, wait: Wait) -> None:
        """Forget *wait*, if it is remembered."""
        if self.watchers is not None:
            self.watchers.pop(wait, None)

    def ledger(self) -> Ledger:
        """Count what became of the messages so far."""
        settled = {
            "handled": self.handled,
            "failed": self.failed,
            "interrupted": self.interrupted,
            "abandoned": self.abandoned,
            "undelivered": len(self.undelivered),
        }
        on_hand = (self.held is not NOTHING) + (self.turn is not NOTHING)
        accepted = sum(settled.values()) + on_hand + self.mailbox.waiting
        return Ledger(accepted=accepted, **settled)

    def statistics(self) -> Statistics:
        """Look at everything at this instant."""
        return Statistics(
            name=self.name,
            state=self.state,
            capacity=self.mailbox.capacity,
            waiting=self.mailbox.waiting + (self.held is not NOTHING),
            blocked_senders=len(self.mailbox.line or ()),
            handling=None if self.turn is NOTHING else _message_of(self.turn),
            ledger=self.ledger(),
        )

    def check_home(self, message: object = None) -> None:
        """Raise `WrongRun` unless this is the agent's own Trio run."""
        try:
            here = home() is self.home
        except RuntimeError:
            here = False
        if not here:
            raise WrongRun(
                f"the handle of agent {self.name!r} was used outside its Trio run; "
                "from another thread, go through trio.from_thread.run",
                message=message,
            )

    def refusal(self, message: object, fate: Fate | None = None) -> AgentClosed:
        """Build the error for a message that this agent does not handle any more."""
        crashed = self.reason is Reason.CRASHED
        ended = "crashed" if crashed else f"was {self.reason}"
        if fate is Fate.HANDLED:
            what = f"{ended} before the reply it had deferred"
        elif fate is not None:
            what = f"{ended} and left the message {fate}"
        elif self.reason is None:
            what = f"is {self.state} and takes no more messages"
        else:
            what = f"{ended} and takes no more messages"
        error = AgentClosed(
            f"agent {self.name!r} {what}: {shown(message)}",
            message=message,
            agent=self.name,
            fate=fate,
        )
        error.__cause__ = self.error
        return error

    def _note_failure(self, error: BaseException | None) -> None:
        failure = without_cancelled(error) if error is not None else None
        if failure is None or failure is self.error:
            return
        self.error = failure
        with suppress(Exception):  # an exception may refuse notes
            failure.add_note(f"agent {self.name!r} was {self._doing()}")

    def _doing(self) -> str:
        if self.turn is not NOTHING:
            return f"handling {shown(_message_of(self.turn))}"
        return _DOING.get(self.state, "waiting for messages")

    def _end_turn(self, event: Event) -> None:
        turn, self.turn = self.turn, NOTHING
        if turn is NOTHING:
            return
        if event is Event.CRASH:
            self.failed += 1
        else:
            self.interrupted += 1
        if isinstance(turn, Ask):
            turn.settle(error=self._end_of(turn.message, event))

    def _give_up_the_rest(self) -> None:
        left = self.mailbox.clear()
        if self.held is not NOTHING:
            left.insert(0, self.held)
            self.held = NOTHING
        undelivered: list[object] = list(self.undelivered)
        for item in left:
            if isinstance(item, Ask):
                if item.stage is Stage.ABANDONED:
                    self.abandoned += 1
                    continue
                item.settle(error=self.refusal(item.message, Fate.UNDELIVERED))
            undelivered.append(_message_of(item))
        self.undelivered = tuple(undelivered)
        for ask in tuple(self.deferred or ()):
            ask.settle(error=self.refusal(ask.message, Fate.HANDLED))

    def _end_of(self, request: object, event: Event) -> Exception:
        if event is not Event.CRASH:
            return self.refusal(request, Fate.INTERRUPTED)
        error = AgentCrashed(
            f"agent {self.name!r} crashed on {shown(request)}: {shown(self.error)}",
            message=request,
            agent=self.name,
        )
        error.__cause__ = self.error
        return error


_DOING = {State.STARTING: "starting", State.CLOSING: "leaving its lifespan"}


def _message_of(item: object) -> object:
    return item.message if isinstance(item, Ask) else item
