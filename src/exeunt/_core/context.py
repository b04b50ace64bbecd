"""What the runtime tells an agent about itself, and does for it."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple, final

import trio
from trio.lowlevel import enable_ki_protection

from .._model.outcome import Outcome
from .._model.request import Request
from .._model.words import shown
from .ask import Ask, Reply, Stage, message_of
from .handle import Handle
from .inside import life_of
from .lane import NOTHING
from .life import Life
from .threads import limiter_of, run_in_thread
from .timers import Timers

R = TypeVar("R")
Ts = TypeVarTuple("Ts")


@final
class Context:
    """What the runtime tells an agent about itself, as ``self.context``."""

    __slots__ = ("_life",)

    def __init__(self, life: Life) -> None:
        self._life = life

    def __repr__(self) -> str:
        return f"<Context of {self.name!r}>"

    @property
    def handle(self) -> Handle[Any]:
        """The agent's own handle, to give away or to stop oneself."""
        return self._life.handle

    @property
    def name(self) -> str:
        """The agent's name."""
        return self._life.name

    @property
    def timers(self) -> Timers:
        """The agent's timers, which end with it."""
        return Timers(self._life)

    @property
    def limiter(self) -> trio.CapacityLimiter:
        """The limiter of the agent's threads, one at a time unless it says otherwise.

        ``self.context.limiter.total_tokens = 4`` says otherwise.
        """
        return limiter_of(self._life)

    async def run_in_thread(
        self, fn: Callable[[*Ts], R], *args: *Ts, abandon_on_cancel: bool = False
    ) -> R:
        """Call a function that blocks, in a thread, while everybody else goes on.

        The agent itself waits, like in any other turn. A thread cannot be stopped: if
        the turn is cancelled, it ends when the function has returned, and only then
        does the agent leave; its ``cleanup`` does not bound that. A function that
        takes long can call `trio.from_thread.check_cancelled` now and then.

        Args:
            fn: a function that is not async.
            args: its arguments. For keywords use `functools.partial`.
            abandon_on_cancel: leave at once when the turn is cancelled. The thread
                goes on unheard, and keeps its place in the limiter until it is done.

        Returns:
            What *fn* returned.

        Raises:
            Exception: whatever *fn* raised.
            TypeError: *fn* cannot be called, or is async.
            WrongRun: called from another thread or another Trio run.

        Example::

            case Digest(path):
                return await self.context.run_in_thread(digest, path)
        """
        return await run_in_thread(self._life, fn, args, abandon_on_cancel)

    @enable_ki_protection
    def watch(self, handle: Handle[Any], message: Callable[[Outcome], object]) -> None:
        """Get a message when another agent ends, be it already past or yet to come.

        The message comes ahead of those in the mailbox, takes up no room there, and no
        overflow policy gives it up. It comes once. Watching the same agent again
        changes which message it will be. A restart is no end.

        Args:
            handle: the agent to watch.
            message: makes the message of the agent's `Outcome`; usually its class.

        Raises:
            TypeError: *handle* is no `Handle`, or *message* cannot be called.
            ValueError: *handle* is the agent's own.
            WrongRun: called from another thread or another Trio run.

        Example::

            self.context.watch(worker, WorkerLeft)
        """
        target = self._life_of(handle)
        if not callable(message):
            raise TypeError(
                f"watch needs a function that makes a message of an Outcome, such as "
                f"the message's class, not {message!r}"
            )
        if target is self._life:
            raise ValueError(f"agent {self.name!r} cannot watch its own end")
        self._life.look_at(handle, target, message)

    @enable_ki_protection
    def unwatch(self, handle: Handle[Any]) -> None:
        """Do not get a message about this agent's end, if it has not been handled yet.

        Args:
            handle: the agent that was watched, or not.

        Raises:
            TypeError: *handle* is no `Handle`.
            WrongRun: called from another thread or another Trio run.
        """
        self._life_of(handle)  # which also looks whether it is one
        self._life.look_away(handle)

    @enable_ki_protection
    def postpone(self, message: object) -> None:
        """Handle *message*, the one that is being handled, again and later.

        When the handler returns, the message is kept. It comes back, before those in
        the mailbox and in its old order, when the behaviour changes; see `become`. An
        asker waits meanwhile. What is still postponed when the agent has nothing else
        to do and leaves is undelivered.

        Args:
            message: the message that `Agent.handle` was called with.

        Raises:
            ValueError: *message* is not the one that is being handled.
            PostponedTooMuch: as many are postponed as the mailbox may hold.
            RuntimeError: its reply has been deferred, or is being streamed.
            WrongRun: called from another thread or another Trio run.

        Example::

            case Query() if not self.connected:
                self.context.postpone(message)
        """
        self._life.check_home(message)
        turn = self._life.turn
        if turn is NOTHING or message_of(turn) is not message:
            raise self._not_its_turn("postpone", message)
        if isinstance(turn, Ask) and turn.stage is not Stage.BEGUN:
            put_off = turn.stage is Stage.DEFERRED
            how = "has deferred the reply" if put_off else "is answering it already"
            raise RuntimeError(
                f"agent {self.name!r} cannot postpone {shown(message)}: it {how}"
            )
        self._life.side().postpone(message)

    @enable_ki_protection
    def become(self, handler: Callable[[Any], Awaitable[object]]) -> None:
        """Let *handler* handle the messages from the next one on.

        What was postponed comes back first. A restart begins with `Agent.handle`.

        Args:
            handler: an async function of one message, such as a method of the agent.

        Raises:
            TypeError: *handler* is not async.
            WrongRun: called from another thread or another Trio run.

        Example::

            self.context.become(self.connected)
        """
        self._life.check_home()
        if not inspect.iscoroutinefunction(handler):
            raise TypeError(f"a handler is an async function, not {handler!r}")
        self._life.become(handler)

    @enable_ki_protection
    def defer(self, request: Request[R]) -> Reply[R]:
        """Take over the reply to *request*, the message that is being handled.

        The handler then returns what it likes, and the agent goes on with its next
        message; any task settles the reply later, once. An agent that is stopped
        waits for the replies it has deferred.

        Args:
            request: the message that `Agent.handle` was called with.

        Returns:
            The reply. If nobody asked (the request was sent), settling it does
            nothing.

        Raises:
            ValueError: *request* is not the message that is being handled.
            RuntimeError: the reply to it was deferred before, or it was postponed.
            WrongRun: called from another thread or another Trio run.

        Example::

            case Render() as request:
                reply = self.context.defer(request)
                self.nursery.start_soon(self.render, request, reply)
        """
        self._life.check_home(request)
        turn = self._life.turn
        if self._life.lane is not None and self._life.lane.postponing:
            raise RuntimeError(
                f"agent {self.name!r} cannot defer the reply to {shown(request)}: "
                "it has postponed the message"
            )
        if turn is request:
            return Reply(None)
        if isinstance(turn, Ask) and turn.message is request:
            turn.defer()
            return Reply(turn)
        raise self._not_its_turn("defer the reply to", request)

    def _not_its_turn(self, what: str, message: object) -> ValueError:
        busy = "nothing" if self._life.turn is NOTHING else "another message"
        return ValueError(
            f"agent {self.name!r} cannot {what} {shown(message)}: it is handling {busy}"
        )

    def _life_of(self, handle: object) -> Life:
        target = life_of(handle, "what can be watched")
        self._life.check_home()
        target.check_home()
        return target
