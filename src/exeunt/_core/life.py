"""One agent's life as the runtime sees it: where it stands and what it holds.

Everything here is synchronous, so what one of these methods does is one instant for
every task; and it is called with Ctrl-C held back, so it is one instant for a signal
too. The waiting is the runner's.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import trio
from trio.lowlevel import Task, enable_ki_protection

from .._model.lifecycle import Event, Reason, State, reason_after, step
from .._model.outcome import Fate, Ledger, Outcome, Statistics
from ..exceptions import AgentClosed, WrongRun
from . import regrets
from .ask import Ask, Stage, message_of
from .journal import Journal
from .keeper import Keeper, Watcher
from .lane import NOTHING, Lane, Notice
from .mailbox import Mailbox
from .trio_private import cancel_scope, home, is_here, task_here
from .waiting import Wait

if TYPE_CHECKING:
    from .handle import Handle


@attrs.define(eq=False, weakref_slot=False)
class Life:
    """The life of one agent."""

    name: str
    mailbox: Mailbox
    cleanup: float  # seconds that leaving lifespan may take
    handle: "Handle[Any]" = attrs.field(init=False)
    home: object = attrs.field(factory=home)
    scope: trio.CancelScope = attrs.field(factory=trio.CancelScope)  # cancel()'s
    type: str = ""  # what its factory is called
    stage: trio.CancelScope | None = None  # around the whole incarnation
    keeper: Keeper | None = None
    journal: Journal | None = None
    lane: Lane | None = None
    handler: Any = None  # an async function of a message
    limiter: trio.CapacityLimiter | None = None
    task: Task | None = None

    state: State = State.STARTING
    reason: Reason | None = None
    error: BaseException | None = None
    cancel_reason: str | None = None
    cleanup_timed_out: bool = False
    restarts: int = 0
    again: bool = False  # this incarnation is to be followed by another
    entering: bool = False  # which has begun, but is not ready yet
    in_doubt: bool = False  # whether it is depends on what leaving lifespan raises
    _outcome: Outcome | None = attrs.field(default=None, init=False)

    # The messages: in the mailbox, or in one of these two places, or counted.
    held: object = NOTHING  # taken out of the mailbox, not started
    turn: object = NOTHING  # being handled; an Ask where it was asked
    handled: int = 0
    failed: int = 0
    interrupted: int = 0
    abandoned: int = 0
    dropped: int = 0
    undelivered: tuple[object, ...] = ()
    deferred: dict[Ask, None] | None = None  # handled, but their replies were put off

    crew: "Sequence[Life]" = ()  # who works for it, if it is a pool
    pool: "Life | None" = None  # for which it works

    # Who waits for whom.
    waits_for: "Life | None" = None
    starter: Wait | None = None
    watchers: dict[Watcher, None] | None = None

    def move(self, event: Event) -> None:
        """Go where the table says."""
        self.reason = reason_after(self.reason, event)
        self.state = step(self.state, event)
        self.note("moved", event, self.reason, self.cancel_reason)

    def note(self, kind: str, *about: object) -> None:
        """Put into the journal what happens, if one is kept."""
        if self.journal is not None:
            self.journal.add((kind, self.journal.now(), self, *about))

    @enable_ki_protection
    def stop(self) -> None:
        """Accept nothing more; what was accepted is still handled."""
        self.move(Event.STOP)
        self.mailbox.close_intake(self.refusal)
        if self.again and self.nothing_left and self.keeper is not None:
            self.keeper.called_off(self)

    @property
    def nothing_left(self) -> bool:
        """Whether no accepted message waits for its turn."""
        beside = self.lane is not None and self.lane.waiting
        return self.mailbox.exhausted and self.held is NOTHING and not beside

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
        self.entering = False
        if self.keeper is not None:
            self.keeper.came_in(self)
        if self.starter is not None and self.state is not State.CLOSING:
            self.starter.release()
            self.starter = None

    def close(self) -> None:
        """The agent has left: say so to everybody who waits for that."""
        self.move(Event.LEFT)
        watchers, self.watchers = self.watchers, None
        for watcher in watchers or ():
            watcher.release()
        if self.keeper is not None:
            self.keeper.ended(self)
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
                restarts=self.restarts,
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
        if self.keeper is not None:
            self.keeper.settled(self)

    def watch(self, watcher: Watcher) -> None:
        """Release *watcher* at the end of this life."""
        if self.watchers is None:
            self.watchers = {}
        self.watchers[watcher] = None

    def unwatch(self, watcher: Watcher) -> None:
        """Forget *watcher*, if it is remembered."""
        if self.watchers is not None:
            self.watchers.pop(watcher, None)

    def side(self) -> Lane:
        """Return the lane beside the mailbox, and make it if there is none."""
        if self.lane is None:
            self.lane = Lane(self)
        return self.lane

    def become(self, handler: Callable[[Any], Awaitable[object]]) -> None:
        """Let *handler* have the next message, and what was postponed."""
        self.handler = handler
        lane = self.side()
        if self.turn is NOTHING:
            lane.replay()
            self.mailbox.wake()
        else:
            lane.changed = True  # this turn may yet be postponed itself

    def look_at(
        self, handle: "Handle[Any]", target: "Life", make: Callable[[Outcome], object]
    ) -> None:
        """Have a message made of the outcome of *target*, before or after its end.

        It is the life that *handle* leads to now, and may not lead to later.
        """
        self.look_away(handle)
        notice = Notice(self, handle, target, make)
        self.side().watched[handle] = notice
        if target.state is State.CLOSED:
            notice.release()
        else:
            target.watch(notice)

    def look_away(self, handle: "Handle[Any]") -> None:
        """Have no message made of the end of the agent any more."""
        notice = self.side().watched.pop(handle, None)
        if notice is not None:
            notice.forget()

    def ledger(self) -> Ledger:
        """Count what became of the messages so far, with those of the crew."""
        lives = (self, *self.crew)
        settled = {
            "handled": sum(life.handled for life in lives),
            "failed": sum(life.failed for life in lives),
            "interrupted": sum(life.interrupted for life in lives),
            "abandoned": sum(life.abandoned for life in lives),
            "dropped": sum(life.dropped for life in lives),
            "undelivered": sum(len(life.undelivered) for life in lives),
        }
        held = sum((x.held is not NOTHING) + (x.turn is not NOTHING) for x in lives)
        waiting = sum(life.waiting for life in lives)
        return Ledger(accepted=sum(settled.values()) + held + waiting, **settled)

    def statistics(self) -> Statistics:
        """Look at everything at this instant."""
        return Statistics(
            name=self.name,
            state=self.state,
            capacity=self.mailbox.capacity,
            waiting=sum(
                life.waiting + (life.held is not NOTHING) for life in (self, *self.crew)
            ),
            blocked_senders=len(self.mailbox.line or ()),
            handling=None if self.turn is NOTHING else message_of(self.turn),
            ledger=self.ledger(),
            restarts=self.restarts,
        )

    @property
    def waiting(self) -> int:
        """How many accepted messages wait for their turn."""
        return self.mailbox.waiting + (0 if self.lane is None else self.lane.waiting)

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done before somebody sends something."""
        if self.state is not State.RUNNING:
            return self.state is State.CLOSED
        if self.again or self.entering or self.deferred:
            return False
        at_rest = self.turn is NOTHING and self.held is NOTHING
        noticed = self.lane is not None and self.lane.notices
        busy = self.waiting or self.mailbox.line or noticed
        return at_rest and not busy and all(life.idle for life in self.crew)

    def check_home(self, message: object = None) -> None:
        """Raise `WrongRun` unless this is the agent's own Trio run."""
        if not is_here(self.home):
            raise WrongRun(
                f"the handle of agent {self.name!r} was used outside its Trio run; "
                "from another thread, go through trio.from_thread.run",
                message=message,
            )

    def refusal(self, message: object) -> AgentClosed:
        """Build the error for a message that comes too late."""
        return regrets.closed(self, message)

    def refuse(self, message: object) -> NoReturn:
        """Raise the error for a message that comes too late."""
        self.note("refused", message, "refused", task_here())
        refusal = self.refusal(message)
        raise refusal from refusal.__cause__  # without the channel's own error

    def drop(self, item: object) -> None:
        """Account for an item that the overflow policy gives up."""
        abandoned = isinstance(item, Ask) and item.stage is Stage.ABANDONED
        self.count(item, Fate.ABANDONED if abandoned else Fate.DROPPED)
        if isinstance(item, Ask) and not abandoned:
            item.settle(error=regrets.dropped(self, item.message))

    def count(self, item: object, fate: Fate) -> None:
        """Account for an item that has met its fate, in or before its turn."""
        setattr(self, fate, getattr(self, fate) + 1)
        self.note("ended", item, fate)
