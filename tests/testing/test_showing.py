"""A failure that was found can be looked at: its run, recorded and told."""

from collections import deque
from collections.abc import Awaitable, Callable, Iterator

import pytest
import trio

from exeunt import Agent, start
from exeunt.testing import explore, find_failure, replay, sweep_cancellation
from exeunt.testing.exploring.exploration import Finding
from exeunt.testing.exploring.showing import Shown, shown
from exeunt.tracing.events import ScopeCancelled, ScopeOpened, StoodAt, TaskStarted


class Till(Agent[int]):
    money = 0

    async def handle(self, message: int) -> None:
        before = self.money
        await trio.lowlevel.checkpoint()  # at the bank
        self.money = before + message


async def come(name: str, came: list[str]) -> None:
    await trio.lowlevel.checkpoint()
    came.append(name)


async def in_order() -> None:
    came: list[str] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(come, "alice", came)
        nursery.start_soon(come, "bob", came)
    if came != ["alice", "bob"]:
        raise LookupError(f"{came[0]} came first")


async def pay_twice() -> None:
    async with trio.open_nursery() as nursery:
        async with await start(nursery, Till) as till:
            await till.send(1)
            await till.send(2)
        raise ValueError("in any order")


def finding_of(scenario: Callable[[], Awaitable[object]]) -> Finding:
    found = find_failure(scenario).finding
    assert found is not None
    return found


@pytest.fixture
def runs() -> Iterator[deque[Shown]]:
    runs = deque[Shown]()
    token = shown.set(runs)
    yield runs
    shown.reset(token)


def test_a_finding_has_the_recording_of_its_smallest_run() -> None:
    found = finding_of(in_order)
    assert found.schedule.deviations == 1
    assert found.recording.header.error == "LookupError: bob came first"
    assert "in_order fails: LookupError: bob came first" in found.recording.story()
    assert "LookupError: bob came first" in found.recording.picture()
    assert found.recording == finding_of(in_order).recording


def test_who_conducts_is_not_in_it() -> None:
    events = finding_of(in_order).recording.events
    begun = [each for each in events if isinstance(each, TaskStarted)]
    assert [(each.name, each.main) for each in begun] == [
        ("in_order", True),
        ("come", False),
        ("come", False),
    ]
    assert {each.deadline for each in events if isinstance(each, ScopeOpened)} == {None}
    assert {
        each.file.rpartition("/")[2] for each in events if isinstance(each, StoodAt)
    } == {"test_showing.py"}


def test_a_deadline_of_the_programs_own_is_in_it() -> None:
    async def hurry() -> None:
        with trio.fail_after(1):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)

    events = finding_of(hurry).recording.events
    assert [each.deadline for each in events if isinstance(each, ScopeOpened)] == [
        None,
        1,
    ]


def test_the_repr_of_a_finding_does_not_hold_it() -> None:
    assert "TaskStarted" not in repr(finding_of(in_order))


def test_the_steps_say_which_message_is_handled() -> None:
    story = finding_of(pay_twice).story
    for message in 1, 2:
        assert f"Till: goes on, handling {message}, and comes to test_show" in story


def test_whatever_is_shown_is_put_where_it_is_wanted(runs: deque[Shown]) -> None:
    with pytest.raises(LookupError):
        explore(in_order)
    [found] = runs
    runs.clear()
    with pytest.raises(LookupError):
        replay(in_order, schedule=finding_of(in_order).schedule)
    assert runs[-1].recording == found.recording
    assert runs[-1].steps == found.steps


def test_a_sweep_shows_the_run_that_fails(runs: deque[Shown]) -> None:
    async def unsafe() -> None:
        async with trio.open_nursery():
            try:
                await trio.sleep(1)
            except trio.Cancelled as error:
                raise KeyError("half") from error

    with pytest.raises(ExceptionGroup):
        sweep_cancellation(unsafe)
    [run] = runs
    assert run.recording.header.error == "KeyError: 'half'"
    assert any(isinstance(each, ScopeCancelled) for each in run.recording.events)
    assert "unsafe: goes on and ends" in run.steps


def test_what_holds_shows_nothing(runs: deque[Shown]) -> None:
    explore(trio.sleep, 1, runs=3)
    assert not runs
