"""Laws 26 and 27 of supervisors: what is left behind, and Ctrl-C."""

import signal
from typing import Any

import attrs
import pytest
import trio
from hypothesis import strategies as st
from laws import law
from test_laws_of_supervisors import check_account
from troupes import (
    CLEANUP,
    PEACEFUL,
    Actor,
    Backstage,
    BodyError,
    Deed,
    Exit,
    Part,
    Play,
    Troupe,
    in_silence,
    perform,
    play,
    troupes,
)

from exeunt import open_supervisor
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")


@law("26 no leaks of a supervisor", troupe=troupes(), schedule=schedules())
def test_a_supervisor_leaves_nothing_behind(troupe: Troupe, schedule: Schedule) -> None:
    check_no_leaks(play(troupe, schedule))


def check_no_leaks(it: Play) -> None:
    # That no task is left is what the nurseries already say.
    for life in it.lives:
        for end in (life.mailbox.inlet, life.mailbox.outlet):
            figures = end.statistics()
            assert figures.open_send_channels == figures.open_receive_channels == 0
            assert figures.current_buffer_used == 0
        assert not life.mailbox.line
        assert life.mailbox.sleeper is None
        assert not life.deferred
        assert not life.watchers
        assert life.waits_for is None
    if it.backstage.supervisor is not None:
        assert dict(it.backstage.supervisor.agents) == {}
        assert it.backstage.supervisor._troupe.mending is None


class Stubborn(Actor):
    """Meets its cancellation far too late."""

    async def handle(self, message: Any) -> int:
        with trio.CancelScope(shield=True):
            await trio.sleep(100)
        return 0


@law(
    "26 no shield is left",
    cleanup=st.integers(0, 5),
    exit_=st.sampled_from((Exit.ERROR, Exit.OUTER, Exit.CANCEL, Exit.DRAIN_OUTER)),
    schedule=schedules(),
)
def test_who_does_not_go_holds_up_the_others_for_a_bounded_time(
    cleanup: int, exit_: Exit, schedule: Schedule
) -> None:
    parts = Part((), "temporary", 3, 0, 0), Part((0,), "temporary", 3, 0, 0)
    troupe = Troupe(parts, (), "one_for_one", 3, exit_, 1, 1, 0)

    async def stubborn() -> Play:
        it = Backstage(troupe)
        error: BaseException | None = None
        async with trio.open_nursery() as outside:
            with it.outer:
                try:
                    async with open_supervisor() as it.supervisor:
                        for number, kind in enumerate((Actor, Stubborn)):
                            it.handles.append(
                                await it.supervisor.start(
                                    kind, number, it, name=str(number), cleanup=cleanup
                                )
                            )
                        await it.handles[1].send(None)
                        await trio.sleep(1)
                        await _exit_now(it, outside, exit_)
                except ExceptionGroup as raised:
                    error = raised
        return Play(it, error)

    with in_silence():
        it = schedule.run(stubborn)
    [leaving] = it.log.all("leaving", 0)
    begins = 2 if exit_ is Exit.DRAIN_OUTER else 1
    assert begins <= leaving.time <= begins + cleanup + 1
    assert it.log.all("closed", 1)[0].time == 100


async def _exit_now(it: Backstage, outside: trio.Nursery, exit_: Exit) -> None:
    match exit_:
        case Exit.ERROR:
            raise BodyError
        case Exit.OUTER:
            it.outer.cancel()
        case Exit.CANCEL:
            assert it.supervisor is not None
            it.supervisor.cancel()
        case _:

            async def cancel() -> None:
                await trio.sleep(1)
                it.outer.cancel()

            outside.start_soon(cancel)


def interrupt() -> None:
    signal.raise_signal(signal.SIGINT)


@law(
    "27 Ctrl-C in a supervisor",
    troupe=troupes(
        deeds=(Deed.RETURN, Deed.LEAVE),
        exits=(*PEACEFUL, Exit.ERROR),
        max_restarts=(50,),
    ),
    at=st.lists(st.integers(1, 150), min_size=1, max_size=2, unique=True),
    schedule=schedules(),
)
def test_ctrl_c_at_any_step_keeps_the_account_and_the_bound(
    troupe: Troupe, at: list[int], schedule: Schedule
) -> None:
    seen: list[Backstage] = []
    times: list[float] = []

    def interrupt_and_note() -> None:
        times.append(trio.current_time())
        interrupt()

    async def evening() -> float:
        try:
            await perform(troupe, seen.append)
        finally:
            times.append(trio.current_time())
        return 0

    with in_silence():
        try:
            schedule.run(evening, before=dict.fromkeys(at, interrupt_and_note))
        except* (KeyboardInterrupt, BodyError):
            pass
    if seen:
        it = Play(seen[0], None)
        mend_log(it)
        check_account(it)
        check_no_leaks(it)
        if len(times) == 3:
            _, second, over = times
            assert over - second <= CLEANUP


def mend_log(it: Play) -> None:
    """Give the messages an end whose speakers could not note it any more."""
    told = {
        n for what in ("accepted", "refused", "gave up") for n in it.log.numbers(what)
    }
    for number in {*it.log.numbers("offer")} - told:
        it.log.entries.append(
            attrs.evolve(it.log.entries[0], what="gave up", number=number)
        )
