"""S5: cancel."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from math import inf

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Do, Doer, Line, Player, do_nothing

from exeunt import Ledger, Reason, start
from exeunt.exceptions import AgentClosed


async def test_S5_1_the_intake_is_closed_when_cancel_returns(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    player.cancel()
    with pytest.raises(AgentClosed):
        player.send_nowait(Line("too late"))
    with pytest.raises(AgentClosed):
        await player.ask(Line("too late"))


async def test_S5_2_the_running_turn_is_cancelled_at_its_checkpoint(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    ended: list[float] = []

    async def never_end() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.append(trio.current_time())

    doer = await start(nursery, Doer)
    await doer.send(Do(never_end))
    await trio.sleep(1)
    doer.cancel()
    await doer.wait_closed()
    assert ended == [1]


async def test_S5_3_no_turn_starts_after_cancel(nursery: trio.Nursery) -> None:
    async def cancel_yourself() -> None:
        doer.cancel()

    doer = await start(nursery, Doer)
    doer.send_nowait(Do(cancel_yourself))  # a turn without a checkpoint
    doer.send_nowait(Do(do_nothing))
    outcome = await doer.wait_closed()
    assert outcome.ledger == Ledger(accepted=2, handled=1, undelivered=1)


async def test_S5_4_what_was_not_started_is_undelivered(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("started", seconds=inf))
    await wait_all_tasks_blocked()
    waiting = [Line("one"), Line("two")]
    for line in waiting:
        player.send_nowait(line)
    player.cancel()
    outcome = await player.wait_closed()
    assert list(outcome.undelivered) == waiting


async def test_S5_5_the_outcome_keeps_what_the_first_cancel_was_told(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    player.cancel("no more money")
    player.cancel("no more time")
    outcome = await player.wait_closed()
    assert outcome.cancel_reason == "no more money"


async def test_S5_6_cancel_may_be_called_anywhere_and_repeated(
    nursery: trio.Nursery,
) -> None:
    async def cancel_yourself() -> None:
        doer.cancel("enough")
        doer.cancel()
        await trio.lowlevel.checkpoint()

    doer = await start(nursery, Doer)
    doer.send_nowait(Do(cancel_yourself))
    outcome = await doer.wait_closed()
    assert outcome.reason is Reason.CANCELLED
    assert outcome.ledger == Ledger(accepted=1, interrupted=1)

    doer.cancel("again")
    assert doer.outcome is outcome


async def test_S5_7_cancelled_from_outside_the_intake_closes_a_moment_later() -> None:
    async with trio.open_nursery() as nursery:
        player = await start(nursery, Player)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
        player.send_nowait(Line("just in time"))

    with pytest.raises(AgentClosed):
        await player.send(Line("too late"))
    assert player.outcome is not None
    assert player.outcome.reason is Reason.CANCELLED
    assert player.outcome.undelivered == (Line("just in time"),)
