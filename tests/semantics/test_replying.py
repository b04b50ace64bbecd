"""S14: replies that are put off."""
# ruff: noqa: N802 - the names begin with the ids of the promises

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Line

from exeunt import Agent, Fate, Ledger, Reply, State, start
from exeunt.exceptions import AgentClosed, ReplyDropped, WrongRun


class Postponer(Agent[Line]):
    """Defers its replies and leaves them to the test."""

    def __init__(self, replies: list[Reply[str]]) -> None:
        self.replies = replies

    async def handle(self, message: Line) -> None:
        self.replies.append(self.context.defer(message))
        await trio.sleep(message.seconds)


async def test_S14_1_the_agent_goes_on_and_any_task_replies_later(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    first = Call(nursery, postponer.ask, Line("first"))
    await wait_all_tasks_blocked()
    second = Call(nursery, postponer.ask, Line("second"))
    await wait_all_tasks_blocked()

    replies[1].send("to the second")
    await wait_all_tasks_blocked()
    assert first.pending
    assert second.result == "to the second"
    replies[0].send("to the first")
    await wait_all_tasks_blocked()
    assert first.result == "to the first"


async def test_S14_2_a_reply_is_settled_once(nursery: trio.Nursery) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    asker = Call(nursery, postponer.ask, Line("request"))
    await wait_all_tasks_blocked()
    with pytest.raises(WrongRun):
        await trio.to_thread.run_sync(replies[0].send, "from another thread")
    replies[0].send("once")
    with pytest.raises(RuntimeError):
        replies[0].send("twice")
    await wait_all_tasks_blocked()
    assert asker.result == "once"


async def test_S14_3_a_lost_reply_fails_its_asker_and_frees_a_draining_agent(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    request = Line("request")
    asker = Call(nursery, postponer.ask, request)
    await wait_all_tasks_blocked()
    postponer.stop()
    await wait_all_tasks_blocked()
    assert postponer.statistics().state is State.DRAINING

    replies.clear()
    await wait_all_tasks_blocked()
    assert isinstance(asker.result, ReplyDropped)
    assert asker.result.message is request
    assert postponer.closed


async def test_S14_4_if_the_agent_goes_first_settling_does_nothing(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    asker = Call(nursery, postponer.ask, Line("request"))
    await wait_all_tasks_blocked()
    postponer.cancel()
    await postponer.wait_closed()
    replies[0].send("too late")
    await wait_all_tasks_blocked()
    assert isinstance(asker.result, AgentClosed)
    assert asker.result.fate is Fate.HANDLED


async def test_S14_5_the_reply_to_a_sent_request_can_be_deferred_too(
    nursery: trio.Nursery,
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    await postponer.send(Line("nobody asks"))
    await wait_all_tasks_blocked()
    replies[0].send("nobody listens")
    await postponer.aclose()
    assert postponer.statistics().ledger == Ledger(accepted=1, handled=1)


async def test_S14_6_a_deferred_request_is_handled_when_its_turn_ends(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    Call(nursery, postponer.ask, Line("settled before", seconds=1))
    Call(nursery, postponer.ask, Line("settled after", seconds=1))
    await wait_all_tasks_blocked()
    replies[0].send("before the turn has ended")
    assert postponer.statistics().ledger.handled == 0
    await trio.sleep(3)
    assert postponer.statistics().ledger.handled == 2
    replies[1].send("long after")
    assert postponer.statistics().ledger.handled == 2


async def test_S14_7_a_reply_that_nobody_waits_for_keeps_no_agent(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    replies: list[Reply[str]] = []
    postponer = await start(nursery, Postponer, replies)
    asker = Call(nursery, postponer.ask, Line("asked"))
    await wait_all_tasks_blocked()
    postponer.stop()
    await trio.sleep(1)
    assert not postponer.closed
    asker.scope.cancel()
    await postponer.wait_closed()
    replies[0].send("too late")
    assert asker.cancelled
    assert postponer.statistics().ledger == Ledger(accepted=1, handled=1)
