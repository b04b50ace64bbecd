"""T9: groups, names, agents added and removed, and supervisors of agents' own."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from ensemble import Member, gone
from trio.testing import MockClock
from troupe import Call, Do, do_nothing

from exeunt import Handle, Reason, open_supervisor
from exeunt.exceptions import AgentClosed


class Pair:
    """Two agents that pass a ball to each other."""

    def __init__(self) -> None:
        self.passed = 0
        self.handles: list[Handle[Any]] = []

    async def pass_on(self, left: int) -> None:
        await trio.sleep(1)
        self.passed += 1
        if left:
            other = self.handles[self.passed % 2]
            await other.send(Do(self.pass_on, left - 1))

    async def play(self, settle: float, passes: int, nursery: trio.Nursery) -> Call:
        async with open_supervisor() as supervisor:
            group = supervisor.group(settle=settle)
            for name in "ab":
                handle = await supervisor.start(Member, name=name, group=group)
                self.handles.append(handle)
            self.handles[0].send_nowait(Do(self.pass_on, passes - 1))
            return Call(nursery, self.send_late)

    async def send_late(self) -> None:
        await trio.sleep(2.5)
        await self.handles[0].send(Do(do_nothing))


async def test_T9_1_a_group_goes_on_inside_until_nothing_is_left_and_leaves_as_one(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    pair = Pair()
    call = await pair.play(settle=10, passes=5, nursery=nursery)
    assert trio.current_time() == pair.passed == 5
    assert isinstance(call.result, AgentClosed)  # those outside are refused


async def test_T9_2_a_group_that_does_not_settle_in_time_is_cancelled(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    pair = Pair()
    await pair.play(settle=2.5, passes=100, nursery=nursery)
    assert trio.current_time() == 2.5
    outcomes = [handle.outcome for handle in pair.handles]
    assert [each.reason for each in outcomes if each] == [Reason.CANCELLED] * 2


async def test_T9_3_a_group_leaves_after_its_users_and_before_what_it_uses() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        pair = supervisor.group(settle=1)
        db = await supervisor.start(Member, notes, name="db")
        a = await supervisor.start(Member, notes, name="a", group=pair)
        await supervisor.start(Member, notes, name="b", group=pair, uses=[a, db])
        await supervisor.start(Member, notes, name="web", uses=[a])
    assert gone(notes)[0] == "web"
    assert gone(notes)[-1] == "db"


async def test_T9_4_a_group_stands_where_its_first_agent_was_started() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        pair = supervisor.group(settle=1)
        await supervisor.start(Member, notes, name="a", group=pair)
        await supervisor.start(Member, notes, name="web")
        await supervisor.start(Member, notes, name="b", group=pair)
    assert gone(notes)[0] == "web"


async def test_T9_5_a_group_cannot_use_what_uses_it() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        pair = supervisor.group(settle=1)
        a = await supervisor.start(Member, notes, name="a", group=pair, uses=[])
        web = await supervisor.start(Member, notes, name="web", uses=[a])
        with pytest.raises(ValueError, match="ring: a -> web -> a"):
            await supervisor.start(Member, notes, name="b", group=pair, uses=[web])
        assert list(supervisor.agents) == ["a", "web"]
    assert gone(notes) == ["web", "a"]


async def test_T9_6_agents_may_be_started_at_any_time_before_the_end() -> None:
    notes: list[str] = []

    async def start_another() -> None:
        await supervisor.start(Member, notes, name="b")

    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, notes, name="a")
        await a.ask(Do(start_another))
        supervisor.start_soon(Member, notes, name="c")
    assert gone(notes) == ["c", "b", "a"]


async def test_T9_7_who_is_dismissed_drains_and_leaves_for_good() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, notes, name="a", restart="permanent")
        a.send_nowait(Do(do_nothing))
        supervisor.dismiss(a)
        outcome = await a.wait_closed()
        assert outcome.ledger.handled == 1
        assert supervisor.agents == {}
        # Its name is free again.
        await supervisor.start(Member, notes, name="a")


async def test_T9_8_who_is_used_cannot_be_dismissed() -> None:
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, name="a")
        b = await supervisor.start(Member, name="b", uses=[a])
        with pytest.raises(ValueError, match="is used by 'b'"):
            supervisor.dismiss(a)
        supervisor.dismiss(b)
        await b.wait_closed()
        supervisor.dismiss(a)


async def test_T9_9_no_two_agents_have_the_same_name_at_a_time() -> None:
    async with open_supervisor() as supervisor:
        for _ in range(3):
            await supervisor.start(Member)
        assert list(supervisor.agents) == ["Member", "Member-2", "Member-3"]
        with pytest.raises(ValueError, match="'Member-2' on stage already"):
            await supervisor.start(Member, name="Member-2")


async def test_T9_10_the_outcomes_of_those_that_left_badly_or_at_the_end_are_kept() -> (
    None
):
    async with open_supervisor() as supervisor:
        for name in "abc":
            await supervisor.start(Member, name=name)
        supervisor.agents["a"].stop()
        supervisor.agents["b"].cancel("unwanted")
        await trio.testing.wait_all_tasks_blocked()
        assert [str(each) for each in supervisor.outcomes] == [
            "b cancelled (unwanted); 0 accepted"
        ]
    assert [each.agent for each in supervisor.outcomes] == ["b", "c"]


class Director(Member):
    """Has an agent of its own, with which it works."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with open_supervisor() as supervisor, super().lifespan():
            self.actor = await supervisor.start(Member, self.notes, name="actor")
            yield

    async def handle(self, message: Do) -> None:
        await self.actor.ask(message)


async def test_T9_11_agents_of_an_agent_leave_when_it_has_handled_its_messages() -> (
    None
):
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        director = await supervisor.start(Director, notes, name="director")
        for _ in range(3):
            director.send_nowait(Do(trio.lowlevel.checkpoint))
    assert director.outcome is not None
    assert director.outcome.ledger.handled == 3
    assert gone(notes) == ["director", "actor"]
