"""S12 and S13: how an ask ends, and what leaving does."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from math import inf

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, LinkedLine, Player, attempt, do_nothing

from exeunt import Agent, Fate, Ledger, Reply, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock, Refusal


class Postponer(Agent[Line]):
    """Defers all its replies, and never settles one."""

    def __init__(self) -> None:
        self.replies: list[Reply[str]] = []

    async def handle(self, message: Line) -> None:
        self.replies.append(self.context.defer(message))


async def test_S12_1_ask_returns_what_handle_returned(nursery: trio.Nursery) -> None:
    player = await start(nursery, Player)
    assert await player.ask(Line("hello")) == "hello"


async def test_S12_2_an_ask_ends_in_one_of_these_ways() -> None:
    async def ask_yourself() -> object:
        return await attempt(doer.ask, Do(do_nothing))

    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            player = await start(nursery, Player)
            closed = await start(nursery, Player)
            await closed.aclose()

            assert await player.ask(Line("answer")) == "answer"
            with pytest.raises(Refusal):
                await player.ask(Line("no", error=Refusal()))
            with pytest.raises(AgentClosed):
                await closed.ask(Line("anybody there?"))
            assert isinstance(await doer.ask(Do(ask_yourself)), Deadlock)
            with trio.CancelScope() as scope:
                scope.cancel()
                await player.ask(Line("never mind"))
            assert scope.cancelled_caught
            with (
                trio.CancelScope(shield=True),
                pytest.raises(AgentCrashed),
            ):
                await player.ask(Line("oops", error=ValueError()))


@pytest.mark.parametrize("error", [None, ValueError()])
async def test_S12_3_each_asker_is_answered_wherever_its_request_is(
    error: Exception | None, autojump_clock: MockClock
) -> None:
    async with trio.open_nursery() as askers:
        try:
            async with trio.open_nursery() as nursery:
                postponer = await start(nursery, Postponer)
                player = await start(nursery, Player, capacity=1)
                deferred = Call(askers, postponer.ask, Line("deferred"))
                turn = Line("running", seconds=1, error=error)
                running = Call(askers, player.ask, turn)
                await wait_all_tasks_blocked()
                queued = Call(askers, player.ask, Line("queued"))
                await wait_all_tasks_blocked()
                lined_up = Call(askers, player.ask, Line("waits for room"))
                await wait_all_tasks_blocked()
                assert player.statistics().blocked_senders == 1
                if error is None:
                    player.cancel()
                    postponer.cancel()
        except* ValueError:
            assert error is not None
        await wait_all_tasks_blocked()
        calls = [deferred, running, queued, lined_up]
        assert not any(call.pending for call in calls)
        assert all(
            isinstance(call.result, AgentClosed | AgentCrashed) for call in calls
        )


async def test_S12_4_agent_closed_says_what_became_of_the_request(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    postponer = await start(nursery, Postponer)
    player = await start(nursery, Player)
    deferred = Call(nursery, postponer.ask, Line("deferred"))
    running = Call(nursery, player.ask, Line("running", seconds=inf))
    await wait_all_tasks_blocked()
    queued = Call(nursery, player.ask, Line("queued"))
    await wait_all_tasks_blocked()
    postponer.cancel()
    player.cancel()
    too_late = Call(nursery, player.ask, Line("too late"))
    await wait_all_tasks_blocked()

    assert deferred.result.fate is Fate.HANDLED
    assert running.result.fate is Fate.INTERRUPTED
    assert queued.result.fate is Fate.UNDELIVERED
    assert too_late.result.fate is None


async def test_S12_5_an_answer_that_is_there_is_not_lost(
    nursery: trio.Nursery,
) -> None:
    async def answer() -> str:
        return "the answer"

    async def cancel_the_asker() -> None:
        asker.scope.cancel()

    doer = await start(nursery, Doer)
    gate = trio.Event()
    await doer.send(Do(gate.wait))
    asker = Call(nursery, doer.ask, Do(answer))
    await wait_all_tasks_blocked()
    await doer.send(Do(cancel_the_asker))
    gate.set()  # Now the doer does both before the asker runs again.
    await wait_all_tasks_blocked()

    assert asker.scope.cancel_called
    assert not asker.cancelled
    assert asker.result == "the answer"


async def test_S13_1_a_request_left_before_its_turn_is_never_handled(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    player = await start(nursery, Player, said)
    await player.send(Line("long", seconds=9))
    with trio.move_on_after(1):
        await player.ask(Line("given up"))
    await player.aclose()
    assert said == ["long"]


async def test_S13_2_a_request_left_while_it_waits_for_room_was_never_accepted(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player, capacity=0)
    await player.send(Line("long", seconds=9))
    with trio.move_on_after(1):
        await player.ask(Line("given up"))
    await player.send(Line("next"))
    await player.aclose()
    assert player.statistics().ledger == Ledger(accepted=2, handled=2)


async def test_S13_3_a_turn_runs_to_its_end_although_its_asker_has_left(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    with trio.move_on_after(1):
        await player.ask(Line("long", seconds=9))
    assert trio.current_time() == 1
    await player.aclose()
    assert trio.current_time() == 9
    assert player.statistics().ledger == Ledger(accepted=1, handled=1)


async def test_S13_4_leaving_a_linked_request_cancels_that_one_turn(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    with trio.move_on_after(1) as scope:
        await player.ask(LinkedLine("long", seconds=9))
    assert scope.cancelled_caught
    assert await player.ask(Line("next")) == "next"
    assert trio.current_time() == 1
    ledger = player.statistics().ledger
    assert ledger == Ledger(accepted=2, interrupted=1, handled=1)


class SlowToYield(Agent[LinkedLine]):
    """Needs another two seconds once it is cancelled."""

    async def handle(self, message: LinkedLine) -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(2)


async def test_S13_5_the_asker_of_a_linked_request_leaves_when_its_turn_has_ended(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    slow = await start(nursery, SlowToYield)
    with trio.move_on_after(1):
        await slow.ask(LinkedLine("long"))
    assert trio.current_time() == 3
    assert slow.statistics().handling is None
