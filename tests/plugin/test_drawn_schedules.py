"""Async tests of Hypothesis are steered by the schedules that they draw."""

import re

from projects import RACE, Run

pytest_plugins = ["pytester"]

DRAWN = (
    RACE
    + """
from hypothesis import given, settings, strategies as st
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

SETTINGS = settings(
    database=None, max_examples=300, deadline=None, phases=["generate", "shrink"]
)

@SETTINGS
@given(number=st.integers(0, 9), schedule=schedules())
async def test_both_arrive(number, schedule):
    account = {"balance": number}
    await deposit_twice(account)
    assert account["balance"] == number + 3
"""
)

PLAIN = """
import trio
from hypothesis import given, settings, strategies as st

@settings(database=None, max_examples=5)
@given(number=st.integers())
async def test_plain(number):
    await trio.lowlevel.checkpoint()
"""


def test_the_race_is_found_and_shrunk_and_the_schedule_told(run: Run) -> None:
    result = run(DRAWN)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "number=0," in text
    [choices] = set(re.findall(r"schedule=Schedule\(\[(.*)\]\)", text))
    numbers = [int(each) for each in choices.split(",")]
    assert sum(number != 0 for number in numbers) <= 2
    assert len(numbers) <= 6
    assert re.search(r"The last example drew the schedule '\d+[xh]\d+.*'", text)


def test_what_it_has_shrunk_to_fails_each_time_by_itself(run: Run) -> None:
    text = run(DRAWN).stdout.str()
    [schedule] = set(re.findall(r"schedule=(Schedule\(.*\))", text))
    example = f"from hypothesis import example\n@example(0, {schedule})\n@SETTINGS"
    source = DRAWN.replace("@SETTINGS", example).replace('"generate"', '"explicit"')
    for _ in range(3):
        run(source).assert_outcomes(failed=1)
    fifo = source.replace(schedule, "Schedule()").replace(', "shrink"', "")
    run(fifo).assert_outcomes(passed=1)


def test_the_order_is_the_schedules_and_it_tells_its_steps(run: Run) -> None:
    source = """
import trio
from hypothesis import example, given, settings
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

seen = []

@settings(phases=["explicit"])
@example(schedule=Schedule())
@example(schedule=Schedule([1]))
@example(schedule=Schedule([2]))
@given(schedule=schedules())
async def test_order(schedule):
    order = []

    async def task(number):
        order.append(number)

    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(task, number)
    seen.append((schedule, tuple(order)))

def test_seen():
    assert {order for _, order in seen} == {(0, 1, 2), (1, 0, 2), (2, 0, 1)}
    assert all(schedule.steps and schedule.decisions for schedule, _ in seen)
"""
    run(source).assert_outcomes(passed=2)


def test_time_is_virtual_and_a_stall_fails(run: Run) -> None:
    source = (
        DRAWN
        + """
@SETTINGS
@given(schedule=schedules())
async def test_sleeps(schedule):
    await trio.sleep(1_000_000)

@SETTINGS
@given(schedule=schedules())
async def test_hangs(schedule):
    await trio.sleep_forever()
"""
    )
    result = run(source, "-k", "sleeps or hangs")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Stalled: nothing happens any more*"])


def test_parameters_and_assumptions_go_on_working(run: Run) -> None:
    source = (
        DRAWN
        + """
from hypothesis import assume

@pytest.mark.parametrize("parameter", [1, 2])
@SETTINGS
@given(number=st.integers(0, 5), schedule=schedules())
async def test_parametrized(parameter, number, schedule):
    assume(number != 1)
    await trio.lowlevel.checkpoint()
    assert number != parameter
"""
    )
    run(source, "-k", "parametrized").assert_outcomes(passed=1, failed=1)


def test_no_schedule_is_warned_of_once_per_test(run: Run) -> None:
    twice = PLAIN.replace(
        "async def test_plain(number)",
        "async def test_plain(parameter, number)",
    ).replace(
        "@settings",
        "import pytest\n@pytest.mark.parametrize('parameter', [1, 2])\n@settings",
    )
    for source in (PLAIN, twice):
        result = run(source)
        text = result.stdout.str()
        assert text.count("SingleSchedule: ") == 1
        assert "add schedule=schedules() to what it draws" in text


def test_the_warning_can_be_switched_off(run: Run) -> None:
    run(PLAIN, ini="exeunt_single_schedule = false").assert_outcomes(passed=1)
    ignored = "ignore::exeunt.testing.complaints.SingleSchedule"
    run(PLAIN, "-W", ignored).assert_outcomes(passed=1, warnings=0)


def test_there_is_no_warning_where_there_is_no_reason(run: Run) -> None:
    source = (
        DRAWN.replace("== number + 3", ">= 0")
        + """
@given(number=st.integers())
def test_sync(number):
    pass

async def test_async():
    pass
"""
    )
    run(source).assert_outcomes(passed=3, warnings=0)


def test_a_failing_test_is_not_warned_of_too(run: Run) -> None:
    result = run(PLAIN.replace("await", "assert number is None; await"))
    result.assert_outcomes(failed=1)
    assert "SingleSchedule" not in result.stdout.str()


def test_the_story_of_the_smallest_example_is_told(run: Run) -> None:
    text = run(DRAWN).stdout.str()
    story = text.partition("The last example drew the schedule")[2]
    assert ", ahead of deposit" in story or "goes on, and waits" in story
    assert "Raised: AssertionError" in story
    again = re.findall(r"schedule=(Schedule\(.*\))", text)[0]
    example = f"from hypothesis import example\n@example(0, {again})\n@SETTINGS"
    source = DRAWN.replace("@SETTINGS", example).replace('"generate"', '"explicit"')
    assert "Raised: AssertionError" in run(source).stdout.str()
