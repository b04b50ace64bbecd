"""Turns that end in unusual ways."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Fate, Handle, Ledger, Reply, Request, start
from exeunt.exceptions import AgentClosed, Refusal, WrongRun


@attrs.frozen
class Do(Request[Any]):
    """What an agent is to call in its turn, with itself and with this request."""

    async_fn: Callable[["Doer", "Do"], Awaitable[object]]


@attrs.frozen
class LinkedDo(Do, linked=True): ...


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn(self, message)


async def do_nothing(doer: Doer, request: Do) -> None: ...


async def never_end(doer: Doer, request: Do) -> None:
    await trio.sleep_forever()


async def swallow_cancellation(doer: Doer, request: Do) -> str:
    try:
        await trio.sleep_forever()
    except trio.Cancelled:
        return "swallowed"


class Asker:
    """Asks in the background, and keeps what came of it."""

    def __init__(self, nursery: trio.Nursery, handle: Handle[Do], do: Do) -> None:
        self.results: list[object] = []
        self.scope = trio.CancelScope()
        nursery.start_soon(self._ask, handle, do)

    async def _ask(self, handle: Handle[Do], do: Do) -> None:
        with self.scope:
            try:
                self.results.append(await handle.ask(do))
            except Exception as error:
                self.results.append(error)

    @property
    def left(self) -> bool:
        return self.scope.cancelled_caught


async def test_a_turn_that_swallows_its_cancellation_is_handled(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, Do(swallow_cancellation))
    await wait_all_tasks_blocked()
    doer.send_nowait(Do(do_nothing))
    doer.cancel()
    outcome = await doer.wait_closed()
    await wait_all_tasks_blocked()
    assert asker.results == ["swallowed"]
    assert outcome.ledger == Ledger(accepted=2, handled=1, undelivered=1)


async def test_the_asker_of_a_killed_turn_hears_that_it_was_interrupted(
    nursery: trio.Nursery,
) -> None:
    async def press_ctrl_c(doer: Doer, request: Do) -> None:
        raise KeyboardInterrupt

    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            asker = Asker(nursery, doer, Do(press_ctrl_c))
    await wait_all_tasks_blocked()
    (error,) = asker.results
    assert isinstance(error, AgentClosed)
    assert error.fate is Fate.INTERRUPTED


async def test_a_message_whose_repr_fails_harms_nobody(nursery: trio.Nursery) -> None:
    class Unspeakable(Do):
        def __repr__(self) -> str:
            raise ZeroDivisionError

    doer = await start(nursery, Doer)
    askers: list[Asker] = []
    for request in (Do(never_end), Unspeakable(do_nothing), Do(do_nothing)):
        askers.append(Asker(nursery, doer, request))
        await wait_all_tasks_blocked()
    doer.cancel()
    outcome = await doer.wait_closed()
    await wait_all_tasks_blocked()
    for asker in askers:
        assert isinstance(asker.results[0], AgentClosed)
    assert outcome.ledger == Ledger(accepted=3, interrupted=1, undelivered=2)


async def test_a_scope_that_a_turn_leaves_open_is_a_crash() -> None:
    async def leave_a_scope_open(doer: Doer, request: Do) -> None:
        trio.CancelScope().__enter__()

    with pytest.RaisesGroup(RuntimeError):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            await doer.send(Do(leave_a_scope_open))
            doer.stop()


class Sealed(Exception):
    """An exception on which nothing can be set, and so no note either."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


async def test_an_exception_that_takes_no_note_harms_nobody(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    error = Sealed()

    async def fail(doer: Doer, request: Do) -> None:
        raise error

    with pytest.RaisesGroup(Sealed):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            askers = [Asker(nursery, doer, Do(fail)) for _ in range(2)]
    await trio.sleep(1)
    assert all(asker.results for asker in askers)


# --- linked turns ---


async def test_a_linked_turn_that_swallows_its_cancellation_is_handled(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, LinkedDo(swallow_cancellation))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    assert doer.statistics().ledger == Ledger(accepted=1, handled=1)


async def test_a_linked_turn_that_fails_while_being_cancelled_is_a_crash(
    nursery: trio.Nursery,
) -> None:
    async def fail_when_cancelled(doer: Doer, request: Do) -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError

    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            asker = Asker(nursery, doer, LinkedDo(fail_when_cancelled))
            await wait_all_tasks_blocked()
            asker.scope.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    assert doer.statistics().ledger == Ledger(accepted=1, failed=1)


async def test_a_linked_turn_may_be_cancelled_from_both_sides(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, LinkedDo(never_end))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    doer.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    assert doer.statistics().ledger == Ledger(accepted=1, interrupted=1)


async def test_leaving_a_chain_of_linked_requests_cancels_all_their_turns(
    nursery: trio.Nursery,
) -> None:
    async def ask_the_second(doer: Doer, request: Do) -> None:
        await second.ask(LinkedDo(never_end))

    first, second = await start(nursery, Doer), await start(nursery, Doer)
    asker = Asker(nursery, first, LinkedDo(ask_the_second))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    for doer in (first, second):
        assert doer.statistics().ledger == Ledger(accepted=1, interrupted=1)


async def test_a_linked_request_is_left_like_any_other_before_its_turn(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer, capacity=1)
    await doer.send(Do(never_end))
    await wait_all_tasks_blocked()
    queued = Asker(nursery, doer, LinkedDo(do_nothing))
    await wait_all_tasks_blocked()
    lined_up = Asker(nursery, doer, LinkedDo(do_nothing))
    await wait_all_tasks_blocked()
    queued.scope.cancel()
    lined_up.scope.cancel()
    await wait_all_tasks_blocked()
    assert queued.left
    assert lined_up.left
    doer.cancel()
    outcome = await doer.wait_closed()
    assert outcome.ledger == Ledger(accepted=2, interrupted=1, abandoned=1)


async def test_a_linked_turn_may_refuse_while_being_cancelled(
    nursery: trio.Nursery,
) -> None:
    async def refuse_when_cancelled(doer: Doer, request: Do) -> None:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(trio.sleep_forever)
            try:
                await trio.sleep_forever()
            finally:
                raise Refusal

    async with trio.open_nursery() as its_nursery:
        doer = await start(its_nursery, Doer)
        asker = Asker(nursery, doer, LinkedDo(refuse_when_cancelled))
        await wait_all_tasks_blocked()
        asker.scope.cancel()
        await wait_all_tasks_blocked()
        doer.stop()


async def test_leaving_a_linked_request_cancels_a_turn_that_has_deferred_it(
    nursery: trio.Nursery,
) -> None:
    async def defer_and_go_on(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))
        await trio.sleep_forever()

    replies: list[Reply[Any]] = []
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, LinkedDo(defer_and_go_on))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    assert doer.statistics().handling is None


async def test_the_asker_leaves_when_a_linked_turn_ended_by_deferring(
    nursery: trio.Nursery,
) -> None:
    async def defer_when_cancelled(doer: Doer, request: Do) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            replies.append(doer.context.defer(request))

    replies: list[Reply[Any]] = []
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, LinkedDo(defer_when_cancelled))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    await wait_all_tasks_blocked()
    left = asker.left
    replies.clear()  # or else nobody could ever leave
    assert doer.statistics().handling is None
    assert left


async def test_a_linked_request_that_was_deferred_can_be_left_at_once(
    nursery: trio.Nursery,
) -> None:
    async def defer(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))

    replies: list[Reply[Any]] = []
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, LinkedDo(defer))
    await wait_all_tasks_blocked()
    asker.scope.cancel()
    await wait_all_tasks_blocked()
    assert asker.left
    replies[0].send(3)
    await doer.aclose()
    assert doer.statistics().ledger == Ledger(accepted=1, handled=1)


# --- waits ---


async def test_a_reply_from_another_thread_is_refused_and_loses_nothing(
    nursery: trio.Nursery,
) -> None:
    async def defer(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))

    replies: list[Reply[Any]] = []
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, Do(defer))
    await wait_all_tasks_blocked()
    with pytest.raises(WrongRun) as raised:
        await trio.to_thread.run_sync(replies[0].send, 3)
    assert isinstance(raised.value.message, Do)
    replies[0].send(4)
    await wait_all_tasks_blocked()
    assert asker.results == [4]


async def test_a_wait_that_was_given_up_leaves_nothing_behind(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    for _ in range(100):
        with trio.CancelScope() as scope:
            scope.cancel()
            await doer.wait_closed()
    assert not doer._life.watchers
