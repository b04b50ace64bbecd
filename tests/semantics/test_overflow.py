"""T13: what happens to a message for which there is no room."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import Callable, Hashable
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, attempt, do_nothing

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Outcome,
    Reason,
    Request,
    open_supervisor,
    start,
)
from exeunt.exceptions import AgentClosed, Deadlock, MailboxFull, MessageDropped


@attrs.frozen
class Price(Request[int]):
    """What a thing costs; the thing is its key."""

    of: Hashable
    is_: int


def thing(price: Price) -> Hashable:
    return price.of


class Board(Agent[Price | Outcome | str]):
    """Shows prices. Each turn waits at the gate."""

    def __init__(self, shown: list[Any], gate: trio.Event) -> None:
        self.shown = shown
        self.gate = gate

    async def handle(self, message: Price | Outcome | str) -> int:
        self.shown.append(message)
        await self.gate.wait()
        return len(self.shown)


@attrs.define
class Stage:
    """A board that is in a turn, so that nothing leaves its mailbox."""

    board: Handle[Any]
    shown: list[Any]
    gate: trio.Event

    async def leave(self) -> list[Any]:
        """Let the board show everything, and return what came after the first."""
        self.gate.set()
        await self.board.aclose()
        return self.shown[1:]


async def busy(nursery: trio.Nursery, **options: Any) -> Stage:
    shown: list[Any] = []
    gate = trio.Event()
    board = await start(nursery, Board, shown, gate, **options)
    await board.send(Price("nothing", 0))
    await wait_all_tasks_blocked()
    return Stage(board, shown, gate)


async def test_T13_1_with_wait_nothing_is_dropped(nursery: trio.Nursery) -> None:
    it = await busy(nursery, capacity=2)
    calls = []
    for number in range(6):
        calls.append(Call(nursery, it.board.send, str(number)))
        await wait_all_tasks_blocked()
    assert [call.pending for call in calls] == [False, False, True, True, True, True]
    it.gate.set()
    await wait_all_tasks_blocked()
    assert await it.leave() == ["0", "1", "2", "3", "4", "5"]
    assert it.board.statistics().ledger == Ledger(accepted=7, handled=7)


async def test_T13_2_with_refuse_nobody_waits_and_nothing_is_dropped(
    nursery: trio.Nursery,
) -> None:
    it = await busy(nursery, capacity=1, overflow="refuse")
    await it.board.send(Price("tea", 1))
    refused = Price("tea", 2)
    with pytest.raises(MailboxFull) as by_send:
        await it.board.send(refused)
    with pytest.raises(MailboxFull):
        it.board.send_nowait(refused)
    with pytest.raises(MailboxFull) as by_ask:
        await it.board.ask(refused)
    assert by_send.value.message is by_ask.value.message is refused
    assert await it.leave() == [Price("tea", 1)]
    assert it.board.statistics().ledger == Ledger(accepted=2, handled=2)

    async def send_twice() -> None:
        await doer.send(Do(do_nothing))
        with pytest.raises(MailboxFull):
            await doer.send(Do(do_nothing))

    doer = await start(nursery, Doer, capacity=1, overflow="refuse")
    await doer.ask(Do(send_twice))
    await doer.aclose()


async def test_T13_3_drop_newest_keeps_the_first(nursery: trio.Nursery) -> None:
    it = await busy(nursery, capacity=3, overflow="drop_newest")
    for number in range(8):
        await it.board.send(str(number))
    assert await it.leave() == ["0", "1", "2"]


async def test_T13_4_drop_oldest_keeps_the_last(nursery: trio.Nursery) -> None:
    it = await busy(nursery, capacity=3, overflow="drop_oldest")
    for number in range(8):
        await it.board.send(str(number))
    assert await it.leave() == ["5", "6", "7"]


async def test_T13_5_latest_keeps_the_newest_of_a_key_in_the_place_of_the_first(
    nursery: trio.Nursery,
) -> None:
    it = await busy(nursery, capacity=9, overflow="latest", key=thing)
    for of, is_ in ("tea", 1), ("jam", 1), ("tea", 2), ("ale", 1), ("tea", 3):
        it.board.send_nowait(Price(of, is_))
    assert await it.leave() == [Price("tea", 3), Price("jam", 1), Price("ale", 1)]
    assert it.board.statistics().ledger.dropped == 2


async def test_T13_6_latest_waits_with_a_new_key_and_nobody_jumps_the_line(
    nursery: trio.Nursery,
) -> None:
    it = await busy(nursery, capacity=2, overflow="latest", key=thing)
    await it.board.send(Price("tea", 1))
    await it.board.send(Price("jam", 1))
    with pytest.raises(MailboxFull):
        it.board.send_nowait(Price("ale", 1))
    calls = []
    for price in Price("ale", 1), Price("ale", 2), Price("jam", 2), Price("rum", 1):
        calls.append(Call(nursery, it.board.send, price))
        await wait_all_tasks_blocked()
    with pytest.raises(MailboxFull):
        it.board.send_nowait(Price("jam", 3))
    assert all(call.pending for call in calls)

    it.gate.set()
    await wait_all_tasks_blocked()
    assert not any(call.pending or call.result for call in calls)
    # When the tea had left, one new key got in, and the next two needed no more room.
    left = [Price("tea", 1), Price("jam", 2), Price("ale", 2), Price("rum", 1)]
    assert await it.leave() == left


async def test_T13_7_dropped_is_a_fate_from_that_instant_on(
    nursery: trio.Nursery,
) -> None:
    policies: list[dict[str, Any]] = [
        {"overflow": "drop_newest"},
        {"overflow": "drop_oldest"},
        {"overflow": "latest", "key": lambda _: 1},
    ]
    for policy in policies:
        it = await busy(nursery, capacity=1, **policy)
        it.board.send_nowait(Price("tea", 1))
        assert it.board.statistics().ledger == Ledger(accepted=2)
        it.board.send_nowait(Price("tea", 2))
        assert it.board.statistics().ledger == Ledger(accepted=3, dropped=1)
        await it.leave()
        ledger = it.board.statistics().ledger
        assert ledger == Ledger(accepted=3, handled=2, dropped=1)


async def test_T13_8_the_asker_of_a_dropped_request_hears_of_it_at_once(
    nursery: trio.Nursery,
) -> None:
    first, second = Price("tea", 1), Price("tea", 2)
    for overflow, dropped in ("drop_newest", second), ("drop_oldest", first):
        it = await busy(nursery, capacity=1, overflow=overflow)
        calls = {}
        for price in first, second:
            calls[price] = Call(nursery, it.board.ask, price)
            await wait_all_tasks_blocked()
        error = calls[dropped].result
        assert isinstance(error, MessageDropped)
        assert error.message is dropped
        assert sum(call.pending for call in calls.values()) == 1
        await it.leave()


async def test_T13_9_a_request_whose_asker_had_left_is_abandoned(
    nursery: trio.Nursery,
) -> None:
    it = await busy(nursery, capacity=1, overflow="drop_oldest")
    call = Call(nursery, it.board.ask, Price("tea", 1))
    await wait_all_tasks_blocked()
    call.scope.cancel()
    await wait_all_tasks_blocked()
    it.board.send_nowait(Price("tea", 2))
    assert it.board.statistics().ledger == Ledger(accepted=3, abandoned=1)
    await it.leave()


@attrs.define
class Watchful(Agent[Any]):
    """Watches somebody, has a timer, postpones, waits: whatever it is told to."""

    shown: list[Any]
    gate: trio.Event
    watched: Handle[Any]

    async def handle(self, message: Any) -> None:
        self.shown.append(message)
        match message:
            case "postpone":
                self.context.postpone(message)
            case "watch":
                self.context.watch(self.watched, itself)
            case "tick in a second":
                self.context.timers.once("tick", "tick", after=1)
            case "wait":
                await self.gate.wait()


def itself(outcome: Outcome) -> Outcome:
    return outcome


async def test_T13_10_only_what_is_in_the_mailbox_is_dropped(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    it = await busy(nursery)
    told = ["postpone", "watch", "tick in a second", "wait"]
    watchful = await start(
        nursery,
        Watchful,
        it.shown,
        it.gate,
        it.board,
        capacity=2,
        overflow="drop_oldest",
    )
    for message in told:
        watchful.send_nowait(message)
        await wait_all_tasks_blocked()
    for message in "too old", "old", "new":
        watchful.send_nowait(message)
    it.board.cancel()
    await trio.sleep(2)
    it.gate.set()
    await wait_all_tasks_blocked()
    assert it.shown[1:5] == told
    assert {*it.shown[5:]} == {it.board.outcome, "tick", "old", "new"}
    watchful.stop()
    outcome = await watchful.wait_closed()
    assert outcome.undelivered == ("postpone",)
    assert outcome.ledger.dropped == 1

    for overflow in "drop_newest", "drop_oldest":
        it = await busy(nursery, capacity=1, overflow=overflow)
        it.board.send_nowait("waits")
        it.board.cancel()
        outcome = await it.board.wait_closed()
        assert outcome.reason is Reason.CANCELLED
        assert outcome.ledger == Ledger(accepted=2, interrupted=1, undelivered=1)


async def test_T13_11_policy_and_messages_survive_a_restart() -> None:
    said: list[str] = []
    gate = trio.Event()

    class Fragile(Agent[str]):
        async def handle(self, message: str) -> None:
            said.append(message)
            if message == "crash":
                await gate.wait()
                raise ValueError
            await again.wait()

    again = trio.Event()
    async with open_supervisor() as supervisor:
        fragile = await supervisor.start(
            Fragile, restart="transient", capacity=2, overflow="drop_oldest"
        )
        fragile.send_nowait("crash")
        await wait_all_tasks_blocked()
        for text in "abc":
            fragile.send_nowait(text)
        gate.set()
        await wait_all_tasks_blocked()
        assert said == ["crash", "b"]
        for text in "def":
            fragile.send_nowait(text)
        again.set()
    assert said == ["crash", "b", "e", "f"]
    outcome = fragile.outcome
    assert outcome is not None
    assert outcome.restarts == 1
    assert outcome.ledger == Ledger(accepted=7, handled=3, failed=1, dropped=3)


async def test_T13_12_a_sender_to_an_agent_that_drops_lets_others_run(
    nursery: trio.Nursery,
) -> None:
    steps = 0

    async def count_steps() -> None:
        nonlocal steps
        while True:
            steps += 1
            await trio.lowlevel.checkpoint()

    for overflow in "drop_newest", "drop_oldest":
        steps = 0
        said: list[str] = []
        player = await start(nursery, Player, said, capacity=4, overflow=overflow)
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as others:
                others.start_soon(count_steps)
                for number in range(40):
                    await player.send(Line(str(number)))
                scope.cancel()
        assert steps >= 40 / 4
        assert said
        await player.aclose()


async def test_T13_13_a_key_that_fails_is_its_senders_error(
    nursery: trio.Nursery,
) -> None:
    def key(message: Any) -> Hashable:
        if message == "bad":
            raise ValueError("no key")
        return [] if message == "odd" else thing(message)  # type: ignore[return-value]

    it = await busy(nursery, capacity=1, overflow="latest", key=key)
    for message, kind in ("bad", ValueError), ("odd", TypeError):
        with pytest.raises(kind):
            it.board.send_nowait(message)
        with pytest.raises(kind):
            await it.board.send(message)
    await it.board.send(Price("tea", 1))
    # Where others wait already, it does not get to the door at once.
    others = Call(nursery, it.board.send, Price("jam", 1))
    await wait_all_tasks_blocked()
    bad, odd = Call(nursery, it.board.send, "bad"), Call(nursery, it.board.send, "odd")
    await wait_all_tasks_blocked()
    it.gate.set()
    await wait_all_tasks_blocked()
    assert not others.pending
    assert type(bad.result) is ValueError
    assert type(odd.result) is TypeError
    assert await it.leave() == [Price("tea", 1), Price("jam", 1)]
    assert it.board.statistics().ledger == Ledger(accepted=3, handled=3)


async def test_an_ask_whose_key_fails_is_no_edge_any_more(
    nursery: trio.Nursery,
) -> None:
    def key(message: Do) -> Hashable:
        raise ValueError("no key")

    async def ask_and_be_asked() -> object:
        with pytest.raises(ValueError, match="no key"):
            await other.ask(Do(do_nothing))
        return await attempt(doer.ask, Do(do_nothing))

    async def ask(asked: Callable[..., Any]) -> object:
        return await attempt(asked, Do(do_nothing))

    doer = await start(nursery, Doer)
    other = await start(nursery, Doer, overflow="latest", key=key)
    assert isinstance(await doer.ask(Do(ask_and_be_asked)), Deadlock)
    assert not isinstance(await doer.ask(Do(ask, other.ask)), AgentClosed | Deadlock)
    doer.stop()
    other.stop()
