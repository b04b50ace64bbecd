"""S4: stop."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, do_nothing

from exeunt import Agent, Reason, Reply, State, start, start_soon
from exeunt.exceptions import AgentClosed


async def test_S4_1_the_intake_is_closed_when_stop_returns(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    player.stop()
    with pytest.raises(AgentClosed):
        player.send_nowait(Line("too late"))
    with pytest.raises(AgentClosed):
        await player.ask(Line("too late"))


async def test_S4_2_everything_accepted_before_is_handled_in_order(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    player = await start(nursery, Player, said)
    for text in ("one", "two", "three"):
        player.send_nowait(Line(text, seconds=1))
    player.stop()
    outcome = await player.wait_closed()
    assert said == ["one", "two", "three"]
    assert outcome.ledger.handled == 3
    assert outcome.reason is Reason.STOPPED


async def test_S4_3_who_waits_for_room_is_refused_at_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player, capacity=0)
    await player.send(Line("long", seconds=9))
    message = Line("waits for room")
    sender = Call(nursery, player.send, message)
    await trio.sleep(1)

    player.stop()
    await wait_all_tasks_blocked()
    assert trio.current_time() == 1
    assert isinstance(sender.result, AgentClosed)
    assert sender.result.message is message


async def test_S4_4_stop_may_be_called_anywhere_and_repeated(
    nursery: trio.Nursery,
) -> None:
    async def stop_yourself() -> None:
        doer.stop()
        doer.stop()

    doer = await start(nursery, Doer)
    doer.send_nowait(Do(stop_yourself))
    doer.send_nowait(Do(do_nothing))
    outcome = await doer.wait_closed()
    assert outcome.ledger.handled == 2

    doer.stop()
    assert doer.statistics().state is State.CLOSED
    assert doer.outcome is outcome


class Postponer(Agent[Line]):
    """Defers its replies, which are settled a second later."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.helpers:
            yield

    async def handle(self, message: Line) -> None:
        reply = self.context.defer(message)
        self.helpers.start_soon(self.reply_later, reply, message.text)

    async def reply_later(self, reply: Reply[str], text: str) -> None:
        await trio.sleep(1)
        reply.send(text)


async def test_S4_5_a_draining_agent_waits_for_the_replies_it_deferred(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    postponer = await start(nursery, Postponer)
    asker = Call(nursery, postponer.ask, Line("later"))
    await wait_all_tasks_blocked()
    postponer.stop()
    await wait_all_tasks_blocked()
    assert postponer.statistics().state is State.DRAINING

    await postponer.wait_closed()
    assert trio.current_time() == 1
    assert asker.result == "later"


async def test_S4_6_an_agent_stopped_before_it_is_ready_handles_what_it_accepted(
    nursery: trio.Nursery,
) -> None:
    said: list[str] = []
    player = start_soon(nursery, Player, said)
    player.send_nowait(Line("accepted while it starts"))
    player.stop()
    outcome = await player.wait_closed()
    assert said == ["accepted while it starts"]
    assert outcome.reason is Reason.STOPPED
