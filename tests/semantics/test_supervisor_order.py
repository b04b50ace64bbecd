"""T1, T2, T3: in which order the agents of a supervisor leave."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from typing import Any

import pytest
import trio
from ensemble import Boom, Member, crash, gone
from trio.testing import MockClock
from troupe import Do, attempt

from exeunt import Handle, Reason, Supervisor, open_supervisor


async def test_T1_1_they_leave_in_the_reverse_order_of_their_start() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        for name in "abc":
            await supervisor.start(Member, notes, name=name)
    assert gone(notes) == ["c", "b", "a"]


async def test_T1_2_who_declares_what_it_uses_leaves_before_that_alone(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        db = await supervisor.start(Member, notes, name="db", uses=[])
        await supervisor.start(Member, notes, (), 1, name="web", uses=[db])
        await supervisor.start(Member, notes, (), 2, name="mail", uses=[db])
        await supervisor.start(Member, notes, (), 3, name="clock", uses=[])
    # Those that have nothing to do with each other leave together.
    assert gone(notes) == ["web", "mail", "db", "clock"]
    assert trio.current_time() == 2 + 3


async def test_T1_3_an_agent_drains_before_what_it_uses_is_stopped(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []

    async def work() -> None:
        await trio.sleep(1)
        await db.send(Do(note, "worked"))

    async def note(word: str) -> None:
        notes.append(word)

    async with open_supervisor() as supervisor:
        db = await supervisor.start(Member, notes, name="db")
        web = await supervisor.start(Member, notes, name="web", uses=[db])
        for _ in range(2):
            web.send_nowait(Do(work))
    assert db.outcome is not None
    assert db.outcome.ledger.handled == notes.count("worked") == 2
    assert gone(notes) == ["web", "db"]


async def test_T1_4_uses_may_be_declared_later() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        early = await supervisor.start(Member, notes, name="early")
        late = await supervisor.start(Member, notes, name="late", uses=[])
        supervisor.declare_uses(early, uses=[late])
    assert gone(notes) == ["early", "late"]


async def test_T1_5_uses_that_close_a_ring_are_refused() -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, notes, name="a")
        b = await supervisor.start(Member, notes, name="b", uses=[a])
        with pytest.raises(ValueError, match="in a ring: a -> b -> a"):
            supervisor.declare_uses(a, uses=[b])
    assert gone(notes) == ["b", "a"]


async def test_T1_6_stop_ends_the_block_as_its_end_does(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, notes, name="a")
        await supervisor.start(Member, notes, name="b")
        a.send_nowait(Do(trio.sleep, 5))
        supervisor.stop()
        await trio.sleep_forever()
    assert gone(notes) == ["b", "a"]
    assert a.outcome is not None
    assert a.outcome.ledger.handled == 1


async def _two(supervisor: Supervisor, notes: list[str]) -> list[Handle[Any]]:
    a = await supervisor.start(Member, notes, name="a")
    b = await supervisor.start(Member, notes, (a,), name="b")
    return [a, b]


async def _end(way: str, notes: list[str]) -> list[Handle[Any]]:
    handles: list[Handle[Any]] = []
    with trio.CancelScope() as scope:
        try:
            async with open_supervisor() as supervisor:
                handles = await _two(supervisor, notes)
                if way == "body":
                    raise Boom  # noqa: TRY301
                if way == "crash":
                    handles[1].send_nowait(Do(crash))
                elif way == "cancel":
                    supervisor.cancel()
                else:
                    scope.cancel()
                await trio.sleep_forever()
        except* Boom:
            pass
    return handles


WAYS = ["body", "crash", "cancel", "scope"]


async def test_T2_1_the_order_is_the_same_for_every_kind_of_end() -> None:
    for way in WAYS:
        notes: list[str] = []
        await _end(way, notes)
        assert gone(notes) == ["b", "a"], way


async def test_T2_2_a_goodbye_to_what_one_uses_is_accepted() -> None:
    for way in WAYS:
        a, b = await _end(way, [])
        assert a.outcome is not None
        assert b.outcome is not None
        assert a.outcome.ledger.accepted == 1, way
        assert b.outcome.error is None or isinstance(b.outcome.error, Boom)


async def test_T2_3_until_its_turn_an_agent_notices_no_cancellation(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []

    async def work() -> None:
        await trio.sleep(2)
        notes.append("worked")

    with trio.CancelScope() as scope:
        async with open_supervisor() as supervisor:
            a = await supervisor.start(Member, notes, name="a")
            await supervisor.start(Member, notes, (), 3, name="b")
            a.send_nowait(Do(work))
            await trio.sleep(1)
            scope.cancel()
    assert notes[2:] == ["worked", "-b", "-a"]


async def test_T2_4_a_cancellation_while_they_drain_cancels_the_rest_in_order(
    autojump_clock: MockClock,
) -> None:
    notes: list[str] = []
    with trio.move_on_after(1):
        async with open_supervisor() as supervisor:
            a, b = await _two(supervisor, notes)
            b.send_nowait(Do(trio.sleep_forever))
            a.send_nowait(Do(trio.sleep_forever))
    assert gone(notes) == ["b", "a"]
    assert trio.current_time() == 1
    outcomes = [each.outcome for each in (a, b) if each.outcome is not None]
    assert [outcome.reason for outcome in outcomes] == [Reason.CANCELLED] * 2
    assert outcomes[0].ledger.accepted == 2  # the goodbye too


async def test_T2_5_cancel_ends_the_block_and_tells_the_agents_why() -> None:
    async with open_supervisor() as supervisor:
        await _two(supervisor, [])
        supervisor.cancel("it is late")
        await trio.sleep_forever()
    assert [each.cancel_reason for each in supervisor.outcomes] == ["it is late"] * 2


async def test_T2_6_a_crash_while_they_drain_cancels_the_rest_in_order() -> None:
    notes: list[str] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            a, b = await _two(supervisor, notes)
            a.send_nowait(Do(trio.sleep_forever))
            b.send_nowait(Do(crash))
    assert [type(each) for each in raised.value.exceptions] == [Boom]
    assert gone(notes) == ["b", "a"]


class Stubborn(Member):
    """Does not meet its cancellation for ten seconds."""

    async def handle(self, message: Do) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(10)


async def test_T3_1_who_does_not_go_holds_up_the_next_for_its_cleanup_and_a_second(
    autojump_clock: MockClock,
) -> None:
    times: list[float] = []

    class Timed(Member):
        async def handle(self, message: Do) -> None:
            try:
                await trio.sleep_forever()
            finally:
                times.append(trio.current_time())

    async with open_supervisor() as supervisor:
        a = await supervisor.start(Timed)
        b = await supervisor.start(Stubborn, cleanup=2)
        for each in (a, b):
            each.send_nowait(Do(crash))
        await trio.testing.wait_all_tasks_blocked()
        supervisor.cancel()
    assert times == [2 + 1]
    assert trio.current_time() == 10


async def test_T3_2_nobody_starts_on_a_supervisor_that_is_leaving() -> None:
    found: list[object] = []

    async def start_one() -> None:
        found.append(await attempt(supervisor.start, Member))

    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member)
        a.send_nowait(Do(trio.testing.wait_all_tasks_blocked))
        a.send_nowait(Do(start_one))
    found.append(await attempt(supervisor.start, Member))
    assert [type(each) for each in found] == [RuntimeError] * 2


async def test_T3_3_the_block_ends_when_everybody_has_left(
    autojump_clock: MockClock,
) -> None:
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Member, None, (), 3)
        assert supervisor.agents == {"Member": a}
    assert a.closed
    assert supervisor.agents == {}
    assert trio.current_time() == 3
