"""T4, T5, T6: who is started again, what that keeps, and when it is enough."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from ensemble import Boom, Member, came, crash, gone
from trio.testing import MockClock
from troupe import Call, Do, Doer, do_nothing

from exeunt import Backoff, Handle, Ledger, Reason, Supervisor, open_supervisor
from exeunt.exceptions import AgentClosed, AgentCrashed


async def _break(supervisor: Supervisor, agent: Handle[Any]) -> None:
    agent.send_nowait(Do(crash))
    await supervisor.idle()


async def test_T4_1_the_crash_of_a_temporary_agent_is_an_error() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Member)  # which is the default
            agent.send_nowait(Do(crash))
            await trio.sleep_forever()
    assert [type(each) for each in raised.value.exceptions] == [Boom]


async def test_T4_2_a_transient_agent_is_started_again_after_a_crash_alone() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, notes, name="a", restart="transient")
        await _break(supervisor, agent)
        assert notes == ["+a", "-a", "+a"]
        await agent.aclose()
        assert supervisor.agents == {}
    assert came(notes) == ["a", "a"]


async def test_T4_3_a_permanent_agent_comes_back_after_every_end() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, notes, name="a", restart="permanent")
        await _break(supervisor, agent)
        ended = [agent.stop, agent.cancel]
        for end in ended:
            agent.send_nowait(Do(do_nothing))
            end()
            await supervisor.idle()
            await agent.ask(Do(do_nothing))  # the handle leads to a new life
    assert came(notes) == ["a"] * 4
    # What the cancelled life has left behind is not lost from sight.
    assert [len(each.undelivered) for each in supervisor.outcomes] == [1, 0]


async def _three(supervisor: Supervisor, notes: list[str]) -> list[Handle[Any]]:
    db = await supervisor.start(Member, notes, name="db", restart="transient", uses=[])
    web = await supervisor.start(
        Member, notes, name="web", restart="transient", uses=[db]
    )
    log = await supervisor.start(
        Member, notes, name="log", restart="transient", uses=[]
    )
    return [db, web, log]


async def test_T4_4_one_for_one_starts_the_one_that_crashed() -> None:
    notes: list[str] = []
    async with open_supervisor(strategy="one_for_one") as supervisor:
        db, _, _ = await _three(supervisor, notes)
        await _break(supervisor, db)
        assert notes[3:] == ["-db", "+db"]


async def test_T4_5_one_for_all_starts_everybody_but_the_temporary() -> None:
    notes: list[str] = []
    async with open_supervisor(strategy="one_for_all") as supervisor:
        db, _, log = await _three(supervisor, notes)
        extra = await supervisor.start(Member, notes, name="extra", uses=[])
        log.send_nowait(Do(trio.sleep_forever))
        await trio.testing.wait_all_tasks_blocked()
        await _break(supervisor, db)
        assert sorted(came(notes)[4:]) == ["db", "log", "web"]
        assert log.statistics().ledger == Ledger(accepted=1, interrupted=1)
        assert extra.outcome is not None
        assert extra.outcome.reason is Reason.CANCELLED


async def test_T4_6_rest_for_one_starts_those_that_use_it_too() -> None:
    notes: list[str] = []
    async with open_supervisor(strategy="rest_for_one") as supervisor:
        db, web, _ = await _three(supervisor, notes)
        await _break(supervisor, web)
        assert notes[3:] == ["-web", "+web"]
        await _break(supervisor, db)
        assert sorted(came(notes)[4:]) == ["db", "web"]


async def test_T4_7_they_leave_users_first_and_come_in_users_last(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []
    async with open_supervisor(strategy="one_for_all") as supervisor:
        for name in "abc":
            agent = await supervisor.start(
                Member, notes, (), 1, name=name, restart="transient"
            )
        await _break(supervisor, agent)
        assert notes[3:] == ["-c", "-b", "-a", "+a", "+b", "+c"]


async def test_T4_8_restart_on_says_which_crashes_count() -> None:
    async def several(*errors: Exception) -> None:
        raise ExceptionGroup("several", errors)

    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(
                Member, restart="transient", restart_on=(OSError, Boom)
            )
            agent.send_nowait(Do(several, OSError(), Boom()))
            await supervisor.idle()
            assert agent.statistics().restarts == 1
            agent.send_nowait(Do(several, OSError(), KeyError()))
            await trio.sleep_forever()
    [error] = raised.value.exceptions
    assert str(error) == "several (2 sub-exceptions)"


async def test_T4_9_a_backoff_says_how_long_to_wait_before_a_restart(
    autojump_clock: MockClock,
) -> None:
    backoff = Backoff(first=1, most=3, jitter=0.5, chance=lambda: 1.0)
    times: list[float] = []

    class Timed(Member):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            times.append(trio.current_time())
            yield

    async with open_supervisor(max_restarts=9, backoff=backoff) as supervisor:
        agent = await supervisor.start(Timed, restart="transient")
        for _ in range(3):
            await _break(supervisor, agent)
        await trio.sleep(4)  # longer than *most*: it begins with *first* again
        await _break(supervisor, agent)
    assert times == [0, 0.5, 0.5 + 1, 0.5 + 1 + 1.5, 3 + 4 + 0.5]


class Unready(Member):
    """Is ready at its second try."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.notes.append("try")
        if len(self.notes) == 1:
            raise Boom
        yield


async def test_T4_10_who_is_not_ready_when_started_is_not_started_again() -> None:
    async with open_supervisor() as supervisor:
        notes: list[str] = []
        with pytest.raises(Boom):
            await supervisor.start(Unready, notes, restart="permanent")
        assert len(notes) == 1
        assert supervisor.agents == {}
        # Where nobody waits for the start, there is nobody to hear of it.
        supervisor.start_soon(Unready, notes := [], restart="permanent")
        await supervisor.idle()
        assert len(notes) == 2


async def test_T4_11_a_ctrl_c_or_an_exit_is_never_followed_by_a_restart() -> None:
    async def leave() -> None:
        raise SystemExit

    notes: list[str] = []
    with pytest.raises(BaseExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Member, notes, restart="permanent")
            agent.send_nowait(Do(leave))
            await trio.sleep_forever()
    assert [type(each) for each in raised.value.exceptions] == [SystemExit]
    assert len(came(notes)) == 1


async def test_T4_12_while_they_leave_a_crash_concerns_nobody_else() -> None:
    notes: list[str] = []
    async with open_supervisor(strategy="one_for_all") as supervisor:
        db, web, _ = await _three(supervisor, notes)
        web.send_nowait(Do(crash))
        web.send_nowait(Do(do_nothing))
    assert came(notes)[3:] == ["web"]
    assert [str(each) for each in supervisor.outcomes if each.agent == "web"] == [
        "web stopped; 2 accepted: 1 handled, 1 failed"
    ]
    assert db.closed


async def test_T4_13_who_fails_when_it_has_been_stopped_is_not_started_again() -> None:
    class Clumsy(Member):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            self.notes.append("+")
            yield
            raise Boom

    notes: list[str] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Clumsy, notes, restart="permanent")
            agent.stop()
            await trio.sleep_forever()
    assert [type(each) for each in raised.value.exceptions] == [Boom]
    assert notes == ["+"]


@pytest.mark.parametrize("restart", ["transient", "temporary"])
@pytest.mark.parametrize("open_inside", [trio.open_nursery, open_supervisor])
async def test_T4_14_what_fails_in_its_lifespan_is_a_crash_of_the_agent(
    open_inside: Any, restart: Any
) -> None:
    class Host(Member):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            async with super().lifespan(), open_inside() as inside:
                if len(self.notes) > 1:
                    yield
                elif isinstance(inside, trio.Nursery):
                    inside.start_soon(crash)
                    yield
                else:
                    inside.start_soon(Doer).send_nowait(Do(crash))
                    yield

    notes: list[str] = []
    raised: list[BaseException] = []
    try:
        async with open_supervisor() as supervisor:
            host = await supervisor.start(Host, notes, name="host", restart=restart)
            await host.send(Do(do_nothing))
            await supervisor.idle()
    except* Boom as group:
        raised.extend(group.exceptions)
    if restart == "transient":
        assert notes == ["+host", "-host", "+host", "-host"]
        assert raised == []
        assert host.outcome is not None
        assert host.outcome.restarts == 1
    else:
        assert notes == ["+host", "-host"]
        assert len(raised) == 1


async def test_T4_15_who_is_stopped_with_nothing_to_do_does_not_come_in_again(
    autojump_clock: MockClock,
) -> None:
    for waiting in 0, 1:
        notes: list[str] = []
        began = trio.current_time()
        async with open_supervisor(backoff=Backoff(9, 9, jitter=0)) as supervisor:
            agent = await supervisor.start(Member, notes, restart="transient")
            agent.send_nowait(Do(crash))
            await trio.sleep(1)
            for _ in range(waiting):
                agent.send_nowait(Do(do_nothing))
        assert agent.outcome is not None
        assert agent.outcome.reason is Reason.STOPPED
        assert agent.outcome.ledger == Ledger(1 + waiting, handled=waiting, failed=1)
        assert len(came(notes)) == 1 + waiting == 1 + agent.outcome.restarts
        assert trio.current_time() - began == (9 if waiting else 1)


async def test_T5_1_the_mailbox_and_its_order_outlive_a_restart() -> None:
    notes: list[str] = []

    async def note(word: str) -> None:
        notes.append(word)

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, restart="transient")
        agent.send_nowait(Do(crash))
        for word in "one", "two", "three":
            agent.send_nowait(Do(note, word))
        await supervisor.idle()
    assert notes == ["one", "two", "three"]


async def test_T5_2_the_message_that_crashed_it_has_failed_and_does_not_return() -> (
    None
):
    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, restart="transient")
        with pytest.raises(AgentCrashed):
            await agent.ask(Do(crash))
        await supervisor.idle()
        assert agent.statistics().ledger == Ledger(accepted=1, failed=1)


async def test_T5_3_asks_that_wait_are_answered_by_the_next_incarnation(
    nursery: trio.Nursery,
) -> None:
    async def answer() -> int:
        return 42

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, restart="transient")
        agent.send_nowait(Do(crash))
        call = Call(nursery, agent.ask, Do(answer))
        await trio.testing.wait_all_tasks_blocked()
    assert call.result == 42


async def test_T5_4_replies_that_were_put_off_are_not_kept(
    nursery: trio.Nursery,
) -> None:
    class Deferrer(Member):
        async def handle(self, message: Do) -> None:
            self.reply = self.context.defer(message)
            await message.async_fn(*message.args)

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Deferrer, restart="transient")
        call = Call(nursery, agent.ask, Do(do_nothing))
        await trio.testing.wait_all_tasks_blocked()
        agent.send_nowait(Do(crash))
        await trio.testing.wait_all_tasks_blocked()
    assert isinstance(call.result, AgentClosed)
    assert call.result.fate == "handled"


async def test_T5_5_each_incarnation_is_a_new_object_in_a_lifespan_of_its_own() -> None:
    made: list[Member] = []
    notes: list[str] = []

    def make() -> Member:
        made.append(Member(notes))
        return made[-1]

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(make, name="a", restart="transient")
        await _break(supervisor, agent)
    assert len(made) == 2
    assert notes == ["+a", "-a", "+a", "-a"]


async def test_T5_6_a_restart_is_no_end(nursery: trio.Nursery) -> None:
    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Member, restart="transient")
        call = Call(nursery, agent.wait_closed)
        await _break(supervisor, agent)
        assert call.pending
        assert not agent.closed
    assert agent.outcome is not None
    assert agent.outcome.restarts == 1
    assert agent.outcome.reason is Reason.STOPPED


async def _crash_at(times: list[float], **options: Any) -> list[BaseException]:
    """Have two agents crash in turn, at these times, and return what is raised."""
    try:
        async with open_supervisor(**options) as supervisor:
            agents = [
                await supervisor.start(Member, restart="transient") for _ in range(2)
            ]
            for number, time in enumerate(times):
                await trio.sleep(time - trio.current_time())
                agents[number % 2].send_nowait(Do(fail, number))
                await trio.testing.wait_all_tasks_blocked()
    except ExceptionGroup as group:
        return [*group.exceptions]
    return []


async def fail(number: int) -> None:
    raise Boom(number)


async def test_T6_1_all_the_agents_share_so_many_restarts_in_so_many_seconds(
    autojump_clock: MockClock,
) -> None:
    assert await _crash_at([1, 2, 6, 7], max_restarts=2, within=5) == []
    start = trio.current_time()
    raised = await _crash_at(
        [start + 1, start + 2, start + 5], max_restarts=2, within=5
    )
    assert len(raised) == 3


async def test_T6_2_when_it_is_enough_all_that_counted_is_raised_in_order(
    autojump_clock: MockClock,
) -> None:
    raised = await _crash_at([1, 8, 9, 10], max_restarts=2, within=5)
    assert [error.args[0] for error in raised] == [1, 2, 3]


async def test_T6_3_the_ends_of_permanent_agents_count_too() -> None:
    notes: list[str] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor(max_restarts=1) as supervisor:
            agent = await supervisor.start(Member, notes, restart="permanent")
            for _ in range(2):
                agent.stop()
                await trio.testing.wait_all_tasks_blocked()
    assert [type(each) for each in raised.value.exceptions] == [AgentClosed] * 2
    assert len(gone(notes)) == 2
