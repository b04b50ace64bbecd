"""What type checkers have to know of sweeps. This file is checked, never run."""

from typing import assert_type

import trio

from exeunt import Handle, Outcome
from exeunt.testing.sweeping.sweep import Sweep
from exeunt.testing.sweeping.sweeps import (
    sweep_cancellation,
    sweep_crashes,
    sweep_interrupts,
)
from exeunt.testing.sweeping.victims import victim


async def scenario(number: int, name: str) -> None: ...


def not_async(number: int) -> None: ...


def check(outcomes: tuple[Outcome, ...]) -> None: ...


def check_one(outcome: Outcome) -> None: ...


def sweeping() -> None:
    assert_type(sweep_cancellation(scenario, 1, "one", check=check), Sweep)
    assert_type(sweep_crashes(scenario, 1, "one", schedules=3), Sweep)
    assert_type(sweep_interrupts(scenario, 1, "one", twice=True), Sweep)
    sweep_cancellation(scenario, "one", 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sweep_crashes(scenario, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sweep_interrupts(not_async, 1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sweep_crashes(scenario, 1, "one", check=check_one)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sweep_crashes(scenario, 1, "one", granularity="leap")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def marking(handle: Handle[str], scope: trio.CancelScope, event: trio.Event) -> None:
    with victim(), victim(handle), victim(scope):
        pass
    with victim(event):  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        pass
