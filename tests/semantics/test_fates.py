"""S2: each accepted message meets exactly one fate."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from contextlib import nullcontext, suppress
from math import inf
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Line, LinkedLine, Player

from exeunt import Ledger, start
from exeunt.exceptions import MailboxFull, Refusal


async def test_S2_1_handled_when_its_turn_came_to_its_end(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("sent"))
    await player.ask(Line("asked"))
    with pytest.raises(Refusal):
        await player.ask(Line("refused", error=Refusal()))
    assert player.statistics().ledger == Ledger(accepted=3, handled=3)


async def test_S2_2_failed_when_its_turn_raised() -> None:
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("oops", error=ValueError()))
    assert player.statistics().ledger == Ledger(accepted=1, failed=1)


async def test_S2_3_interrupted_when_its_turn_was_cancelled(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    with trio.move_on_after(1):
        await player.ask(LinkedLine("cancelled with its asker", seconds=9))
    await player.send(Line("cancelled with the agent", seconds=9))
    await wait_all_tasks_blocked()
    player.cancel()
    outcome = await player.wait_closed()
    assert outcome.ledger == Ledger(accepted=2, interrupted=2)


async def test_S2_4_abandoned_when_its_asker_left_first(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("long", seconds=9))
    with trio.move_on_after(1):
        await player.ask(Line("given up"))
    await player.aclose()
    assert player.statistics().ledger == Ledger(accepted=2, handled=1, abandoned=1)


async def test_S2_5_dropped_only_where_there_is_a_policy(
    nursery: trio.Nursery,
) -> None:
    cases: list[tuple[Any, Ledger]] = [
        ("wait", Ledger(accepted=2, handled=2)),
        ("drop_newest", Ledger(accepted=3, handled=2, dropped=1)),
    ]
    for overflow, ledger in cases:
        player = await start(nursery, Player, capacity=2, overflow=overflow)
        player.send_nowait(Line("one"))
        player.send_nowait(Line("two"))
        with pytest.raises(MailboxFull) if overflow == "wait" else nullcontext():
            player.send_nowait(Line("finds it full"))
        await player.aclose()
        assert player.statistics().ledger == ledger


async def test_S2_6_undelivered_when_its_turn_never_started(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    player.send_nowait(Line("one"))
    player.send_nowait(Line("two"))
    player.cancel()
    outcome = await player.wait_closed()
    assert outcome.ledger == Ledger(accepted=2, undelivered=2)


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("stop", None),
        ("cancel", None),
        ("cancelled from outside", None),
        ("crash", ValueError()),
        ("Ctrl-C", KeyboardInterrupt()),
    ],
)
async def test_S2_7_the_fates_add_up_however_an_agent_ends(
    end: str, error: BaseException | None, autojump_clock: MockClock
) -> None:
    with suppress(BaseExceptionGroup):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player, capacity=3)
            await player.send(Line("one"))
            await player.send(Line("two", seconds=2, error=error))
            await player.send(Line("three"))
            given_up = Call(nursery, player.ask, Line("four"))
            nursery.start_soon(player.send, Line("five"))
            await trio.sleep(1)
            given_up.scope.cancel()
            match end:
                case "stop":
                    player.stop()
                case "cancel":
                    player.cancel()
                case "cancelled from outside":
                    nursery.cancel_scope.cancel()

    assert player.outcome is not None
    assert player.outcome.ledger.accepted == 5
    assert player.outcome.ledger.settled == 5


async def test_S2_8_while_it_lives_the_rest_waits_or_is_being_handled(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("handled"))
    being_handled = Line("being handled", seconds=inf)
    await player.send(being_handled)
    await wait_all_tasks_blocked()
    await player.send(Line("waits"))
    await player.send(Line("waits too"))

    now = player.statistics()
    assert now.ledger == Ledger(accepted=4, handled=1)
    assert now.handling is being_handled
    assert now.waiting == 2


async def test_S2_9_the_undelivered_messages_come_back_the_oldest_first(
    nursery: trio.Nursery,
) -> None:
    sent = [Line("one"), Line("two"), Line("three")]
    player = await start(nursery, Player)
    for line in sent:
        player.send_nowait(line)
    player.cancel()
    outcome = await player.wait_closed()
    assert [id(line) for line in outcome.undelivered] == [id(line) for line in sent]
