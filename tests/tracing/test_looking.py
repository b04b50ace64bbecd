"""What is seen of plain Trio programs: nurseries, tasks, cancellations, long steps."""

import time
import weakref
from typing import Any

import pytest
import trio
import trio.lowlevel

from exeunt.tracing import Recorder, events as ev, record
from exeunt.tracing.rules import complaints


def seen(program: Any, kind: type[ev.Event]) -> list[Any]:
    recording = record(program)
    assert complaints(recording.events) == []
    return [e for e in recording.events if isinstance(e, kind)]


async def fails() -> None:
    raise ValueError("in the task")


async def returns() -> None:
    await trio.sleep(1)


def test_a_task_that_returns_is_not_blamed_for_what_its_block_raised() -> None:
    async def main() -> None:
        with pytest.raises(ExceptionGroup):
            async with trio.open_nursery() as nursery:
                with trio.CancelScope(shield=True):
                    nursery.start_soon(shielded)
                    await trio.lowlevel.checkpoint()
                raise KeyError("in the block")

    async def shielded() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(1)

    how = {e.outcome for e in seen(main, ev.TaskEnded)}
    assert how == {"returned"}


def test_how_tasks_end() -> None:
    async def main() -> None:
        with pytest.raises(ExceptionGroup):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep_forever)
                nursery.start_soon(returns)
                nursery.start_soon(later)

    async def later() -> None:
        await trio.sleep(2)
        await fails()

    names = {e.task: e.name for e in seen(main, ev.TaskStarted)}
    ends = {names[e.task]: (e.outcome, e.error) for e in seen(main, ev.TaskEnded)}
    assert ends["returns"] == ("returned", None)
    assert ends["later"] == ("failed", "ValueError: in the task")
    assert ends["sleep_forever"] == ("cancelled", None)


def test_a_task_that_fails_before_it_is_started_has_failed() -> None:
    async def begins(task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        await trio.sleep(1)
        await fails()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            with pytest.raises(ValueError, match="in the task"):
                await nursery.start(begins)

    ends = [e.error for e in seen(main, ev.TaskEnded)]
    assert ends == ["ValueError: in the task", None]


def test_a_task_is_where_it_goes_when_it_has_started() -> None:
    async def begins(task_status: Any = trio.TASK_STATUS_IGNORED) -> None:
        async with trio.open_nursery() as inner:
            inner.start_soon(returns)
            task_status.started()

    async def main() -> None:
        async with trio.open_nursery() as home:
            await home.start(begins)

    scopes = {e.name: e for e in seen(main, ev.ScopeOpened)}
    assert {*scopes} == {"run", "home", "inner"}
    assert scopes["inner"].parent == scopes["home"].scope
    tasks = {e.name: e for e in seen(main, ev.TaskStarted)}
    assert tasks["begins"].scope == scopes["home"].scope


def test_a_cancelled_scope_says_so_once() -> None:
    async def main() -> None:
        with trio.move_on_after(2):
            async with trio.open_nursery() as outer, trio.open_nursery() as inner:
                outer.start_soon(trio.sleep_forever)
                inner.start_soon(trio.sleep_forever)

    (cancelled,) = seen(main, ev.ScopeCancelled)
    names = {e.scope: e.name for e in seen(main, ev.ScopeOpened)}
    assert names[cancelled.scope] == "outer"
    assert (cancelled.t, cancelled.source) == (2.0, "deadline")


def test_what_is_inside_closes_first() -> None:
    async def main() -> None:
        async with trio.open_nursery() as outer, trio.open_nursery() as inner:
            outer.start_soon(returns)
            inner.start_soon(returns)

    names = {e.scope: e.name for e in seen(main, ev.ScopeOpened)}
    assert [names[e.scope] for e in seen(main, ev.ScopeClosed)] == ["inner", "outer"]


async def test_a_long_step_is_told_with_its_place() -> None:
    async def blocks() -> None:
        time.sleep(0.11)  # noqa: ASYNC251 - it is what is looked for

    recorder = Recorder(steps=True)
    with recorder:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(blocks)
    (long,) = [e for e in recorder.recording().events if isinstance(e, ev.StepWasLong)]
    assert long.took > 0.1


def test_what_a_function_has_let_go_is_let_go() -> None:
    class Kept:
        """What can be referred to weakly."""

    alive: list[bool] = []

    async def main() -> None:
        kept = Kept()
        seen = weakref.ref(kept)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 1)
            await trio.sleep(0.5)
            del kept
            await trio.lowlevel.checkpoint()
            alive.append(seen() is not None)

    record(main)
    assert alive == [False]


def test_a_cancel_that_is_passed_on_is_told_once() -> None:
    async def main() -> None:
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as outer, trio.open_nursery() as inner:
                outer.start_soon(trio.sleep_forever)
                inner.start_soon(trio.sleep_forever)
                await trio.sleep(0.1)
                scope.cancel()

    events = record(main).events
    names = {e.scope: e.name for e in events if isinstance(e, ev.ScopeOpened)}
    told = [names[e.scope] for e in events if isinstance(e, ev.ScopeCancelled)]
    assert told == ["outer"]
