"""The fast ways through Trio's private names say the same as the public stand-ins."""
# ruff: noqa: ASYNC100 - the scopes are looked at, not met

import subprocess
import sys
from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from exeunt._core import trio_private
from exeunt._core.trio_private import (
    _home_by_runner,
    _home_by_token,
    _undisturbed_by_attribute,
    _undisturbed_by_deadline,
    can_steer,
    cancel_scope,
    wake_up,
)

WAYS = [
    (_home_by_runner, _undisturbed_by_attribute),
    (_home_by_token, _undisturbed_by_deadline),
]
Home = Callable[[], object]
Undisturbed = Callable[[object], bool]


def test_every_supported_trio_has_the_names() -> None:
    assert trio_private.home is _home_by_runner
    assert trio_private.undisturbed is _undisturbed_by_attribute
    assert can_steer()


@pytest.mark.parametrize(("home", "undisturbed"), WAYS)
async def test_a_task_is_undisturbed_until_it_is_cancelled(
    home: Home, undisturbed: Undisturbed
) -> None:
    here = home()
    assert undisturbed(here)
    with trio.CancelScope() as outer:
        assert undisturbed(here)
        with trio.CancelScope(shield=True):
            outer.cancel()
            assert undisturbed(here)
        assert not undisturbed(here)
        with trio.CancelScope():
            assert not undisturbed(here)
    assert undisturbed(here)


@pytest.mark.parametrize(("home", "undisturbed"), WAYS)
async def test_a_deadline_counts_when_it_has_passed(
    home: Home, undisturbed: Undisturbed, autojump_clock: MockClock
) -> None:
    here = home()
    with trio.move_on_after(1):
        assert undisturbed(here)
        with trio.CancelScope(shield=True):
            await trio.sleep(2)
        assert not undisturbed(here)


@pytest.mark.parametrize(("home", "undisturbed"), WAYS)
async def test_all_tasks_of_a_run_have_one_home(
    home: Home, undisturbed: Undisturbed
) -> None:
    async def look() -> None:
        homes.append(home())
        assert undisturbed(here)

    here = home()
    homes: list[object] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(look)
        nursery.start_soon(look)
    assert all(each is here for each in homes)


@pytest.mark.parametrize(("home", "undisturbed"), WAYS)
def test_another_run_is_another_home(home: Home, undisturbed: Undisturbed) -> None:
    async def main() -> object:
        return home()

    async def look() -> bool:
        return undisturbed(there)

    there = trio.run(main)
    assert not trio.run(look)


@pytest.mark.parametrize(("home", "undisturbed"), WAYS)
async def test_outside_of_runs_there_is_no_home(
    home: Home, undisturbed: Undisturbed
) -> None:
    here = home()
    assert not await trio.to_thread.run_sync(undisturbed, here)
    with pytest.raises(RuntimeError):
        await trio.to_thread.run_sync(home)


async def test_a_woken_task_goes_on(nursery: trio.Nursery) -> None:
    tasks: list[trio.lowlevel.Task] = []
    woken: list[object] = []

    async def sleep() -> None:
        tasks.append(trio.lowlevel.current_task())
        told = await trio.lowlevel.wait_task_rescheduled(
            lambda _: trio.lowlevel.Abort.SUCCEEDED
        )
        woken.append(told)

    nursery.start_soon(sleep)
    await trio.testing.wait_all_tasks_blocked()
    wake_up(tasks[0])
    assert woken == []
    await trio.testing.wait_all_tasks_blocked()
    assert woken == [None]


def test_an_older_trio_is_not_told_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trio_private, "_takes_reason", False)
    scope = trio.CancelScope()
    cancel_scope(scope, "no more money")
    assert scope.cancel_called


@pytest.mark.parametrize("reason", [None, "no more money"])
async def test_a_scope_is_cancelled_with_the_reason_where_trio_takes_one(
    reason: str | None,
) -> None:
    with trio.CancelScope() as scope:
        cancel_scope(scope, reason)
        with pytest.raises(trio.Cancelled) as raised:
            await trio.lowlevel.checkpoint()
    assert scope.cancel_called
    assert getattr(raised.value, "reason", reason) == reason


WITHOUT_PRIVATE_NAMES = """
import math
from types import ModuleType
from unittest.mock import patch

import trio
from trio.testing import MockClock

# Trio stays as it is, but exeunt finds nothing in the module of private names.
with patch("importlib.import_module", return_value=ModuleType("empty")):
    from exeunt._core import trio_private

import exeunt

assert trio_private.undisturbed is trio_private._undisturbed_by_deadline
assert not trio_private.can_steer()

class Echo(exeunt.Agent[object]):
    async def handle(self, message):
        if message is scope:  # whose deadline is over, but Trio has not seen it yet
            scope.deadline = -math.inf
        else:
            await trio.sleep(1)
        return message

class Say(exeunt.Request[object]): ...

async def main():
    with scope:
        async with trio.open_nursery() as nursery:
            echo = await exeunt.start(nursery, Echo)
            request = Say()
            assert await echo.ask(request) is request
            await echo.send(scope)
            await echo.send("interrupted")
            await echo.send("not started")
    print(echo.outcome)

scope = trio.CancelScope()
trio.run(main, clock=MockClock(autojump_threshold=0))
"""


def test_agents_live_on_the_stand_ins_too() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_PRIVATE_NAMES],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == (
        "Echo cancelled; 4 accepted: 2 handled, 1 interrupted, 1 undelivered\n"
    )
