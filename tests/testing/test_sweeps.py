"""Sweeps: what only a disturbance at one place brings to light is found there."""

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from busy import VICTIMS, busy
from disturbed import (
    CANCELLED,
    CRASHED,
    INTERRUPTED,
    Program,
    dropped_shield,
    half_a_transfer,
    pool_slot,
)

from exeunt import Agent, Outcome, Reason, start
from exeunt._core.life import Life
from exeunt.testing import Stalled, replay
from exeunt.testing.exploring.exploration import NotDeterministic
from exeunt.testing.faults.failpoints import failpoint
from exeunt.testing.faults.plan import InjectedCrash
from exeunt.testing.sweeping.blows import Blow, join, split
from exeunt.testing.sweeping.oracle import LedgerBroken
from exeunt.testing.sweeping.sweeps import (
    replay_disturbed,
    sweep_cancellation,
    sweep_crashes,
    sweep_interrupts,
)
from exeunt.testing.sweeping.victims import victim

sys.path.insert(0, str(Path(__file__).parent.parent / "planted"))

from bugs import BUGS, Bug


def named(program: Program) -> str:
    return program.__name__


def note_of(error: BaseException) -> str:
    [note] = error.__notes__
    return note


def text_of(error: BaseException) -> str:
    return note_of(error).rsplit("schedule='", 1)[1].removesuffix("')")


@pytest.mark.parametrize("program", CANCELLED, ids=named)
def test_a_cancellation_brings_it_to_light(program: Program) -> None:
    assert sweep_cancellation(program, True).points >= 20
    with pytest.raises(Exception) as found:
        sweep_cancellation(program, False)
    with pytest.raises(type(found.value)):
        replay_disturbed(program, (False,), text_of(found.value), None)


@pytest.mark.parametrize("program", CRASHED, ids=named)
def test_a_crash_brings_it_to_light(program: Program) -> None:
    assert sweep_crashes(program, True).points >= 20
    with pytest.raises(Exception) as found:
        sweep_crashes(program, False)
    with pytest.raises(type(found.value)):
        replay_disturbed(program, (False,), text_of(found.value), None)


@pytest.mark.parametrize("program", INTERRUPTED, ids=named)
def test_ctrl_c_brings_it_to_light(program: Program) -> None:
    assert sweep_interrupts(program, True, twice=True).points >= 20
    with pytest.raises(Exception) as found:
        sweep_interrupts(program, False)
    with pytest.raises(type(found.value)):
        replay_disturbed(program, (False,), text_of(found.value), None)


def test_one_mistake_takes_a_cancellation_and_another_order() -> None:
    sweep_cancellation(dropped_shield, False, schedules=1)
    with pytest.raises(Stalled) as found:
        sweep_cancellation(dropped_shield, False)
    schedule, blows = split(text_of(found.value))
    assert len(schedule.split()) == len(blows) == 1  # one deviation


# The runtime itself.

FOUND = {
    "a dying agent tells the senders in the line that it has accepted",
    "the asker of the message that crashed is not answered",
    "a handler starts after the cancel",
    "a message taken when the cancel came is forgotten",
    "stop leaves the intake open until the queue is empty",
    "cancel leaves the intake open",
    "lifespan is left before the askers are answered",
    "the receiving end is closed before the mailbox is cleared",
    "a fate is counted twice",
    "leaving lifespan is not shielded",
    "lifespan is not left after a crash",
    "cancelling a linked asker cancels the agent",
    "stop forgets what is queued",
    "the receiving end stays open",
    "control waits its turn behind the queue",
    "a sender that finds the mailbox full is not put into the line",
}
"""The others break promises that a busy scene does not look at."""


def sweep_a_busy_scene() -> None:
    for who in VICTIMS:
        sweep_cancellation(busy, who, schedules=4)
    sweep_interrupts(busy, "the scenario", schedules=2)
    sweep_crashes(busy, "the scenario", schedules=2)


def test_the_runtime_stands_a_sweep() -> None:
    sweep_a_busy_scene()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "bug", [bug for bug in BUGS if bug.name in FOUND], ids=lambda bug: bug.name
)
def test_a_bug_of_the_runtime_is_found(bug: Bug) -> None:
    with bug.planted(), pytest.raises(Exception):  # noqa: B017 - it may break anything
        sweep_a_busy_scene()
    gc.collect()  # what a broken run leaves behind complains of that


def test_they_are_bugs_of_the_runtime() -> None:
    assert len({bug.name for bug in BUGS} & FOUND) == len(FOUND) == 16


# What is reported.


async def two_sleepers() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.sleep, 1)
        await trio.sleep(1)
        with trio.CancelScope(shield=True):
            await trio.lowlevel.checkpoint()


def test_it_counts_what_was_swept() -> None:
    swept = sweep_cancellation(two_sleepers, schedules=3)
    assert swept.schedules == 3
    assert swept.points >= 3 * 5
    assert swept.runs >= swept.points + swept.schedules
    assert swept.controlled


def test_it_tells_which_lines_were_cut_short_and_which_never() -> None:
    swept = sweep_cancellation(two_sleepers)
    first = two_sleepers.__code__.co_firstlineno
    assert [place.line - first for place in swept.hit] == [1, 3]
    assert [place.line - first for place in swept.missed] == [5]
    assert str(swept).splitlines()[1:] == [
        "Cut short: 2 of 3 await lines.",
        "Never cut short:",
        f"  test_sweeps.py:{first + 5} `await trio.lowlevel.checkpoint()`",
    ]


def test_who_waits_for_others_at_the_end_of_a_nursery_is_cut_short_too() -> None:
    async def waiting() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1)

    swept = sweep_cancellation(waiting, schedules=1)
    assert swept.missed == ()


def test_an_await_in_a_cleanup_that_cannot_wait_any_more_counts() -> None:
    async def cleaning() -> None:
        try:
            await trio.sleep(1)
        finally:
            await trio.lowlevel.checkpoint()

    swept = sweep_cancellation(cleaning, schedules=1)
    assert len(swept.hit) == 2


class Deaf(Agent[str]):
    async def handle(self, message: str) -> None:
        failpoint("in the ear")
        await trio.lowlevel.checkpoint()


async def talking() -> None:
    async with trio.open_nursery() as nursery, await start(nursery, Deaf) as deaf:
        await deaf.send("well")
        await deaf.send("then")


def test_it_tells_where_agents_have_crashed() -> None:
    swept = sweep_crashes(talking, schedules=2)
    assert (swept.points, swept.runs) == (12, 14)
    assert swept.seams == (
        "after str in 'Deaf': 4",
        "before str in 'Deaf': 4",
        "failpoint 'in the ear': 4",
    )
    assert str(swept).splitlines()[0] == (
        "talking held: crashed at 12 points in 2 orders of steps, 14 runs."
    )


def test_it_says_when_there_was_nothing_to_disturb() -> None:
    assert str(sweep_crashes(two_sleepers, schedules=1)) == (
        "two_sleepers held: crashed at 0 points in 1 order of steps, 1 runs. "
        "There was nothing to disturb."
    )


def test_a_failure_says_where_the_disturbance_came_and_tells_the_story() -> None:
    with pytest.raises(AssertionError) as found:
        sweep_cancellation(pool_slot, False)
    note = note_of(found.value)
    assert note.startswith(
        "pool_slot failed when its victims were cancelled before step 0.\n"
        "Then its tasks stood here:\n"
    )
    at = pool_slot.__code__.co_firstlineno + 15
    where = f"disturbed.py:{at} `async with trio.open_nursery() as nursery:`"
    assert f"  pool_slot: {where}\n  use: disturbed.py" in note
    assert "What happens in this run:\n   1. pool_slot: begins" in note
    assert note.endswith("Run it again: replay(pool_slot, schedule='victim@0')")


def test_what_fails_undisturbed_is_told_as_such() -> None:
    async def wrong() -> None:
        await trio.lowlevel.checkpoint()
        raise ValueError

    with pytest.raises(ValueError) as found:
        sweep_crashes(wrong)
    assert "wrong failed when nothing had disturbed it." in note_of(found.value)


# What it looks at after each run.


def test_check_gets_the_outcomes_and_may_complain() -> None:
    seen: list[Reason] = []

    def check(outcomes: tuple[Outcome, ...]) -> None:
        seen.extend(outcome.reason for outcome in outcomes)
        assert Reason.CANCELLED not in seen

    with pytest.raises(AssertionError) as found:
        sweep_cancellation(talking, check=check)
    assert seen[0] is Reason.STOPPED
    with pytest.raises(AssertionError):
        replay_disturbed(talking, (), text_of(found.value), check)


def test_broken_books_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def drop_the_books(self: Life) -> None:
        self.undelivered = ()
        close(self)

    close = Life.close
    monkeypatch.setattr(Life, "close", drop_the_books)
    with pytest.raises(LedgerBroken, match="accepted, and then lost: 'well'"):
        sweep_cancellation(talking)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_never_ends_is_a_finding() -> None:
    async def deaf() -> None:
        try:
            await trio.sleep(1)
        except trio.Cancelled:
            with trio.CancelScope(shield=True):
                while True:
                    await trio.lowlevel.checkpoint()

    with pytest.raises(Stalled):
        sweep_cancellation(deaf, max_steps=100)
    gc.collect()  # nothing can end such a program, and Trio complains


def test_a_program_that_runs_differently_is_refused() -> None:
    count = 0

    async def moody() -> None:
        nonlocal count
        count += 1
        async with trio.open_nursery() as nursery:
            for _ in range(count % 3):
                nursery.start_soon(trio.lowlevel.checkpoint)
            await trio.sleep(1)
            await trio.sleep(1)

    with pytest.raises(NotDeterministic, match="moody ran differently before step"):
        sweep_cancellation(moody)


# Victims.


async def test_outside_of_a_sweep_a_victim_is_nothing() -> None:
    with victim():
        await trio.lowlevel.checkpoint()


async def test_what_cannot_be_cancelled_is_no_victim() -> None:
    with pytest.raises(TypeError, match=r"such as a handle .* not 'who'$"):
        victim("who").__enter__()  # type: ignore[arg-type]


def test_only_the_victim_is_cancelled() -> None:
    ends: list[str] = []

    async def two() -> None:
        with victim():
            await trio.sleep(1)
        await trio.sleep(1)
        ends.append("survived")

    swept = sweep_cancellation(two, schedules=1)
    assert len(ends) == swept.runs
    assert len(swept.hit) == 1


# Crashes.


def test_a_crash_that_comes_out_as_itself_is_no_failure_but_what_else_does() -> None:
    async def clumsy() -> None:
        try:
            await talking()
        except* InjectedCrash:
            raise LookupError("the crash led to this") from None

    with pytest.raises(LookupError):
        sweep_crashes(clumsy)


# Ctrl-C.


@pytest.fixture
def pressed_for_real() -> Iterator[None]:
    def press() -> None:
        # Once is enough, unless it falls together with a press of the sweep's own:
        # of two signals at a time the system keeps one.
        pause = 0.001
        while not done.wait(pause):
            if pressed_in_a_run():
                os.kill(os.getpid(), signal.SIGINT)
                pause = 1

    def pressed_in_a_run() -> bool:
        return signal.getsignal(signal.SIGINT) is not signal.default_int_handler

    done = threading.Event()
    thread = threading.Thread(target=press)
    thread.start()
    yield
    done.set()
    thread.join()


# A real signal may fall between two runs, where Trio has just closed what wakes it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.usefixtures("pressed_for_real")
def test_a_press_of_the_person_at_the_keyboard_is_never_swallowed() -> None:
    with pytest.RaisesGroup(
        KeyboardInterrupt, allow_unwrapped=True, flatten_subgroups=True
    ):
        while True:
            # It wakes Trio's loop, and may thereby change the order of what it meets.
            with suppress(NotDeterministic):
                sweep_interrupts(two_sleepers, schedules=100_000)


def test_afterwards_ctrl_c_does_what_it_did_before() -> None:
    before = signal.getsignal(signal.SIGINT)
    sweep_interrupts(two_sleepers, schedules=1)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_there_is_no_ctrl_c() -> None:
    errors: list[str] = []

    def sweep() -> None:
        try:
            sweep_interrupts(two_sleepers)
        except RuntimeError as error:
            errors.append(str(error))

    thread = threading.Thread(target=sweep)
    thread.start()
    thread.join()
    assert errors == [
        "Ctrl-C reaches the main thread alone: call sweep_interrupts from there"
    ]


def test_no_press_is_left_over_for_later() -> None:
    sweep_interrupts(two_sleepers, schedules=2, twice=True)
    time.sleep(0)  # where a signal would strike


# The text.


@pytest.mark.parametrize(
    ("schedule", "blows"),
    [
        ("fifo", (Blow("cancel", 17),)),
        ("10x1 12h2", (Blow("interrupt", 3), Blow("interrupt", 5))),
        ("fifo", (Blow("victim", 2, idle=True),)),
        ("tick 1x1", (Blow("crash-before", 0),)),
        ("fifo", (Blow("fail", 2, "half way @ 100%"),)),
        ("fifo", ()),
    ],
)
def test_the_text_says_it_all(schedule: str, blows: tuple[Blow, ...]) -> None:
    text = join(schedule, blows)
    rest, again = split(text)
    assert (rest or "fifo", again) == (schedule, blows)


def test_a_text_that_says_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="'cancel@x' is neither a deviation"):
        replay_disturbed(two_sleepers, (), "cancel@x", None)


def test_a_replay_returns_what_the_scenario_returns() -> None:
    async def seven() -> int:
        return 7

    assert replay_disturbed(seven, (), "fifo", None) == 7


def test_a_sweep_goes_through_some_schedules() -> None:
    with pytest.raises(ValueError, match="1 schedule or more, not 0"):
        sweep_cancellation(half_a_transfer, True, schedules=0)


def test_a_check_that_is_async_is_refused() -> None:
    async def check(outcomes: object) -> None:
        raise AssertionError(outcomes)

    with pytest.raises(TypeError, match="a function that is not async"):
        sweep_cancellation(trio.sleep, 1, schedules=1, check=check)


@pytest.mark.parametrize("policy", ["drop_oldest", "drop_newest"])
def test_agents_that_drop_messages_can_be_swept(policy: Any) -> None:
    class Idle(Agent[object]):
        async def handle(self, message: object) -> None:
            pass

    async def scenario() -> None:
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Idle, capacity=2, overflow=policy) as idle,
        ):
            await idle.send(1)

    assert sweep_cancellation(scenario, schedules=2).runs > 2


def test_a_program_that_receives_signals_itself_can_be_swept() -> None:
    async def patient() -> None:
        with trio.open_signal_receiver(signal.SIGINT):
            await trio.sleep(1)

    sweep_interrupts(patient, schedules=1)


def test_a_replay_whose_blow_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match="the run is over before"):
        replay(trio.sleep, 1, schedule="cancel@999")
