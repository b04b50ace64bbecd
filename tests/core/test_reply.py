"""Replies that are refused, that come too late, and that get lost in strange ways."""

import gc
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Fate, Ledger, Reply, Request, start
from exeunt._core.ask import Stage
from exeunt.exceptions import AgentClosed, Refusal, ReplyDropped, WrongRun


class Get(Request[int]): ...


class Deferrer(Agent[Get]):
    """Gives its replies away."""

    def __init__(self, replies: list[Reply[int]]) -> None:
        self.replies = replies

    async def handle(self, message: Get) -> None:
        self.replies.append(self.context.defer(message))


class Busy(Deferrer):
    """Defers, and then goes on with its turn until it is told to end it."""

    def __init__(
        self, replies: list[Reply[int]], gate: trio.Event, error: Exception | None
    ) -> None:
        super().__init__(replies)
        self.gate = gate
        self.error = error

    async def handle(self, message: Get) -> None:
        await super().handle(message)
        await self.gate.wait()
        if self.error is not None:
            raise self.error


class Asker:
    """Asks in the background, and keeps what came of it."""

    def __init__(self, nursery: trio.Nursery, handle: Any) -> None:
        self.results: list[object] = []
        nursery.start_soon(self._ask, handle)

    async def _ask(self, handle: Any) -> None:
        try:
            self.results.append(await handle.ask(Get()))
        except Exception as error:
            self.results.append(error)


async def test_a_refused_reply_raises_in_the_asker(nursery: trio.Nursery) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    asker = Asker(nursery, deferrer)
    await wait_all_tasks_blocked()
    refusal = Refusal("not today")
    replies[0].refuse(refusal)
    with pytest.raises(RuntimeError):
        replies[0].send(3)
    await wait_all_tasks_blocked()
    assert asker.results == [refusal]


async def test_a_reply_to_an_asker_who_has_left_goes_nowhere(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    with trio.CancelScope() as scope:
        nursery.start_soon(cancel_when_blocked, scope)
        await deferrer.ask(Get())
    replies[0].send(3)
    await deferrer.aclose()
    assert deferrer.statistics().ledger == Ledger(accepted=1, handled=1)


async def cancel_when_blocked(scope: trio.CancelScope) -> None:
    await wait_all_tasks_blocked()
    scope.cancel()


async def test_a_reply_may_be_sent_before_its_turn_has_ended(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    gate = trio.Event()
    busy = await start(nursery, Busy, replies, gate, None)
    asker = Asker(nursery, busy)
    await wait_all_tasks_blocked()
    replies[0].send(3)
    await wait_all_tasks_blocked()
    assert asker.results == [3]
    assert busy.statistics().ledger == Ledger(accepted=1)
    gate.set()
    await busy.aclose()
    assert busy.statistics().ledger == Ledger(accepted=1, handled=1)


async def test_a_refusal_after_deferring_settles_the_reply(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    gate = trio.Event()
    gate.set()
    refusal = Refusal("changed my mind")
    busy = await start(nursery, Busy, replies, gate, refusal)
    with pytest.raises(Refusal) as raised:
        await busy.ask(Get())
    assert raised.value is refusal
    replies[0].send(3)  # comes too late for anybody
    await busy.aclose()


async def test_a_crash_after_deferring_fails_the_request(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    gate = trio.Event()
    gate.set()
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            busy = await start(its_nursery, Busy, replies, gate, ValueError())
            asker = Asker(nursery, busy)
    await wait_all_tasks_blocked()
    assert [getattr(result, "fate", None) for result in asker.results] == [Fate.FAILED]
    assert busy.statistics().ledger == Ledger(accepted=1, failed=1)


async def test_all_deferred_replies_are_answered_when_the_agent_is_cancelled(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    askers = [Asker(nursery, deferrer) for _ in range(3)]
    await wait_all_tasks_blocked()
    deferrer.cancel()
    await wait_all_tasks_blocked()
    for asker in askers:
        (result,) = asker.results
        assert isinstance(result, AgentClosed)
    replies.clear()  # loses them, and nobody minds any more
    await wait_all_tasks_blocked()


async def test_a_reply_that_nobody_asked_for_may_be_lost(nursery: trio.Nursery) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    await deferrer.send(Get())
    await wait_all_tasks_blocked()
    replies.clear()
    await deferrer.aclose()


async def test_a_reply_may_be_collected_in_another_thread(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    asker = Asker(nursery, deferrer)
    await wait_all_tasks_blocked()
    await trio.to_thread.run_sync(replies.clear)
    await wait_all_tasks_blocked()
    assert isinstance(asker.results[0], ReplyDropped)


async def test_a_reply_in_a_cycle_waits_for_the_garbage_collector(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    asker = Asker(nursery, deferrer)
    await wait_all_tasks_blocked()
    cycle: list[object] = [replies.pop()]
    cycle.append(cycle)
    del cycle
    gc.collect()
    await wait_all_tasks_blocked()
    assert isinstance(asker.results[0], ReplyDropped)


def test_a_reply_may_outlive_its_run() -> None:
    replies: list[Reply[int]] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            deferrer = await start(nursery, Deferrer, replies)
            nursery.start_soon(deferrer.ask, Get())
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()

    trio.run(main)
    replies.clear()


async def test_a_reply_may_be_lost_when_its_run_is_over() -> None:
    replies: list[Reply[int]] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            deferrer = await start(nursery, Deferrer, replies)
            Asker(nursery, deferrer)
            await wait_all_tasks_blocked()
            deferrer.cancel()

    await trio.to_thread.run_sync(trio.run, main)
    ask = replies[0]._ask
    assert ask is not None
    ask.stage = Stage.DEFERRED  # as if the collector had been just as late
    replies.clear()
    gc.collect()


async def test_a_reply_that_nobody_asked_for_stays_in_its_run(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    await deferrer.send(Get())
    await deferrer.aclose()
    with pytest.raises(WrongRun) as raised:
        await trio.to_thread.run_sync(replies[0].send, 3)
    assert raised.value.message is None
