"""The timetable of an agent's timers, next to a list that does the same, naively."""

from collections.abc import Iterator
from math import inf, nextafter
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from exeunt._model.timetable import Rhythm, Timer, Timetable


def timer(
    rhythm: Rhythm,
    seconds: float,
    *,
    now: float = 0,
    key: object = "key",
    late: int = 0,
) -> Timer:
    return Timer(key, f"tick of {key}", rhythm, seconds, now + seconds, late)


def times_of(timetable: Timetable, until: float) -> list[float]:
    """Handle each tick when it is due, in no time, and return when that was."""
    times: list[float] = []
    while (now := timetable.due) <= until:
        taken = timetable.take(now)
        if taken is not None:
            times.append(now)
            timetable.ticked(taken, now)
    return times


@pytest.mark.parametrize(
    ("rhythm", "times"),
    [
        (Rhythm.ONCE, [2]),
        (Rhythm.DELAY, [2, 4, 6]),
        (Rhythm.RATE, [2, 4, 6]),
        (Rhythm.QUIET, [2]),
    ],
)
def test_each_rhythm_has_its_times(rhythm: Rhythm, times: list[float]) -> None:
    timetable = Timetable()
    timetable.set(timer(rhythm, 2))
    assert times_of(timetable, until=7) == times


def test_an_empty_one_is_never_due() -> None:
    timetable = Timetable()
    assert timetable.due == inf
    assert timetable.take(1e9) is None
    assert len(timetable) == 0


def test_a_tick_of_once_is_the_last_and_its_key_is_free() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.ONCE, 0))
    assert "key" in timetable
    assert timetable.take(0) is not None
    assert "key" not in timetable
    assert not timetable.cancel("key")


def test_a_delay_counts_from_the_end_of_the_turn() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.DELAY, 2))
    taken = timetable.take(2)
    assert taken is not None
    assert timetable.due == inf
    timetable.ticked(taken, 9)
    assert timetable.due == 11


def test_a_delay_that_was_reset_in_its_turn_is_not_reset_again() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.DELAY, 2))
    taken = timetable.take(2)
    assert taken is not None
    timetable.set(timer(Rhythm.DELAY, 100, now=2))
    timetable.ticked(taken, 3)
    assert timetable.due == 102


@pytest.mark.parametrize(("late", "ticks"), [(0, 1), (1, 2), (3, 4), (9, 5)])
def test_a_rate_catches_up_so_far_and_keeps_its_beat(late: int, ticks: int) -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.RATE, 2, late=late))
    taken = 0
    while timetable.take(11):  # 2, 4, 6, 8 and 10 are due
        taken += 1
    assert taken == ticks
    assert timetable.due == 12


def test_a_silence_begins_with_the_last_message() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.QUIET, 5))
    timetable.touch(3)
    assert timetable.take(5) is None
    assert timetable.due == 8
    assert timetable.take(8) is not None
    assert timetable.due == inf
    timetable.touch(20)
    assert timetable.due == 25


def test_a_silent_timer_that_was_reset_is_not_due_twice() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.QUIET, 5))
    assert timetable.take(5) is not None
    timetable.set(timer(Rhythm.QUIET, 5, now=6))
    timetable.touch(7)
    assert times_of(timetable, until=100) == [12]


def test_a_silent_timer_that_was_cancelled_stays_so() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.QUIET, 5))
    assert timetable.take(5) is not None
    assert timetable.cancel("key")
    timetable.touch(7)
    assert timetable.due == inf


@pytest.mark.parametrize("key", [None, "key"])
def test_setting_and_cancelling_others_leaves_a_silent_timer_alone(key: object) -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.QUIET, 5, key=key))
    assert timetable.take(5) is not None
    timetable.set(timer(Rhythm.ONCE, 1, now=5, key="other"))
    assert timetable.cancel("other")
    timetable.touch(7)
    assert timetable.due == 12


def test_a_silence_that_was_broken_does_not_hide_another_tick() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.QUIET, 5, key="quiet"))
    timetable.set(timer(Rhythm.ONCE, 5, key="once"))
    timetable.touch(3)
    taken = timetable.take(5)
    assert taken is not None
    assert taken.key == "once"


def test_clearing_forgets_everything() -> None:
    timetable = Timetable()
    for rhythm in Rhythm:
        timetable.set(timer(rhythm, 1, key=rhythm))
    assert timetable.take(1) is not None
    timetable.clear()
    timetable.touch(2)
    assert len(timetable) == 0
    assert timetable.due == inf


def test_what_is_due_first_ticks_first() -> None:
    timetable = Timetable()
    for seconds in 3, 1, 2:
        timetable.set(timer(Rhythm.ONCE, seconds, key=seconds))
    taken = [timetable.take(9) for _ in range(3)]
    assert [each.key for each in taken if each is not None] == [1, 2, 3]


def test_timers_that_are_reset_all_the_time_do_not_pile_up() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.ONCE, 1, key="first"))
    for now in range(10_000):
        timetable.set(timer(Rhythm.ONCE, 10_000, now=now))
    assert len(timetable) == 2
    assert len(timetable._heap) <= 2 * 2 + 16
    assert timetable.due == 1


def test_most_of_what_the_heap_holds_is_still_to_come() -> None:
    timetable = Timetable()
    for number in range(10_000):
        timetable.set(timer(Rhythm.ONCE, 1, key=number % 100))
        assert len(timetable._heap) <= 2 * len(timetable) + 16


@given(
    began=st.floats(0, 1e6),
    seconds=st.floats(1e-3, 1e3),
    beats=st.integers(0, 1000),
    late=st.integers(0, 3),
)
def test_whoever_comes_right_on_a_beat_is_not_late_for_it(
    began: float, seconds: float, beats: int, late: int
) -> None:
    timetable = Timetable()
    rate = timer(Rhythm.RATE, seconds, now=began, late=late)
    timetable.set(rate)
    now = rate.due + beats * seconds
    taken = 0
    while timetable.take(now):
        taken += 1
    assert taken == min(beats, late) + 1
    assert timetable.due == pytest.approx(now + seconds)


def test_whoever_comes_a_breath_before_a_beat_does_not_miss_it() -> None:
    timetable = Timetable()
    timetable.set(timer(Rhythm.RATE, 0.6, now=2.9))
    beat = 2.9 + 0.6 + 38 * 0.6
    assert timetable.take(nextafter(beat, 0)) is not None
    assert timetable.due == beat


@attrs.define(eq=False)
class Naive:
    """One timer as the promises have it. Times are whole, so nothing is rounded."""

    timer: Timer
    set_at: int
    last: int = 0  # the number of the last tick of a rate
    rests: bool = False  # until its turn, or the silence, is over

    def due(self, active: float) -> float:
        seconds = self.timer.seconds
        if self.rests:
            return inf
        if self.timer.rhythm is Rhythm.RATE:
            return self.set_at + (self.last + 1) * seconds
        if self.timer.rhythm is Rhythm.QUIET:
            return max(self.set_at, active) + seconds
        return self.set_at + seconds

    def tick(self, now: int) -> None:
        if self.timer.rhythm is Rhythm.RATE:
            newest = int((now - self.set_at) // self.timer.seconds)
            self.last = max(self.last + 1, newest - self.timer.catch_up)
        else:
            self.rests = True


class Agent(RuleBasedStateMachine):
    """What an agent does with its timetable, in any order, and a list beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.timetable = Timetable()
        self.naive: list[Naive] = []
        self.now = 0
        self.active = -inf
        self.turn: Timer | None = None

    def found(self, key: object) -> Iterator[Naive]:
        return (naive for naive in self.naive if naive.timer.key == key)

    @rule(
        key=st.sampled_from("abc"),
        rhythm=st.sampled_from(Rhythm),
        seconds=st.integers(1, 4),
        late=st.integers(0, 2),
    )
    def set(self, key: str, rhythm: Rhythm, seconds: int, late: int) -> None:
        new = timer(rhythm, seconds, now=self.now, key=key, late=late)
        self.timetable.set(new)
        self.naive = [each for each in self.naive if each.timer.key != key]
        self.naive.append(Naive(new, self.now))

    @rule(key=st.sampled_from("abc"))
    def cancel(self, key: str) -> None:
        assert self.timetable.cancel(key) == any(self.found(key))
        self.naive = [each for each in self.naive if each.timer.key != key]

    @rule(seconds=st.integers(1, 6))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @precondition(lambda self: self.turn is None)
    @rule()
    def take(self) -> None:
        due = {each.timer: each for each in self.naive if self.is_due(each)}
        taken = self.timetable.take(self.now)
        if taken is None:
            assert not due
            assert self.timetable.due > self.now
            return
        assert taken in due
        naive = due[taken]
        if taken.rhythm is not Rhythm.QUIET:
            mine = naive.due(self.active)
            assert all(mine <= each.due(self.active) for each in self.alike(due))
        naive.tick(self.now)
        if taken.rhythm is Rhythm.ONCE:
            self.naive.remove(naive)
        self.turn = taken

    def is_due(self, naive: Naive) -> bool:
        return naive.due(self.active) <= self.now

    def alike(self, due: dict[Timer, Naive]) -> list[Naive]:
        return [each for each in due.values() if each.timer.rhythm is not Rhythm.QUIET]

    @precondition(lambda self: self.turn is not None)
    @rule()
    def end_turn(self) -> None:
        assert self.turn is not None
        self.timetable.ticked(self.turn, self.now)
        for naive in self.naive:
            if naive.timer is self.turn and naive.timer.rhythm is Rhythm.DELAY:
                naive.set_at, naive.rests = self.now, False
        self.turn = None

    @precondition(lambda self: self.turn is None)
    @rule()
    def handle_a_message(self) -> None:
        self.timetable.touch(self.now)
        self.active = self.now
        for naive in self.naive:
            if naive.timer.rhythm is Rhythm.QUIET:
                naive.rests = False

    @invariant()
    def it_knows_the_same_keys(self) -> None:
        assert len(self.timetable) == len(self.naive)
        assert all(each.timer.key in self.timetable for each in self.naive)

    @invariant()
    def it_never_oversleeps(self) -> None:
        due = min((each.due(self.active) for each in self.naive), default=inf)
        assert self.timetable.due <= due
        # It may wake for a silence that has been broken, and then sleep again.
        if not any(each.timer.rhythm is Rhythm.QUIET for each in self.naive):
            assert self.timetable.due == due


def test_a_list_of_timers_predicts_the_timetable() -> None:
    profile: Any = settings(max_examples=300, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Agent, settings=profile)
