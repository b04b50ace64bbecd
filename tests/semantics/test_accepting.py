"""S1: when a message is accepted, and what its sender knows."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, do_nothing

from exeunt import Handle, State, start
from exeunt.exceptions import AgentClosed, MailboxFull, NotARequest, WrongRun


async def test_S1_1_accepted_when_it_enters_the_mailbox_or_is_taken(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    roomy = await start(nursery, Player, capacity=1)
    roomy.send_nowait(Line("in the mailbox"))
    assert roomy.statistics().ledger.accepted == 1

    narrow = await start(nursery, Player, capacity=0)
    await narrow.send(Line("being handled", seconds=1))
    sender = Call(nursery, narrow.send, Line("in its sender's hand"))
    await wait_all_tasks_blocked()
    assert narrow.statistics().ledger.accepted == 1
    assert sender.pending

    await trio.sleep(1.5)
    assert narrow.statistics().ledger.accepted == 2
    assert not sender.pending


async def test_S1_2_send_returns_if_and_only_if_the_message_was_accepted(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    player = await start(nursery, Player, said, capacity=1)
    await player.send(Line("accepted", seconds=1))
    await wait_all_tasks_blocked()
    player.send_nowait(Line("accepted too"))
    with pytest.raises(MailboxFull):
        player.send_nowait(Line("no room"))
    refused = Call(nursery, player.send, Line("refused while it waits"))
    await wait_all_tasks_blocked()
    player.stop()
    with pytest.raises(AgentClosed):
        await player.send(Line("too late"))

    outcome = await player.wait_closed()
    assert isinstance(refused.result, AgentClosed)
    assert said == ["accepted", "accepted too"]
    assert outcome.ledger.accepted == 2


async def test_S1_3_an_error_carries_the_very_message(nursery: trio.Nursery) -> None:
    full: Handle[Any] = await start(nursery, Player, capacity=0)
    closed: Handle[Any] = await start(nursery, Player)
    await closed.aclose()
    message = Line("to be or not to be")
    not_asked: Any = object()

    with pytest.raises(MailboxFull) as no_room:
        full.send_nowait(message)
    with pytest.raises(AgentClosed) as not_sent:
        await closed.send(message)
    with pytest.raises(AgentClosed) as not_answered:
        await closed.ask(message)
    with pytest.raises(NotARequest) as no_request:
        await full.ask(not_asked)

    assert no_room.value.message is message
    assert not_sent.value.message is message
    assert not_answered.value.message is message
    assert no_request.value.message is not_asked


async def test_S1_4_a_send_cancelled_while_it_waits_was_not_accepted(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    said: list[str] = []
    player = await start(nursery, Player, said, capacity=0)
    await player.send(Line("long", seconds=9))
    with trio.move_on_after(1) as scope:
        await player.send(Line("given up"))
    await player.aclose()

    assert scope.cancelled_caught
    assert said == ["long"]
    assert player.statistics().ledger.accepted == 1


async def test_S1_5_an_accepted_send_returns_even_if_cancelled_at_once(
    nursery: trio.Nursery,
) -> None:
    async def cancel_the_sender() -> None:
        scope.cancel()

    doer = await start(nursery, Doer, capacity=1)
    gate = trio.Event()
    scope = trio.CancelScope()
    doer.send_nowait(Do(gate.wait))
    await wait_all_tasks_blocked()
    doer.send_nowait(Do(cancel_the_sender))
    with scope:
        # When the gate opens, the doer takes its second message, which makes room for
        # this one, and cancels this task before it runs again.
        nursery.start_soon(open_when_blocked, gate)
        await doer.send(Do(do_nothing))

    assert scope.cancel_called
    assert not scope.cancelled_caught
    await doer.aclose()
    assert doer.statistics().ledger.handled == 3


async def open_when_blocked(gate: trio.Event) -> None:
    await wait_all_tasks_blocked()
    gate.set()


async def test_S1_6_send_nowait_never_waits(nursery: trio.Nursery) -> None:
    roomy = await start(nursery, Player, capacity=1)
    roomy.send_nowait(Line("finds room"))
    with pytest.raises(MailboxFull):
        roomy.send_nowait(Line("finds none"))

    idle = await start(nursery, Player, capacity=0)
    with pytest.raises(MailboxFull):
        idle.send_nowait(Line("never finds room"))


async def test_S1_7_the_message_being_handled_takes_up_no_room(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player, capacity=2)
    player.send_nowait(Line("being handled", seconds=1))
    await wait_all_tasks_blocked()
    player.send_nowait(Line("waits"))
    player.send_nowait(Line("waits too"))
    with pytest.raises(MailboxFull):
        player.send_nowait(Line("one too many"))


async def test_S1_8_a_handle_works_in_its_own_run(nursery: trio.Nursery) -> None:
    player = await start(nursery, Player)

    def in_another_thread() -> None:
        with pytest.raises(WrongRun):
            player.send_nowait(Line("from a thread"))
        with pytest.raises(WrongRun):
            player.stop()
        with pytest.raises(WrongRun):
            player.cancel()
        assert player.statistics().state is State.RUNNING
        trio.run(in_another_run)

    async def in_another_run() -> None:
        with pytest.raises(WrongRun):
            await player.send(Line("from a run"))
        with pytest.raises(WrongRun):
            await player.ask(Line("from a run"))
        with pytest.raises(WrongRun):
            await player.aclose()
        with pytest.raises(WrongRun):
            await player.wait_closed()

    await trio.to_thread.run_sync(in_another_thread)
    assert player.statistics().state is State.RUNNING
    assert player.statistics().ledger.accepted == 0
