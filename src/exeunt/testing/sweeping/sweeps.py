"""Disturb a Trio program at every place where it can be disturbed."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import Any, TypeVarTuple

from ..schedules.rules import Granularity, Rules
from ..schedules.schedule import Schedule
from .blows import split
from .keyboard import at_the_keyboard
from .plans import cancellations, crashes, double_interrupts, interrupts
from .sweep import Sweep
from .sweeper import Sweeper
from .trial import Check

Ts = TypeVarTuple("Ts")


def sweep_cancellation(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    schedules: int = 20,
    seed: int = 0,
    check: Check | None = None,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
    show_progress: bool | None = None,
) -> Sweep:
    """Cancel *scenario* before every step of it, in one order of steps after the other.

    A program that is cancelled has to leave everything as it should be, wherever the
    cancellation comes. Here it comes everywhere, in a run of its own for each step;
    for some mistakes show only at one step and in one order.

    What is cancelled is the scenario as a whole. To look afterwards at what is left,
    mark the part that is to be cancelled with `victim`, or give a *check*.

    After each run every agent that has begun in it must have left, every message must
    have met one fate, and nothing may be left behind. The scenario must not raise
    anything, and it has to end.

    Time is virtual. Each run is one of its own, so *scenario* must set up all it
    uses; it must depend on nothing but the order of its steps.

    Args:
        scenario: an async function, with or without agents.
        args: its arguments.
        schedules: in how many orders. The first is first come, first served; the
            others are drawn.
        seed: drives the drawing; with the same seed the same runs are made.
        check: called after each run with the outcomes of the agents, in the order in
            which they began; raises if something is wrong.
        granularity: as for `explore`.
        timers: as for `explore`.
        max_steps: after how many steps a run counts as one without an end.
        show_progress: whether to show a progress bar; if None, on a terminal.

    Returns:
        What was swept, and which ``await`` lines of the program were cut short.

    Raises:
        Exception: what *scenario* or *check* raised, with a note: where the
            cancellation came, the story of the run, and the text that `replay` takes.
        LedgerBroken: an agent has not left, or its books are not in order.
        Stalled: the cancelled scenario does not end.
        NotDeterministic: the same schedule led to two different runs.
        ValueError: *schedules* is less than 1, or there is no such granularity.

    Example::

        print(sweep_cancellation(transfer_twice))
    """
    rules = Rules(granularity, timers, max_steps)
    sweeper = Sweeper(scenario, args, rules, check, seed)
    return sweeper.sweep(cancellations, "cancelled", schedules, show_progress)


def sweep_crashes(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    schedules: int = 20,
    seed: int = 0,
    check: Check | None = None,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
    show_progress: bool | None = None,
) -> Sweep:
    """Have an agent of *scenario* crash before and after every message it handles.

    And have every `failpoint` fail, at each passing: one crash in a run of its own.
    It is an `InjectedCrash`. Where that comes out of the scenario, or what follows
    from it (`AgentCrashed`, `AgentClosed`, `ReplyDropped`), this is no failure; all
    else is. An agent that was started with a plan of `faulty` is left to its plan.

    Args:
        scenario: an async function that starts agents or passes failpoints.
        args: its arguments.
        schedules: as for `sweep_cancellation`.
        seed: as for `sweep_cancellation`.
        check: as for `sweep_cancellation`.
        granularity: as for `explore`.
        timers: as for `explore`.
        max_steps: as for `sweep_cancellation`.
        show_progress: as for `sweep_cancellation`.

    Returns:
        What was swept, and where there were crashes.

    Raises:
        Exception: as for `sweep_cancellation`.
        LedgerBroken: as for `sweep_cancellation`.
        Stalled: the scenario does not end after the crash.
        NotDeterministic: the same schedule led to two different runs.
        ValueError: *schedules* is less than 1, or there is no such granularity.

    Example::

        print(sweep_crashes(transfer_twice))
    """
    rules = Rules(granularity, timers, max_steps)
    sweeper = Sweeper(scenario, args, rules, check, seed)
    return sweeper.sweep(crashes, "crashed", schedules, show_progress)


def sweep_interrupts(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    twice: bool = False,
    schedules: int = 5,
    seed: int = 0,
    check: Check | None = None,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
    show_progress: bool | None = None,
) -> Sweep:
    """Press Ctrl-C before every step of *scenario*.

    The `KeyboardInterrupt` may come out of it, and what follows from that for those
    who talk to agents (`AgentCrashed`, `AgentClosed`, `ReplyDropped`); all else is a
    failure. If it is you who presses Ctrl-C, you get your `KeyboardInterrupt`, unless
    the scenario takes the signal for itself, as `exeunt.run` does.

    Args:
        scenario: an async function, with or without agents.
        args: its arguments.
        twice: whether to press it also a second time, 1, 2, 4, 8 ... steps later.
        schedules: as for `sweep_cancellation`.
        seed: as for `sweep_cancellation`.
        check: as for `sweep_cancellation`.
        granularity: as for `explore`.
        timers: as for `explore`.
        max_steps: as for `sweep_cancellation`.
        show_progress: as for `sweep_cancellation`.

    Returns:
        What was swept, and which ``await`` lines of the scenario were cut short: those
        of the main task, since it is the one that Trio interrupts.

    Raises:
        Exception: as for `sweep_cancellation`.
        LedgerBroken: as for `sweep_cancellation`.
        Stalled: the scenario does not end after the interrupt.
        NotDeterministic: the same schedule led to two different runs.
        RuntimeError: not called from the main thread.
        ValueError: *schedules* is less than 1, or there is no such granularity.

    Example::

        print(sweep_interrupts(transfer_twice))
    """
    rules = Rules(granularity, timers, max_steps)
    sweeper = Sweeper(scenario, args, rules, check, seed)
    plan = double_interrupts if twice else interrupts
    with at_the_keyboard():
        return sweeper.sweep(plan, "interrupted", schedules, show_progress)


def replay_disturbed(
    scenario: Callable[..., Awaitable[object]],
    args: tuple[Any, ...],
    schedule: str,
    check: Check | None,
) -> object:
    """Run *scenario* again, with the disturbances that are part of *schedule*."""
    text, blows = split(schedule)
    parsed = Schedule.parse(text or "fifo")
    rules = Rules(parsed.granularity, parsed.timers)
    sweeper = Sweeper(scenario, args, rules, check)
    with at_the_keyboard() if "interrupt@" in schedule else nullcontext():
        return sweeper.replay(parsed.choices, blows)
