"""`explore`, `find_failure`, `replay`: what they say, and what they refuse."""

import contextlib
import io
import random
from contextlib import redirect_stderr
from typing import Any

import pytest
import trio
from trio.lowlevel import checkpoint

from exeunt.testing import (
    NotDeterministic,
    Schedule,
    Stalled,
    explore,
    find_failure,
    replay,
    sweep_cancellation,
)


async def overdrawn() -> None:
    balance = 100

    async def withdraw(amount: int) -> None:
        nonlocal balance
        if balance >= amount:
            await checkpoint()
            balance -= amount

    async with trio.open_nursery() as nursery:
        nursery.start_soon(withdraw, 80)
        await checkpoint()
        await checkpoint()
        await checkpoint()
        nursery.start_soon(withdraw, 80)
    assert balance >= 0, f"overdrawn: {balance}"


async def harmless() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(checkpoint)
        nursery.start_soon(checkpoint)


async def two_locks() -> None:
    one, other = trio.Lock(), trio.Lock()

    async def take(first: trio.Lock, second: trio.Lock) -> None:
        async with first, second:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(take, one, other)
        nursery.start_soon(take, other, one)


def test_the_error_is_the_programs_own_and_says_how_to_see_it_again() -> None:
    with pytest.raises(AssertionError, match="overdrawn: -60") as raised:
        explore(overdrawn)
    [note] = raised.value.__notes__
    assert "overdrawn failed in run" in note
    assert "Smallest schedule found: 3h1 (1 deviation from" in note
    assert "Run it again: replay(overdrawn, schedule='3h1')" in note


def test_the_story_names_tasks_lines_and_who_went_ahead() -> None:
    finding = find_failure(overdrawn).finding
    assert finding is not None
    lines = finding.story.splitlines()
    assert lines[0] == (
        "   1. overdrawn: begins, and comes to test_exploring.py:35 "
        "`await checkpoint()`"
    )
    assert any("ahead of withdraw: " in line for line in lines)
    assert sum("ends" in line for line in lines) == 3
    assert lines[-2].endswith("overdrawn: goes on and ends")
    assert lines[-1] == (
        "      Raised: AssertionError: overdrawn: -60 at test_exploring.py:39 "
        '`assert balance >= 0, f"overdrawn: {balance}"`'
    )


def test_the_story_says_when_time_passes() -> None:
    async def nap() -> None:
        await trio.sleep(3)
        raise AssertionError

    finding = find_failure(nap).finding
    assert finding is not None
    assert finding.story.splitlines()[1:3] == [
        "   2. 3 s pass",
        "   3. nap: goes on and ends",
    ]


def test_a_long_story_is_told_around_its_first_deviation() -> None:
    async def long() -> None:
        order: list[str] = []

        async def late(name: str) -> None:
            await checkpoint()
            order.append(name)

        for _ in range(50):
            await checkpoint()
            await trio.sleep(1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(late, "a")
            nursery.start_soon(late, "b")
        assert order == ["a", "b"]

    finding = find_failure(long).finding
    assert finding is not None
    lines = finding.story.splitlines()
    assert len(lines) <= 63
    assert "steps before" in lines[0]
    assert any(", ahead of late" in line for line in lines)


def test_replay_fails_again_with_the_story() -> None:
    with pytest.raises(AssertionError, match="overdrawn") as raised:
        replay(overdrawn, schedule="3h1")
    assert "ahead of withdraw" in raised.value.__notes__[0]
    assert replay(overdrawn, schedule="fifo") is None


def test_a_deadlock_is_a_failure() -> None:
    with pytest.raises(Stalled):
        explore(two_locks)


def test_what_holds_is_counted() -> None:
    report = explore(harmless, runs=30)
    assert (report.runs, report.finding, report.exhausted) == (30, None, False)
    assert report.distinct == 6
    assert str(report) == "harmless held in 30 runs, 6 orders of steps."


def test_depth_first_says_when_it_has_seen_everything() -> None:
    report = explore(harmless, strategy="dfs")
    assert report.exhausted
    assert report.runs == report.distinct == 6
    assert str(report).endswith("there is no other.")


def test_depth_first_stops_at_its_bound_and_at_its_budget() -> None:
    async def three() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(checkpoint)

    counts = [explore(three, strategy=f"dfs:{bound}").runs for bound in range(3)]
    assert counts[0] == 1
    assert counts == sorted(set(counts))
    everything = explore(three, strategy="dfs")
    assert everything.runs >= counts[-1]
    assert not explore(three, strategy="dfs", runs=3).exhausted


def test_depth_first_finds_too() -> None:
    report = find_failure(overdrawn, strategy="dfs")
    assert report.finding is not None
    assert report.finding.found_by == "dfs"


def test_the_same_seed_finds_the_same() -> None:
    first, again = (find_failure(overdrawn, seed=7) for _ in range(2))
    assert str(first) == str(again)
    assert first.finding is not None
    assert first.finding.first_found == Schedule.parse(str(first.finding.first_found))


def test_the_budget_of_time_ends_the_search() -> None:
    assert explore(harmless, runs=10**9, seconds=0).runs == 0


@pytest.mark.parametrize("strategy", ["fifo", "random", "pct:2", "sticky:0.5"])
def test_a_strategy_may_be_named(strategy: str) -> None:
    assert explore(harmless, strategy=strategy, runs=5).runs == 5


@pytest.mark.parametrize(
    "strategy",
    ["", "lucky", "pct", "pct:x", "pct:0", "random:3", "sticky:", "sticky:7", "dfs:-1"],
)
def test_an_unknown_strategy_is_refused(strategy: str) -> None:
    with pytest.raises(ValueError, match=f"there is no strategy '{strategy}'"):
        explore(harmless, strategy=strategy)


def test_an_unknown_granularity_is_refused() -> None:
    with pytest.raises(ValueError, match="granularity"):
        explore(harmless, granularity="minute")  # type: ignore[arg-type]


def test_what_only_other_latencies_bring_about_is_said_to_be_so() -> None:
    async def five_are_enough() -> None:
        done = False

        async def work() -> None:
            nonlocal done
            await checkpoint()
            done = True

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            for _ in range(5):
                await checkpoint()
            assert done

    report = find_failure(five_are_enough)
    assert report.finding is not None
    assert not report.finding.within_ticks
    assert "other latencies allow it" in str(report)
    assert find_failure(five_are_enough, granularity="tick").finding is None


def test_what_trios_batches_allow_is_said_to_be_so() -> None:
    async def a_goes_first() -> None:
        order: list[str] = []

        async def task(name: str) -> None:
            await checkpoint()
            order.append(name)

        async with trio.open_nursery() as nursery:
            for name in "abc":
                nursery.start_soon(task, name)
        assert order != ["b", "c", "a"]

    report = find_failure(a_goes_first)
    assert report.finding is not None
    assert report.finding.within_ticks
    ticks = find_failure(a_goes_first, granularity="tick")
    assert ticks.finding is not None
    assert str(ticks.finding.schedule).startswith("tick ")
    with pytest.raises(AssertionError):
        replay(a_goes_first, schedule=str(ticks.finding.schedule))


def test_a_timeout_may_win_a_race_only_if_asked_for() -> None:
    async def in_time() -> None:
        with trio.fail_after(1):
            for _ in range(3):
                await checkpoint()

    held = find_failure(in_time)
    assert held.finding is None
    assert str(held).endswith("see timers=True.")
    assert not str(find_failure(harmless, runs=3)).endswith("see timers=True.")
    found = find_failure(in_time, timers=True).finding
    assert found is not None
    assert "1 s pass" in found.story
    assert str(found.schedule).startswith("timers ")
    with pytest.raises(trio.TooSlowError):
        replay(in_time, schedule=str(found.schedule))


def test_a_program_that_chance_decides_is_refused() -> None:
    async def by_chance() -> None:
        for _ in range(random.randrange(1, 10**6)):
            await checkpoint()
            if random.random() < 0.3:
                return

    random.seed(1)
    with pytest.raises(NotDeterministic, match="by_chance ran differently"):
        explore(by_chance)


def test_a_program_that_remembers_earlier_runs_is_refused() -> None:
    runs: list[int] = []

    async def remembers() -> None:
        runs.append(0)
        for _ in runs:
            await checkpoint()

    with pytest.raises(NotDeterministic, match="from step 1 on"):
        explore(remembers)


def test_ctrl_c_of_a_person_ends_the_exploration() -> None:
    async def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(BaseException) as raised:
        explore(interrupted)
    assert isinstance(raised.value, KeyboardInterrupt)


def test_progress_is_shown_if_asked_for() -> None:
    pytest.importorskip("tqdm")
    with redirect_stderr(io.StringIO()) as shown:
        explore(harmless, runs=20, show_progress=True)
    assert "harmless" in shown.getvalue()
    with redirect_stderr(io.StringIO()) as shown:
        explore(harmless, runs=20)
    assert not shown.getvalue()


def test_arguments_reach_the_scenario() -> None:
    async def greater(one: int, other: int) -> int:
        await checkpoint()
        assert one > other
        return one - other

    explore(greater, 2, 1, runs=3)
    assert replay(greater, 2, 1, schedule="fifo") == 1
    with pytest.raises(AssertionError):
        explore(greater, 1, 2)


def test_a_scenario_that_ends_at_once_says_so() -> None:
    async def at_once() -> None:
        raise KeyError("k")

    finding = find_failure(at_once).finding
    assert finding is not None
    assert finding.story.startswith("      It ended before its first checkpoint.")
    assert "Raised: KeyError: 'k' at test_exploring.py:" in finding.story
    assert "first come, first served: it takes no unusual order" in str(
        find_failure(at_once)
    )


def test_what_a_group_holds_is_told_one_by_one() -> None:
    async def two() -> None:
        async def fail(text: str) -> None:
            await checkpoint()
            raise ValueError(text)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(fail, "one")
            nursery.start_soon(fail, "other")

    finding = find_failure(two).finding
    assert finding is not None
    assert finding.story.count("Raised: ValueError") >= 1


def no_coroutine() -> int:
    return 3


@pytest.mark.parametrize(
    ("scenario", "args", "complaint"),
    [
        (None, (), "is an async function, not None"),
        (no_coroutine, (), "has returned 3"),
        (harmless, (1,), r"harmless cannot be called with \(1,\)"),
    ],
)
def test_what_is_no_scenario_is_refused(
    scenario: Any, args: tuple[object, ...], complaint: str
) -> None:
    with pytest.raises(TypeError, match=complaint):
        find_failure(scenario, *args)
    with pytest.raises(TypeError, match=complaint):
        sweep_cancellation(scenario, *args)


def test_a_call_instead_of_a_function_is_refused() -> None:
    called: Any = harmless()
    with pytest.raises(TypeError, match="not a call of it"):
        find_failure(called)


def test_no_runs_are_not_enough() -> None:
    with pytest.raises(ValueError, match="runs must be at least 1, not 0"):
        find_failure(harmless, runs=0)


async def test_in_a_run_of_trio_there_is_no_exploring() -> None:
    with pytest.raises(RuntimeError, match="cannot be called in a Trio run"):
        find_failure(harmless)
    with pytest.raises(RuntimeError, match="cannot be called in a Trio run"):
        sweep_cancellation(harmless)


def test_what_holds_first_and_then_never_again_is_refused() -> None:
    runs: list[int] = []

    async def worn_out() -> None:
        runs.append(0)
        await checkpoint()
        assert len(runs) < 9

    with pytest.raises(NotDeterministic, match="what an earlier run has left behind"):
        explore(worn_out)


def test_a_program_that_swallows_its_end_has_not_held() -> None:
    async def deaf() -> None:
        with contextlib.suppress(BaseException):
            while True:
                await checkpoint()

    with pytest.raises(Stalled, match="more than 200 steps"):
        explore(deaf, max_steps=200)


def test_what_trio_does_by_itself_is_no_difference() -> None:
    async def calls_itself_back() -> None:
        trio.lowlevel.current_trio_token().run_sync_soon(int)
        for _ in range(4):
            await checkpoint()

    for _ in range(5):
        explore(calls_itself_back, runs=3)


def test_a_bounded_search_says_what_it_has_not_seen() -> None:
    async def three() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(checkpoint)

    assert str(explore(three, strategy="dfs:1")).endswith(
        "; there is no other with at most 1 deviation."
    )


def test_a_schedule_will_do_for_a_replay() -> None:
    with pytest.raises(AssertionError, match="overdrawn"):
        replay(overdrawn, schedule=Schedule([0, 0, 0, -1]))


def test_a_replay_goes_no_further_than_the_exploration_went() -> None:
    async def long() -> None:
        for _ in range(20_000):
            await checkpoint()

    with pytest.raises(Stalled, match="more than 10,000 steps"):
        replay(long, schedule="fifo")


def test_what_a_test_runner_raises_is_a_failure_like_others() -> None:
    async def nothing_raised() -> None:
        await checkpoint()
        with pytest.raises(ValueError):
            await checkpoint()

    finding = find_failure(nothing_raised).finding
    assert finding is not None
    assert "Raised: Failed: DID NOT RAISE" in finding.story


def test_a_scenario_may_be_skipped() -> None:
    async def not_today() -> None:
        pytest.skip("not today")

    with pytest.raises(pytest.skip.Exception):
        explore(not_today)
