"""S10 and S11: crashes, and refusals that are none."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player

from exeunt import Fate, Reason, start, start_soon
from exeunt.exceptions import AgentClosed, AgentCrashed, Refusal


async def test_S10_1_a_crash_reaches_the_nursery_as_itself() -> None:
    error = ValueError()
    with pytest.RaisesGroup(ValueError) as raised:
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("oops", error=error))

    assert raised.value.exceptions[0] is error
    assert player.outcome is not None
    assert player.outcome.reason is Reason.CRASHED
    assert player.outcome.error is error


async def test_S10_2_the_asker_of_that_message_gets_agent_crashed(
    nursery: trio.Nursery,
) -> None:
    error = ValueError()
    request = Line("oops", error=error)
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            player = await start(its_nursery, Player)
            asker = Call(nursery, player.ask, request)

    await wait_all_tasks_blocked()
    assert isinstance(asker.result, AgentCrashed)
    assert asker.result.message is request
    assert asker.result.__cause__ is error


async def test_S10_3_askers_in_the_mailbox_get_agent_closed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    error = ValueError()
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            player = await start(its_nursery, Player)
            await player.send(Line("oops", seconds=1, error=error))
            asker = Call(nursery, player.ask, Line("still queued"))

    await wait_all_tasks_blocked()
    assert isinstance(asker.result, AgentClosed)
    assert asker.result.fate is Fate.UNDELIVERED
    assert asker.result.__cause__ is error


async def test_S10_4_senders_get_agent_closed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    error = ValueError()
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as its_nursery:
            player = await start(its_nursery, Player, capacity=0)
            await player.send(Line("oops", seconds=1, error=error))
            sender = Call(nursery, player.send, Line("blocked"))

    await wait_all_tasks_blocked()
    assert isinstance(sender.result, AgentClosed)
    assert sender.result.__cause__ is error
    with pytest.raises(AgentClosed) as too_late:
        await player.send(Line("later"))
    assert too_late.value.__cause__ is error


async def test_S10_5_failing_while_being_cancelled_is_a_crash() -> None:
    error = ValueError()

    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise error

    async def fail_in_a_nursery_when_cancelled() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail_when_cancelled)
            nursery.start_soon(trio.sleep_forever)

    for turn in (fail_when_cancelled, fail_in_a_nursery_when_cancelled):
        with pytest.RaisesGroup(ValueError, flatten_subgroups=True):
            async with trio.open_nursery() as nursery:
                doer = await start(nursery, Doer)
                await doer.send(Do(turn))
                await wait_all_tasks_blocked()
                doer.cancel()
        assert doer.outcome is not None
        assert doer.outcome.reason is Reason.CRASHED


class Unready(Player):
    """Fails while its lifespan is being entered."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await trio.lowlevel.checkpoint()
        raise self.error
        yield


def unmakeable(error: Exception) -> Player:
    raise error


async def test_S10_6_who_waits_for_the_start_gets_its_failure() -> None:
    error = ValueError()
    async with trio.open_nursery() as nursery:  # which raises nothing
        for factory in (unmakeable, Unready):
            with pytest.raises(ValueError) as raised:
                await start(nursery, factory, error)
            assert raised.value is error

    for factory in (unmakeable, Unready):
        with pytest.RaisesGroup(ValueError) as group:
            async with trio.open_nursery() as nursery:
                start_soon(nursery, factory, error)
        assert group.value.exceptions[0] is error


async def test_S10_7_a_note_names_the_agent_and_the_message() -> None:
    error = ValueError()
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player, name="hamlet")
            await player.send(Line("to be", error=error))
    (note,) = error.__notes__
    assert "hamlet" in note
    assert "to be" in note


class Broke(Refusal):
    """A domain error."""


async def test_S11_1_a_refusal_is_raised_in_the_asker_and_the_agent_lives_on(
    nursery: trio.Nursery,
) -> None:
    refusal = Broke()
    player = await start(nursery, Player)
    with pytest.raises(Broke) as raised:
        await player.ask(Line("pay", error=refusal))
    assert raised.value is refusal
    assert await player.ask(Line("still there")) == "still there"


async def test_S11_2_a_refusal_in_a_group_without_other_failures_counts(
    nursery: trio.Nursery,
) -> None:
    refusal = Broke()

    async def refuse() -> None:
        raise refusal

    async def refuse_in_a_nursery() -> None:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(refuse)
            helpers.start_soon(trio.sleep_forever)

    async def refuse_while_being_cancelled() -> None:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(trio.sleep_forever)
            doer.cancel()
            raise refusal

    doer = await start(nursery, Doer)
    for turn in (refuse_in_a_nursery, refuse_while_being_cancelled):
        with pytest.raises(Broke) as raised:
            await doer.ask(Do(turn))
        assert raised.value is refusal


async def test_S11_3_a_refusal_of_a_message_that_was_sent_is_a_crash() -> None:
    with pytest.RaisesGroup(Broke):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("pay", error=Broke()))
    assert player.outcome is not None
    assert player.outcome.reason is Reason.CRASHED
