"""The lane beside the mailbox, where several things meet in it."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Context, Handle, Ledger, Outcome, Request, start
from exeunt._core.ending import recall
from exeunt._core.life import Life
from exeunt._core.setting import Setting
from exeunt._core.start import begin, ready


class Get(Request[str]):
    """What somebody asks."""


class LinkedGet(Request[str], linked=True):
    """The same, linked."""


class Keeper:
    """Has everything started again."""

    def may_keep(self, life: Life) -> bool:
        return True

    def keeps(self, life: Life, failure: BaseException) -> bool:
        return True

    async def let_in(self, life: Life) -> bool:
        await trio.lowlevel.checkpoint()
        return True

    def called_off(self, life: Life) -> None: ...

    def came_in(self, life: Life) -> None: ...

    def settled(self, life: Life) -> None: ...

    def ended(self, life: Life) -> None: ...


class Picky(Agent[Any]):
    """Postpones "a" the first time; "recall" ends its incarnation."""

    def __init__(self, seen: list[object]) -> None:
        self.seen = seen

    async def handle(self, message: Any) -> None:
        if message == "a" and not self.seen:
            self.context.postpone(message)
            return
        self.seen.append(message)
        if message == "recall":
            recall(self.context._life)
        if message == "leave":
            self.context.handle.cancel()


def send_all(agent: Handle[Any], messages: str) -> None:
    for message in messages.split():
        agent.send_nowait(message)


async def test_what_was_in_the_hand_at_a_restart_comes_after_what_was_postponed(
    nursery: trio.Nursery,
) -> None:
    seen: list[object] = []
    agent = await ready(begin(nursery, Picky, (seen,), Setting(), Keeper()))
    send_all(agent, "a recall c d")
    await wait_all_tasks_blocked()
    assert seen == ["recall", "a", "c", "d"]
    agent.cancel()


async def test_what_was_in_the_hand_at_the_end_comes_after_what_was_postponed(
    nursery: trio.Nursery,
) -> None:
    agent = await start(nursery, Picky, [])
    send_all(agent, "a leave c d")
    outcome = await agent.wait_closed()
    assert outcome.undelivered == ("a", "c", "d")


async def test_what_is_postponed_again_while_others_come_back_is_the_oldest(
    nursery: trio.Nursery,
) -> None:
    class TwoFaced(Agent[str]):
        async def handle(self, message: str) -> None:
            if message == "go":
                self.context.become(self.go)
            else:
                self.context.postpone(message)

        async def go(self, message: str) -> None:
            if message == "a":
                self.context.postpone(message)
            else:
                self.context.handle.cancel()

    agent = await start(nursery, TwoFaced)
    send_all(agent, "a b c go d")
    outcome = await agent.wait_closed()
    assert outcome.undelivered == ("a", "c", "d")
    assert outcome.ledger == Ledger(accepted=5, handled=2, undelivered=3)


async def test_no_message_is_made_of_an_end_once_the_watcher_is_cancelled(
    nursery: trio.Nursery,
) -> None:
    class Leaver(Agent[Any]):
        async def handle(self, message: Any) -> None:
            self.context.watch(message, made.append)
            await message.aclose()
            self.context.handle.cancel()

    made: list[Outcome] = []
    watched = await start(nursery, Picky, [])
    leaver = await start(nursery, Leaver)
    await leaver.send(watched)
    outcome = await leaver.wait_closed()
    assert made == []
    assert outcome.ledger == Ledger(accepted=1, handled=1)


@pytest.mark.parametrize("fate", ["abandoned", "interrupted"])
async def test_a_linked_request_that_was_postponed_is_given_up_with_its_asker(
    fate: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Stubborn(Agent[Any]):
        async def handle(self, message: Any) -> None:
            self.context.postpone(message)
            try:
                await trio.sleep(2)
            except trio.Cancelled:
                if fate == "interrupted":
                    raise

    agent = await start(nursery, Stubborn)
    with trio.move_on_after(1) as scope:
        await agent.ask(LinkedGet())
    assert scope.cancelled_caught
    assert trio.current_time() == 1
    agent.stop()
    outcome = await agent.wait_closed()
    assert outcome.ledger == Ledger(accepted=1, **{fate: 1})


async def test_a_linked_asker_may_leave_while_its_request_is_postponed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Postponer(Agent[Any]):
        async def handle(self, message: Any) -> None:
            self.context.postpone(message)

    agent = await start(nursery, Postponer)
    with trio.move_on_after(1):
        await agent.ask(LinkedGet())
    agent.stop()
    outcome = await agent.wait_closed()
    assert outcome.ledger == Ledger(accepted=1, abandoned=1)


async def test_what_an_agent_watches_when_it_has_left_is_let_go(
    nursery: trio.Nursery,
) -> None:
    contexts: list[Context] = []

    class Giver(Agent[Any]):
        async def handle(self, message: Any) -> None:
            contexts.append(self.context)
            self.context.watch(message, lambda _: "left")
            self.context.timers.repeat("key", "tick", delay=60)

    watched = await start(nursery, Picky, [])
    giver = await start(nursery, Giver)
    await giver.send(watched)
    await giver.aclose()
    assert not watched._life.watchers
    assert "key" not in contexts[0].timers
    watched.cancel()


async def test_a_turn_may_postpone_its_message_twice(nursery: trio.Nursery) -> None:
    class Twice(Agent[Any]):
        async def handle(self, message: Any) -> None:
            self.context.postpone(message)
            self.context.postpone(message)

    agent = await start(nursery, Twice, capacity=1)
    await agent.send("once")
    agent.stop()
    outcome = await agent.wait_closed()
    assert outcome.undelivered == ("once",)


async def test_unwatching_a_stranger_does_nothing(nursery: trio.Nursery) -> None:
    agent = await start(nursery, Picky, [])
    stranger = await start(nursery, Picky, [])
    Context(agent._life).unwatch(stranger)
    agent.stop()
    stranger.stop()
    assert (await agent.wait_closed()).ledger == Ledger()


async def test_the_first_tick_comes_before_what_waits(nursery: trio.Nursery) -> None:
    class Ticker(Agent[Any]):
        async def handle(self, message: Any) -> None:
            seen.append(message)
            if message == "a":
                self.context.timers.once("key", "tick", after=0)

    seen: list[object] = []
    agent = await start(nursery, Ticker)
    send_all(agent, "a b")
    await wait_all_tasks_blocked()
    assert seen == ["a", "tick", "b"]
    agent.stop()
