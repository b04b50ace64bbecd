"""T15: messages that are postponed, and behaviour that changes."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from acting import Act, Actor, context_of, crash, rest, start_patiently
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Line, LinkedLine

from exeunt import Context, Fate, Handle, Ledger, Reason, start
from exeunt.exceptions import AgentClosed, AgentCrashed, PostponedTooMuch, Refusal


class Door(Actor):
    """Postpones what comes while it is closed, and notes what comes when it is open."""

    async def handle(self, message: object) -> object:
        match message:
            case Act():
                return await super().handle(message)
            case "open":
                self.context.become(self.opened)
            case "ajar":
                self.context.become(self.ajar)
            case _:
                self.context.postpone(message)
        if isinstance(message, Line):
            await trio.sleep(message.seconds)
            if message.error is not None:
                raise message.error
        return None

    async def opened(self, message: object) -> object:
        match message:
            case Act():
                return await super().handle(message)
            case "close":
                self.context.become(self.handle)
                return None
            case Line(text):
                self.seen.append(text)
                return text
        self.seen.append(message)
        return None

    async def ajar(self, message: object) -> object:
        """Let one message in, and close the door."""
        self.context.become(self.handle)
        return await self.opened(message)


async def send_all(door: Handle[object], *messages: object) -> None:
    for message in messages:
        await door.send(message)
    await wait_all_tasks_blocked()


async def test_T15_1_what_is_postponed_is_kept_and_its_asker_waits(
    nursery: trio.Nursery,
) -> None:
    door = await start(nursery, Door)
    asker = Call(nursery, door.ask, Line("asked"))
    await send_all(door, "sent")
    assert asker.pending
    assert door.statistics().waiting == 2
    assert door.statistics().ledger == Ledger(accepted=2)
    await send_all(door, "open")
    assert asker.result == "asked"
    assert door.statistics().ledger == Ledger(accepted=3, handled=3)
    door.stop()


async def test_T15_2_it_comes_back_in_its_old_order_before_the_mailbox(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    await send_all(door, "a", "b", Act(rest), "open", "c", "d")
    await door.aclose()
    assert seen == ["a", "b", "c", "d"]


async def test_T15_3_another_handler_has_the_next_turn(
    nursery: trio.Nursery,
) -> None:
    class Open(Door):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            self.context.become(self.opened)
            yield

    seen: list[object] = []
    door = await start(nursery, Open, seen)

    async def close(context: Context, message: Act) -> str:
        context.become(closed)
        await trio.lowlevel.checkpoint()
        return "the turn that changes it is the old one's"

    async def closed(message: object) -> None:
        seen.append(f"closed to {message}")

    await door.send("a")
    assert await door.ask(Act(close)) == "the turn that changes it is the old one's"
    await door.send("b")
    await door.aclose()
    assert seen == ["a", "closed to b"]


async def test_T15_4_what_is_postponed_again_keeps_its_place(
    nursery: trio.Nursery,
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    await send_all(door, "a", "b", "c", "ajar")
    assert seen == ["a"]
    await send_all(door, "d", "ajar")
    assert seen == ["a", "b"]
    await send_all(door, "open", "e")
    assert seen == ["a", "b", "c", "d", "e"]
    door.stop()


@pytest.mark.parametrize("capacity", [0, 1, 3])
async def test_T15_5_no_more_is_postponed_than_the_mailbox_may_hold(
    capacity: int, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Full(Door):
        async def handle(self, message: object) -> object:
            try:
                return await super().handle(message)
            except PostponedTooMuch as error:
                assert error.message is message
                raise Refusal from error

    door = await start(nursery, Full, capacity=capacity)
    room = max(1, capacity)
    for number in range(room - 1):
        await door.send(number)
    with trio.move_on_after(1):
        await door.ask(Line("of an asker who leaves"))
    await send_all(door, "takes its place")
    assert door.statistics().waiting <= room
    with pytest.raises(Refusal):
        await door.ask(Line("too much"))
    assert door.statistics().waiting == room
    door.stop()
    ledger = (await door.wait_closed()).ledger
    assert (ledger.handled, ledger.abandoned, ledger.undelivered) == (1, 1, room)


async def test_T15_6_it_is_abandoned_when_its_asker_leaves(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    for request in Line("later"), Line("in its turn", seconds=2):
        with trio.move_on_after(1):
            await door.ask(request)
    await trio.sleep(2)
    await send_all(door, "open")
    assert seen == []
    assert door.statistics().ledger == Ledger(accepted=3, handled=1, abandoned=2)
    door.stop()


async def test_T15_7_a_turn_that_does_not_return_postpones_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    with pytest.raises(Refusal):
        await door.ask(Line("refused", error=Refusal()))
    with trio.move_on_after(1):
        await door.ask(LinkedLine("interrupted", seconds=2))
    await send_all(door, "open", "a")
    assert seen == ["a"]
    expected = Ledger(accepted=4, handled=3, interrupted=1)
    assert door.statistics().ledger == expected
    door.stop()

    door = await start_patiently(nursery, Door, seen)
    with pytest.raises(AgentCrashed):
        await door.ask(Line("failed", error=ValueError()))
    await send_all(door, "open", "b")
    assert seen == ["a", "b"]
    assert door.statistics().ledger == Ledger(accepted=3, handled=2, failed=1)
    door.stop()


async def test_T15_8_only_the_message_of_the_turn_is_postponed_or_its_reply_deferred(
    nursery: trio.Nursery,
) -> None:
    def postpone_another(context: Context, message: Act) -> None:
        context.postpone(Act(postpone_another))

    def postpone_and_defer(context: Context, message: Act) -> None:
        context.postpone(message)
        context.defer(message)

    def defer_and_postpone(context: Context, message: Act) -> None:
        reply = context.defer(message)
        try:
            context.postpone(message)
        except RuntimeError:
            reply.send("refused to postpone it")

    door = await start_patiently(nursery, Door)
    context = await context_of(door)
    with pytest.raises(ValueError):
        context.postpone("no turn is running")
    for act, error in (
        (postpone_another, ValueError),
        (postpone_and_defer, RuntimeError),
    ):
        with pytest.raises(AgentCrashed) as raised:
            await door.ask(Act(act))
        assert isinstance(raised.value.__cause__, error)
    assert await door.ask(Act(defer_and_postpone)) == "refused to postpone it"
    assert door.statistics().waiting == 0
    door.stop()


@pytest.mark.parametrize("how", ["stop", "cancel"])
async def test_T15_9_what_is_postponed_at_the_end_is_undelivered_in_its_old_order(
    how: str, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    door = await start(nursery, Door)
    asker = Call(nursery, door.ask, Line("asked"))
    await wait_all_tasks_blocked()
    await send_all(door, "b", "c", "ajar", "d")
    await door.send(Act(rest))
    await door.send("e")
    await wait_all_tasks_blocked()
    getattr(door, how)()
    outcome = await door.wait_closed()
    assert asker.result == "asked"
    assert outcome.undelivered == ("b", "c", "d", "e")
    assert outcome.reason is (Reason.STOPPED if how == "stop" else Reason.CANCELLED)

    door = await start(nursery, Door)
    asker = Call(nursery, door.ask, Line("asked"))
    await wait_all_tasks_blocked()
    getattr(door, how)()
    await wait_all_tasks_blocked()
    assert isinstance(asker.result, AgentClosed)
    assert asker.result.fate is Fate.UNDELIVERED


async def test_T15_10_it_is_lossless_where_the_behaviour_changes_in_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    await send_all(door, "a", Act(rest), "b", "open", "c")
    door.stop()
    outcome = await door.wait_closed()
    assert seen == ["a", "b", "c"]
    assert outcome.ledger == Ledger(accepted=5, handled=5)


async def test_T15_11_a_restart_brings_it_back_and_begins_with_handle(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []
    door = await start_patiently(nursery, Door, seen)
    await send_all(door, "a", "b", "ajar")
    await send_all(door, "open", Act(crash), "c", "d")
    assert seen == ["a", "b"]
    assert door.statistics().waiting == 2
    await send_all(door, Act(crash), "open")
    await door.aclose()
    assert seen == ["a", "b", "c", "d"]


async def test_T15_12_the_behaviour_has_changed_even_if_the_turn_is_cut_short(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Hasty(Door):
        async def handle(self, message: object) -> object:
            if isinstance(message, LinkedLine):
                self.context.become(self.opened)
                await trio.sleep(message.seconds)
                raise Refusal
            return await super().handle(message)

    for seconds in 0, 9:  # refused, interrupted
        seen: list[object] = []
        door = await start(nursery, Hasty, seen)
        await send_all(door, "a")
        with trio.move_on_after(1):
            with pytest.raises(Refusal):
                await door.ask(LinkedLine("open", seconds=seconds))
        await wait_all_tasks_blocked()
        assert seen == ["a"]
        door.stop()


async def test_T15_13_a_helper_may_change_it_and_the_agent_wakes_for_that(
    nursery: trio.Nursery,
) -> None:
    seen: list[object] = []
    door = await start(nursery, Door, seen)
    context = await context_of(door)
    await send_all(door, "a", "b")

    async def note(message: object) -> None:
        seen.append(message)

    context.become(note)
    await wait_all_tasks_blocked()
    assert seen == ["a", "b"]
    door.stop()
