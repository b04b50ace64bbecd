"""T11: messages about the ends of other agents."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from typing import Any

import pytest
import trio
from acting import Act, Actor, context_of, crash, rest, start_patiently
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Line, Player

from exeunt import Context, Ledger, Outcome, Reason, start
from exeunt.exceptions import AgentCrashed


@pytest.mark.parametrize("how", ["stop", "cancel", "crash"])
async def test_T11_1_an_end_is_one_message(how: str) -> None:
    seen: list[object] = []
    async with trio.open_nursery() as nursery:
        watcher = await start(nursery, Actor, seen)
        context = await context_of(watcher)
        try:
            async with trio.open_nursery() as its_nursery:
                player = await start(its_nursery, Player)
                context.watch(player, lambda outcome: outcome)
                await player.send(Line("last", error=ValueError()))
                if how != "crash":
                    getattr(player, how)()
        except* ValueError:
            pass
        await watcher.aclose()
    assert seen == [player.outcome]
    assert seen[0] is player.outcome


async def test_T11_2_an_end_that_is_past_is_one_too(nursery: trio.Nursery) -> None:
    seen: list[object] = []
    player = await start(nursery, Player, name="player")
    await player.aclose()
    watcher = await start(nursery, Actor, seen)
    context = await context_of(watcher)
    context.watch(player, lambda outcome: outcome.agent)
    await wait_all_tasks_blocked()
    assert seen == ["player"]


async def test_T11_3_it_comes_ahead_of_the_mailbox_in_the_order_of_the_ends(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    players = [await start(nursery, Player, name=name) for name in "abc"]
    watcher = await start(nursery, Actor, seen)
    context = await context_of(watcher)
    for player in players:
        context.watch(player, lambda outcome: outcome.agent)
    await watcher.send(Act(rest))
    await watcher.send("message")
    for player in reversed(players):
        await player.aclose()
    await watcher.aclose()
    assert seen == ["c", "b", "a", "message"]


@pytest.mark.parametrize("overflow", ["wait", "refuse", "drop_newest", "drop_oldest"])
async def test_T11_4_it_needs_no_room(
    overflow: Any, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    players = [await start(nursery, Player) for _ in range(3)]
    watcher = await start(nursery, Actor, seen, capacity=1, overflow=overflow)
    context = await context_of(watcher)
    for player in players:
        context.watch(player, lambda _: "left")
    watcher.send_nowait(Act(rest))
    await wait_all_tasks_blocked()
    watcher.send_nowait("message")
    for player in players:
        await player.aclose()
    assert watcher.statistics().waiting == 1
    await watcher.aclose()
    assert seen == ["left", "left", "left", "message"]


async def test_T11_5_watching_again_changes_the_message(
    nursery: trio.Nursery,
) -> None:
    seen: list[object] = []
    early, late = [await start(nursery, Player) for _ in range(2)]
    watcher = await start(nursery, Actor, seen)

    async def watch(context: Context, message: Act) -> None:
        for player in early, late:
            context.watch(player, lambda _: "replaced")
        await early.aclose()
        for player in early, late:
            context.watch(player, lambda outcome: outcome)
        await late.aclose()

    await watcher.ask(Act(watch))
    await wait_all_tasks_blocked()
    assert seen == [early.outcome, late.outcome]


async def test_T11_6_nothing_comes_after_unwatch(nursery: trio.Nursery) -> None:
    seen: list[object] = []
    early, late = [await start(nursery, Player) for _ in range(2)]
    watcher = await start(nursery, Actor, seen)

    async def watch(context: Context, message: Act) -> None:
        context.unwatch(early)  # which is not watched at all
        for player in early, late:
            context.watch(player, lambda outcome: outcome)
        await early.aclose()
        for player in early, late:
            context.unwatch(player)
        await late.aclose()

    await watcher.ask(Act(watch))
    await watcher.aclose()
    assert seen == []


async def test_T11_7_a_restart_is_no_end(nursery: trio.Nursery) -> None:
    seen: list[object] = []
    watcher = await start(nursery, Actor, seen)
    phoenix = await start_patiently(nursery, Actor)
    context = await context_of(watcher)
    context.watch(phoenix, lambda outcome: outcome.restarts)
    with pytest.raises(AgentCrashed):
        await phoenix.ask(Act(crash))
    await wait_all_tasks_blocked()
    assert phoenix.statistics().restarts == 1
    assert seen == []
    await phoenix.aclose()
    await watcher.aclose()
    assert seen == [1]


async def test_T11_8_watching_is_no_waiting(nursery: trio.Nursery) -> None:
    seen: list[object] = []
    actors = [await start(nursery, Actor, seen, name=name) for name in "ab"]
    contexts = [await context_of(actor) for actor in actors]
    for context, other in zip(contexts, reversed(actors), strict=True):
        context.watch(other, lambda outcome: outcome.agent)
    actors[0].stop()
    await wait_all_tasks_blocked()
    assert actors[0].closed
    assert seen == ["a"]
    assert not actors[1].closed
    actors[1].stop()


async def test_T11_9_who_drains_is_told_but_does_not_wait(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    short, long = [await start(nursery, Player) for _ in range(2)]
    watcher = await start(nursery, Actor, seen)
    context = await context_of(watcher)
    for player in short, long:
        context.watch(player, lambda outcome: outcome)
    await watcher.send(Act(rest))
    watcher.stop()
    await short.aclose()
    await watcher.wait_closed()
    assert not long.closed
    await long.aclose()
    assert seen == [short.outcome]


async def test_T11_10_it_is_accepted_when_its_turn_begins(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    made: list[Outcome] = []
    first, second = [await start(nursery, Player) for _ in range(2)]
    watcher = await start(nursery, Actor)
    context = await context_of(watcher)
    context.watch(first, made.append)
    await first.aclose()
    await wait_all_tasks_blocked()
    assert watcher.statistics().ledger == Ledger(accepted=2, handled=2)

    await watcher.send(Act(rest))
    await wait_all_tasks_blocked()
    context.watch(second, made.append)
    await second.aclose()
    watcher.cancel()
    outcome = await watcher.wait_closed()
    assert outcome.ledger == Ledger(accepted=3, handled=2, interrupted=1)
    assert made == [first.outcome]


async def test_T11_11_who_cannot_make_the_message_crashes() -> None:
    def fail(outcome: Outcome) -> None:
        raise ZeroDivisionError

    with pytest.RaisesGroup(ZeroDivisionError):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            watcher = await start(nursery, Actor)
            (await context_of(watcher)).watch(player, fail)
            await player.aclose()
    assert watcher.outcome is not None
    assert watcher.outcome.reason is Reason.CRASHED
    assert watcher.outcome.ledger == Ledger(accepted=1, handled=1)


async def test_T11_12_who_is_started_again_still_watches(
    nursery: trio.Nursery,
) -> None:
    seen: list[object] = []
    before, after = [await start(nursery, Player, name=name) for name in "ab"]
    watcher = await start_patiently(nursery, Actor, seen)

    async def watch_and_crash(context: Context, message: Act) -> None:
        for player in before, after:
            context.watch(player, lambda outcome: outcome.agent)
        await before.aclose()
        crash(context, message)

    with pytest.raises(AgentCrashed):
        await watcher.ask(Act(watch_and_crash))
    await after.aclose()
    await watcher.aclose()
    assert seen == ["a", "b"]
