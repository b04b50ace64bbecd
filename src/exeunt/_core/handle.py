"""What everybody but the agent itself holds of an agent."""

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar, final

import trio
from trio.lowlevel import cancel_shielded_checkpoint, enable_ki_protection

from .._model.lifecycle import State
from .._model.outcome import Outcome, Statistics
from .._model.request import Request
from . import regrets
from .ask import Ask, look
from .leaving import cancel_and_see_off, until_closed
from .life import Life
from .mailbox import refused, wait_for_room
from .stream import streamed
from .trio_private import task_here, undisturbed
from .waiting import Wait

M_contra = TypeVar("M_contra", contravariant=True)
R = TypeVar("R")


@final
class Handle(trio.abc.AsyncResource, Generic[M_contra]):
    """A way to one agent: send to it, ask it, stop it, wait for its end.

    Got from `start` or `start_soon`, never made. Any number of tasks may share it.
    It belongs to the Trio run in which the agent was started.

    ``async with handle:`` calls `aclose` at the end of the block.
    """

    __slots__ = ("_life",)

    def __init__(self, life: object = None) -> None:
        if not isinstance(life, Life):
            raise TypeError("a Handle is not made but got: await exeunt.start(...)")
        self._life = life

    def __repr__(self) -> str:
        return f"<Handle of {self._life.name!r}, {self._life.state}>"

    @property
    def name(self) -> str:
        """The agent's name."""
        return self._life.name

    @enable_ki_protection
    async def send(self, message: M_contra) -> None:
        """Put *message* into the mailbox, waiting for room if it is full.

        When this returns, the message was accepted and will meet exactly one fate;
        when it raises, it was not accepted. A checkpoint: always for cancellation,
        and for other tasks at least once per ``capacity`` messages.

        Args:
            message: anything the agent handles.

        Raises:
            AgentClosed: the agent takes no more messages.
            Deadlock: called by an agent, and waiting for room would close a ring.
            WrongRun: called from another thread or another Trio run.

        Example::

            await service.send(Set(42))
        """
        life = self._life
        task = undisturbed(life.home) or await look(life, message)
        mailbox = life.mailbox
        if mailbox.line:
            await wait_for_room(life, message)
            return
        try:
            mailbox.inlet.send_nowait(message)
        except trio.WouldBlock:
            await wait_for_room(life, message)
        except trio.ClosedResourceError:
            life.refuse(message)
        else:
            journal = life.journal
            if journal is not None:  # as Life.note does, but faster
                journal.add(("accepted", journal.now(), life, message, task))
            if mailbox.sleeper is not None:
                mailbox.wake()
            elif mailbox.drops:  # nothing else would make it give others a turn
                await cancel_shielded_checkpoint()

    @enable_ki_protection
    def send_nowait(self, message: M_contra) -> None:
        """Put *message* into the mailbox if there is room this instant.

        Args:
            message: anything the agent handles.

        Raises:
            MailboxFull: there is no room; a `trio.WouldBlock` too.
            AgentClosed: the agent takes no more messages.
            WrongRun: called from another thread or another Trio run.

        Example::

            try:
                display.send_nowait(Frame(pixels))
            except MailboxFull:
                pass  # the next frame will do
        """
        life = self._life
        life.check_home(message)
        try:
            if life.mailbox.line:
                raise trio.WouldBlock  # noqa: TRY301 - as the channel does
            life.mailbox.inlet.send_nowait(message)
        except trio.WouldBlock:
            bar = life.mailbox.bar(life, message) or regrets.no_room(life, message)
            raise refused(life, message, bar) from None
        except trio.ClosedResourceError:
            life.refuse(message)
        life.note("accepted", message, task_here())
        life.mailbox.wake()

    @enable_ki_protection
    async def ask(self, request: Request[R]) -> R:
        """Have *request* handled and return the answer.

        Always a checkpoint. It never hangs because of exeunt: it ends with the
        answer, with one of the errors below, or with the asker's own cancellation.
        There is no timeout; put a cancel scope around it. If the asker is cancelled
        before its request is started, the request is abandoned and never handled.
        Once started it runs to its end, unless the class of *request* is linked:
        then that turn is cancelled too, and the asker leaves when it has ended.

        Args:
            request: a `Request` that the agent handles.

        Returns:
            What the agent's handler returned, or what a deferred `Reply` sent.

        Raises:
            AgentCrashed: the agent crashed on this very request.
            AgentClosed: the agent takes no more messages, or left before it came to
                this one; the error says which.
            Refusal: the agent refused; it lives on.
            Deadlock: called by an agent, and the wait would close a ring.
            NotARequest: *request* is no `Request`.
            WrongRun: called from another thread or another Trio run.

        Example::

            with trio.move_on_after(2):
                balance = await bank.ask(Balance("alice"))
        """
        life = self._life
        if not isinstance(request, Request):
            raise regrets.no_request(life, request)
        if not undisturbed(life.home):
            await look(life, request)
        ask = Ask(life, request)
        ask.post()
        answer: R = await ask.answer()
        return answer

    def stream(
        self, request: Request[AsyncIterable[R]]
    ) -> AbstractAsyncContextManager[AsyncIterator[R]]:
        """Have *request* answered item by item, in an ``async with`` block.

        The agent makes an item when it is wanted, and nothing else happens in it until
        the block is left. That cancels the turn, if it goes on, and waits for its end.

        Args:
            request: a `Request` that is answered with an async iterable.

        Returns:
            The context manager, which gives an iterator, to be used in the block.

        Raises:
            NotARequest: *request* is no `Request`.
            Exception: on entering, or at an item, whatever `ask` raises there.
            TypeError: on entering, when the answer is no async iterable.

        Example::

            async with store.stream(Rows()) as rows:
                names = [row.name async for row in rows]
        """
        if not isinstance(request, Request):
            raise regrets.no_request(self._life, request)
        return streamed(self._life, request)

    def stop(self) -> None:
        """Ask the agent to finish what it has accepted and leave.

        The intake closes at this instant; whoever waits for room is refused at once,
        with its message. Everything accepted is handled in order. May be called
        anywhere in the agent's run, by the agent itself too, and repeated.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            service.stop()
            outcome = await service.wait_closed()
        """
        self._life.check_home()
        self._life.stop()

    def cancel(self, reason: str | None = None) -> None:
        """Ask the agent to leave now.

        The intake closes at this instant and no further handler starts. The one that
        is running is cancelled at its current checkpoint; what was not started comes
        back in ``outcome.undelivered``. May be called anywhere in the agent's run and
        repeated; after a `stop` it cuts the draining short.

        Args:
            reason: why, in words; it shows in the outcome and in `trio.Cancelled`.

        Raises:
            WrongRun: called from another thread or another Trio run.

        Example::

            service.cancel("the user has left")
        """
        self._life.check_home()
        self._life.cancel(reason)

    @enable_ki_protection
    async def aclose(self) -> None:
        """Stop the agent and wait until it has left.

        A checkpoint. If the wait is cancelled, the agent is cancelled and its leaving
        is awaited, so that ``with trio.move_on_after(5): await handle.aclose()`` means
        "drain, but for five seconds at the most".

        Raises:
            Deadlock: called by an agent, and the wait would close a ring; nothing was
                stopped.
            WrongRun: called from another thread or another Trio run.

        Example::

            await service.aclose()
        """
        life = self._life
        life.check_home()
        wait = Wait(life)
        life.stop()
        try:
            await until_closed(life, wait)
        except BaseException:
            await cancel_and_see_off(life, "its aclose was cancelled")  # noqa: ASYNC102
            raise

    @enable_ki_protection
    async def wait_closed(self) -> Outcome:
        """Wait until the agent has left, and return how.

        Always a checkpoint. Everybody gets the same outcome, whether they began to
        wait before the end or after it.

        Returns:
            The outcome, with the ledger and the undelivered messages.

        Raises:
            Deadlock: called by an agent, and the wait would close a ring.
            WrongRun: called from another thread or another Trio run.

        Example::

            outcome = await service.wait_closed()
            print("never handled:", *outcome.undelivered)
        """
        self._life.check_home()
        return await until_closed(self._life, Wait(self._life))

    @property
    def closed(self) -> bool:
        """Whether the agent has left. Then `outcome` is there."""
        return self._life.state is State.CLOSED

    @property
    def outcome(self) -> Outcome | None:
        """How the agent left, or None while it is on stage."""
        return self._life.outcome if self.closed else None

    def statistics(self) -> Statistics:
        """Return where the agent stands and what it holds, as it is at this instant.

        Example::

            print(service.statistics().waiting, "messages wait in the mailbox")
        """
        return self._life.statistics()
