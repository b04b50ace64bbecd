"""The agent's own task, from its first line to its last.

It moves only along the table in `_model.lifecycle`. Ctrl-C is held back in all of it
but the agent's own code, so that a signal cannot come between taking a message and
noting that it was taken, while a handler that is stuck can still be broken.

One task step per message would make Trio's scheduler two thirds of the cost of a
message, so the loop takes what is there without pausing. It pauses once per
``capacity`` messages, which bounds what any other task waits; and it looks before
each message whether it has been cancelled.
"""

import warnings
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from math import inf
from typing import Any, TypeVar

import trio
from trio.lowlevel import (
    cancel_shielded_checkpoint,
    checkpoint_if_cancelled,
    disable_ki_protection,
    enable_ki_protection,
    wait_task_rescheduled,
)

from .._model.lifecycle import Event
from .._model.outcome import Fate
from ..exceptions import CleanupOverran
from .agent import Agent, has_lifespan
from .ask import Ask, Stage
from .ending import begin_again, retire
from .failures import event_for, left_after_cleanup, lone_refusal
from .front import Front
from .lane import NOTHING
from .life import Life
from .stream import Stream
from .trio_private import undisturbed
from .waiting import enter_life

T = TypeVar("T")
Handler = Callable[[Any], Awaitable[object]]


@enable_ki_protection
async def run(
    life: Life, factory: Callable[..., Agent[Any]], args: tuple[object, ...]
) -> None:
    """Live *life*: the whole of the agent's task."""
    enter_life(life)
    error: BaseException | None = None
    try:
        while True:  # one incarnation after the other; for most lives there is one
            life.stage = life.scope
            try:
                with life.scope:
                    try:
                        await _perform(life, factory, args)
                    except BaseException as raised:  # noqa: ASYNC103 - see below
                        error = raised
            except BaseException as raised:  # noqa: ASYNC103 - likewise
                # The agent's code has left a scope of its own open.
                error = left_after_cleanup(error, raised)
            retire(life, error)
            if not life.again:
                break
            error = None
            life.scope = trio.CancelScope(shield=True)
        # A cancellation has been obeyed and needs to go no further; the rest does,
        # unless who waits for the start gets it, or the keeper: it must not come twice.
        if life.error is not None and life.keeper is None and not life.start_awaited:
            raise life.error
    finally:
        del error
        life.close()


async def _perform(
    life: Life, factory: Callable[..., Agent[Any]], args: tuple[object, ...]
) -> None:
    if life.again:
        assert life.keeper is not None
        if not await life.keeper.let_in(life):
            return
        begin_again(life)
    agent = _engage(life, factory, args)
    life.handler = agent.handle  # lifespan may already choose another
    if isinstance(agent, Front):
        await agent.attend(life)
    elif has_lifespan(agent):
        await _attend_within(agent.lifespan(), life)
    else:
        await _attend(life)


def _engage(
    life: Life, factory: Callable[..., Agent[Any]], args: tuple[object, ...]
) -> Agent[Any]:
    """Have the agent made and tell it whose life it lives."""
    agent = _call(factory, args)
    if not isinstance(agent, Agent):
        raise TypeError(
            f"the factory of agent {life.name!r} returned {agent!r}; "
            "it has to return an Agent"
        )
    if hasattr(agent, "_life"):
        raise ValueError(
            f"the factory of agent {life.name!r} returned an agent that was started "
            "before; it has to make a new one each time"
        )
    object.__setattr__(agent, "_life", life)  # a frozen attrs class is fine too
    return agent


async def _attend_within(
    lifespan: AbstractAsyncContextManager[object], life: Life
) -> None:
    """Attend inside *lifespan*, and leave it without being disturbed.

    `Handle.cancel` cancels the innermost scope alone. So the tasks that lifespan runs
    stay until it is left, and a lifespan that cancels them first can still say
    goodbye; were they cancelled with the handler, their nursery would be too.
    """
    error: BaseException | None = None
    with trio.CancelScope() as cleanup:
        await _unprotected(lifespan.__aenter__)
        try:
            with trio.CancelScope() as life.scope:
                try:
                    await _attend(life)
                except BaseException as raised:  # noqa: ASYNC103 - goes on
                    error = raised
        except BaseException as raised:  # noqa: ASYNC103 - goes on
            error = left_after_cleanup(error, raised)
        retire(life, error)
        # Nothing from outside may cut the goodbyes short, but they end in time.
        cleanup.shield = True
        cleanup.deadline = trio.current_time() + life.cleanup
        try:
            await _unprotected(lifespan.__aexit__, *_exc_info(error))
        except BaseException as raised:  # noqa: ASYNC103 - goes on
            error = left_after_cleanup(error, raised)
    if cleanup.cancel_called:
        error = _overran(life, error)
    if error is not None:
        try:
            raise error
        finally:
            del error


def _exc_info(error: BaseException | None) -> tuple[object, object, object]:
    if error is None:
        return None, None, None
    return type(error), error, error.__traceback__


def _overran(life: Life, error: BaseException | None) -> BaseException | None:
    """Say that leaving lifespan was cut short, and return what leaves the agent."""
    life.cleanup_timed_out = True
    try:
        warnings.warn(
            f"agent {life.name!r} took more than {life.cleanup:g} s to leave its "
            "lifespan and was cut short",
            CleanupOverran,
            stacklevel=1,
        )
    except Exception as raised:  # where warnings are errors
        if error is None or event_for(error) is Event.CANCEL:
            return raised
    return error


async def _attend(life: Life) -> None:  # noqa: PLR0912, PLR0915
    """Handle messages until the intake is closed and nothing is left.

    The one long function here: a call less per message is worth having in it.
    """
    life.ready()
    mailbox, home, take = life.mailbox, life.home, life.mailbox.outlet.receive_nowait
    turns = max(1, mailbox.capacity)
    left, journal = turns, life.journal
    while True:
        item = NOTHING if life.lane is None else life.lane.next()
        if item is not NOTHING:
            mailbox.pass_on()
        else:
            try:
                item = take()
            except trio.WouldBlock:
                item = mailbox.call_in() if mailbox.line else NOTHING
            except trio.EndOfChannel:
                if not life.deferred:
                    if journal is not None:
                        life.note("rests")
                    # Cancelled while it slept: lifespan has to see that.
                    if not undisturbed(home):
                        await checkpoint_if_cancelled()
                    return
            else:
                if mailbox.line:
                    mailbox.admit()
        if item is NOTHING:
            if journal is not None:
                life.note("rests")
            if life.keeper is not None:
                life.keeper.settled(life)
            if life.lane is None or life.lane.due == inf:
                await wait_task_rescheduled(mailbox.fall_asleep())
            else:
                with trio.CancelScope(deadline=life.lane.due):
                    await wait_task_rescheduled(mailbox.fall_asleep())
            left = turns
            continue
        if not undisturbed(home):
            life.held = item
            await checkpoint_if_cancelled()
            life.held = NOTHING  # a deadline is over that Trio has not seen yet
        if type(item) is Ask or type(item) is Stream:
            await _answer(life, item)
        else:
            life.turn = item
            if journal is not None:
                journal.add(("begun", journal.now(), life, item))
            await _turn(life.handler, item)
            life.turn = NOTHING
            if life.lane is None or life.lane.turn_ended(item):
                life.handled += 1
        left -= 1
        if not left:
            if journal is not None:
                life.note("rests")
            if life.keeper is not None:
                life.keeper.settled(life)
            await cancel_shielded_checkpoint()
            left = turns


async def _answer(life: Life, ask: Ask) -> None:
    """Handle one request and give its asker the answer."""
    if ask.stage is not Stage.QUEUED:  # its asker has left
        life.count(ask, Fate.ABANDONED)
        return
    life.turn = ask
    if life.journal is not None:
        life.note("begun", ask)
    ask.stage = Stage.BEGUN
    if ask.life is not life:
        ask.pass_to(life)
    if not ask.linked:
        await _reply(life, ask, _turn)
        return
    with trio.CancelScope() as ask.turn:
        await _reply(life, ask, ask.produce if isinstance(ask, Stream) else _turn)
    if ask.turn.cancelled_caught:
        life.turn = NOTHING
        life.count(ask, Fate.INTERRUPTED)
        if life.lane is not None:
            life.lane.turn_ended(ask)
    ask.end_turn()


async def _reply(
    life: Life, ask: Ask, turn: Callable[[Handler, Any], Awaitable[object]]
) -> None:
    try:
        value = await turn(life.handler, ask.message)
    except BaseException as raised:  # noqa: ASYNC103 - a refusal
        if life.lane is not None:
            life.lane.postponing = False  # it has been answered, or is lost
        refusal = lone_refusal(raised)
        if refusal is None or ask.stage is Stage.SETTLED:
            raise  # also where the asker has its answer: nobody would hear it
        ask.settle(error=refusal)
    else:
        if life.lane is not None and life.lane.postponing:
            ask.postpone()
        elif ask.stage is Stage.BEGUN:  # and not deferred
            ask.settle(value)
    life.turn = NOTHING
    if life.lane is None or life.lane.turn_ended(ask):
        life.handled += 1
        if life.journal is not None:
            life.note("ended", ask, Fate.HANDLED)


@disable_ki_protection
async def _turn(handle: Handler, message: object) -> object:
    return await handle(message)


@disable_ki_protection
async def _unprotected(async_fn: Callable[..., Awaitable[T]], *args: Any) -> T:
    return await async_fn(*args)


@disable_ki_protection
def _call(factory: Callable[..., T], args: tuple[object, ...]) -> T:
    return factory(*args)
