"""T16: finding an agent by its key."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, do_nothing

from exeunt import Handle, Key, Reason, Registry, open_supervisor, start
from exeunt.exceptions import AgentClosed, WrongRun

LEAD = Key[Line]("lead")
UNDERSTUDY = Key[Line]("understudy")


async def test_T16_1_a_key_is_equal_to_itself_alone(nursery: trio.Nursery) -> None:
    other = Key[Line](LEAD.name)
    assert other != LEAD
    async with await start(nursery, Player) as player:
        registry = Registry()
        registry.put(LEAD, player)
        assert registry.find(other) is None


async def test_T16_2_find_returns_whom_put_has_put_there(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    async with await start(nursery, Player) as player:
        assert registry.find(LEAD) is None
        registry.put(LEAD, player)
        assert registry.find(LEAD) is player
        assert registry.find(UNDERSTUDY) is None


async def test_T16_3_a_key_has_one_agent(nursery: trio.Nursery) -> None:
    registry = Registry()
    async with (
        await start(nursery, Player, name="Garrick") as player,
        await start(nursery, Player) as other,
    ):
        registry.put(LEAD, player)
        with pytest.raises(ValueError, match="taken by agent 'Garrick'"):
            registry.put(LEAD, other)
        registry.put(LEAD, player)
        assert registry.find(LEAD) is player
        assert len(registry) == 1


async def test_T16_4_an_agent_may_be_under_several_keys(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    async with await start(nursery, Player) as player:
        registry.put(LEAD, player)
        registry.put(UNDERSTUDY, player)
        assert registry.find(LEAD) is registry.find(UNDERSTUDY) is player
    assert not registry


async def test_T16_5_wait_returns_who_is_there_or_who_comes_next(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    first, second = await start(nursery, Player), await start(nursery, Player)
    waits = [Call(nursery, registry.wait, LEAD) for _ in range(3)]
    await wait_all_tasks_blocked()
    assert all(wait.pending for wait in waits)
    registry.put(LEAD, first)
    registry.remove(LEAD)
    registry.put(LEAD, second)
    await wait_all_tasks_blocked()
    assert [wait.result for wait in waits] == [first, first, first]
    assert await registry.wait(LEAD) is second
    first.stop()
    second.stop()


async def test_T16_6_a_cancelled_wait_leaves_nothing_behind(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    patient, other = (Call(nursery, registry.wait, LEAD) for _ in range(2))
    await wait_all_tasks_blocked()
    other.scope.cancel()
    await wait_all_tasks_blocked()
    assert other.cancelled
    async with await start(nursery, Player) as player:
        registry.put(LEAD, player)
        await wait_all_tasks_blocked()
        assert patient.result is player


async def test_T16_7_who_has_left_is_taken_out_at_once(nursery: trio.Nursery) -> None:
    registry = Registry()
    player = await start(nursery, Player)
    registry.put(LEAD, player)
    player.stop()
    assert registry.find(LEAD) is player
    await player.wait_closed()
    assert registry.find(LEAD) is None

    async with open_supervisor() as supervisor:
        player = await supervisor.start(Player, restart="transient")
        registry.put(LEAD, player)
        await player.send(Line("oops", error=ValueError()))
        await player.ask(Line("again"))
        assert player.statistics().restarts == 1
        assert registry.find(LEAD) is player
    assert LEAD not in registry


async def test_T16_8_an_agent_that_has_left_is_refused(nursery: trio.Nursery) -> None:
    registry = Registry()
    player = await start(nursery, Player)
    await player.aclose()
    with pytest.raises(AgentClosed):
        registry.put(LEAD, player)
    assert registry.find(LEAD) is None


async def test_T16_9_remove_takes_out_and_the_agent_lives_on(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    player, other = await start(nursery, Player), await start(nursery, Player)
    registry.put(LEAD, player)
    assert registry.remove(LEAD)
    assert not registry.remove(LEAD)
    registry.put(LEAD, other)
    assert await player.ask(Line("still here")) == "still here"
    await player.aclose()  # which does not take the other out
    assert registry.find(LEAD) is other
    other.stop()


async def test_T16_10_close_empties_the_registry_for_good(
    nursery: trio.Nursery,
) -> None:
    registry = Registry()
    player = await start(nursery, Player)
    registry.put(LEAD, player)
    wait = Call(nursery, registry.wait, UNDERSTUDY)
    await wait_all_tasks_blocked()
    registry.close()
    await wait_all_tasks_blocked()
    assert isinstance(wait.result, trio.ClosedResourceError)
    assert registry.find(LEAD) is None
    with pytest.raises(trio.ClosedResourceError):
        registry.put(LEAD, player)
    with pytest.raises(trio.ClosedResourceError):
        await registry.wait(LEAD)
    registry.close()
    assert await player.ask(Line("still here")) == "still here"
    await player.aclose()


async def test_T16_11_a_registry_keeps_no_agent_on_stage() -> None:
    registry = Registry()
    async with trio.open_nursery() as nursery:
        player = await start(nursery, Player)
        registry.put(LEAD, player)
        nursery.cancel_scope.cancel()
    assert player.closed
    assert not registry


async def test_T16_12_a_wait_for_a_key_is_no_edge(nursery: trio.Nursery) -> None:
    registry = Registry()
    first, second = await start(nursery, Doer), await start(nursery, Doer)
    nursery.start_soon(first.ask, Do(registry.wait, LEAD))
    await wait_all_tasks_blocked()
    # If the first waited for the second, this would be a ring.
    answer = Call(nursery, second.ask, Do(first.ask, Do(do_nothing)))
    await wait_all_tasks_blocked()
    assert answer.pending
    async with await start(nursery, Player) as player:
        registry.put(LEAD, player)
        await wait_all_tasks_blocked()
        assert not answer.pending
        assert answer.result is None
    first.stop()
    second.stop()


async def player_of_another_run() -> Handle[Line]:
    async with trio.open_nursery() as nursery, await start(nursery, Player) as player:
        return player


async def test_T16_13_a_registry_belongs_to_its_run(nursery: trio.Nursery) -> None:
    with pytest.raises(RuntimeError):
        await trio.to_thread.run_sync(Registry)
    registry = Registry()
    with pytest.raises(WrongRun):
        await trio.to_thread.run_sync(registry.find, LEAD)
    stranger = await trio.to_thread.run_sync(trio.run, player_of_another_run)
    with pytest.raises(WrongRun):
        registry.put(LEAD, stranger)


async def test_T16_14_a_supervisors_registry_ends_with_it() -> None:
    async with open_supervisor() as supervisor:
        registry = supervisor.registry
        assert registry is supervisor.registry
        agent = await supervisor.start(Leaver, registry)
        registry.put(LEAD, agent)
    assert agent.outcome is not None
    assert agent.outcome.reason is Reason.STOPPED  # it found itself while it left
    assert registry.find(LEAD) is None
    with pytest.raises(trio.ClosedResourceError):
        await registry.wait(LEAD)


class Leaver(Player):
    """Looks for itself when it leaves."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self.registry = registry

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield
        assert self.registry.find(LEAD) is self.context.handle
