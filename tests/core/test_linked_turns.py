"""Turns of linked requests: who leaves when, and what becomes of the agent."""

from typing import Any

import pytest
import trio
from askers import (
    Asker,
    Do,
    Doer,
    LinkedDo,
    do_nothing,
    never_end,
    swallow_cancellation,
)
from trio.testing import wait_all_tasks_blocked

from exeunt import Ledger, Reply, start
from exeunt.exceptions import Refusal


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
