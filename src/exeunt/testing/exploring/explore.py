"""Look for an order of steps in which a Trio program fails."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVarTuple

from ..schedules.rules import Granularity, Rules
from ..schedules.schedule import Schedule
from ..sweeping.sweeps import replay_disturbed
from ..sweeping.trial import Check
from .exploration import Exploration
from .explorer import Budget, Explorer, check_scenario
from .progress import progress

Ts = TypeVarTuple("Ts")


def explore(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    strategy: str = "auto",
    runs: int = 500,
    seconds: float | None = None,
    seed: int = 0,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
    show_progress: bool | None = None,
) -> Exploration:
    """Run *scenario* under many schedules, and raise what it raises under one of them.

    The error comes with a note: the smallest schedule found that makes the scenario
    fail in this way, the story of that run, and the text that `replay` takes. That
    every task waits and nothing can wake one is a failure too (`Stalled`).

    Time is virtual. Each run is one of its own, so *scenario* must set up all it
    uses; it must depend on nothing but the order of its steps, which is checked.

    Args:
        scenario: an async function, with or without agents.
        args: its arguments.
        strategy: ``"auto"``: first come, first served, and then several schedulers in
            turn; or one of ``"random"``, ``"pct:3"``, ``"sticky:0.8"``, ``"fifo"``;
            or ``"dfs:2"``: every schedule with at most two deviations, and ``"dfs"``:
            every schedule there is.
        runs: how many runs there may be.
        seconds: after how many seconds of real time no more runs are begun.
        seed: drives the schedulers; with the same seed the same runs are made.
        granularity: ``"step"``: any task that can run may be the next, as Trio's
            documentation and other latencies allow; ``"tick"``: Trio's batches, each
            in any order, as today's Trio runs them.
        timers: whether a deadline may also come while there are tasks that can run, so
            that a timeout can win a race.
        max_steps: after how many steps a run counts as one without an end.
        show_progress: whether to show a progress bar; if None, on a terminal.

    Returns:
        What was explored, if nothing failed.

    Raises:
        Exception: what *scenario* raised under a schedule.
        Stalled: under a schedule it gets nowhere any more.
        NotDeterministic: the same schedule led to two different runs.
        TypeError: *scenario* is no async function, or does not take *args*.
        ValueError: there is no such strategy or granularity, or *runs* is below 1.

    Example::

        explore(transfer_twice, runs=1000)
    """
    __tracebackhide__ = True  # pytest need not show this
    return find_failure(
        scenario,
        *args,
        strategy=strategy,
        runs=runs,
        seconds=seconds,
        seed=seed,
        granularity=granularity,
        timers=timers,
        max_steps=max_steps,
        show_progress=show_progress,
    ).check()


def find_failure(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    strategy: str = "auto",
    runs: int = 500,
    seconds: float | None = None,
    seed: int = 0,
    granularity: Granularity = "step",
    timers: bool = False,
    max_steps: int = 10_000,
    show_progress: bool | None = None,
) -> Exploration:
    """Explore like `explore`, but return a failure instead of raising it.

    Args:
        scenario: as for `explore`.
        args: as for `explore`.
        strategy: as for `explore`.
        runs: as for `explore`.
        seconds: as for `explore`.
        seed: as for `explore`.
        granularity: as for `explore`.
        timers: as for `explore`.
        max_steps: as for `explore`.
        show_progress: as for `explore`.

    Returns:
        What was explored, and what failed, if anything did.

    Raises:
        NotDeterministic: the same schedule led to two different runs.
        TypeError: *scenario* is no async function, or does not take *args*.
        ValueError: there is no such strategy or granularity, or *runs* is below 1.

    Example::

        print(find_failure(transfer_twice))
    """
    explorer = Explorer(scenario, args, Rules(granularity, timers, max_steps), seed)
    if runs < 1:
        raise ValueError(f"runs must be at least 1, not {runs}")
    check_scenario(scenario, args, explorer.name)
    explorer.check_determinism()
    end = None if seconds is None else time.monotonic() + seconds
    with progress(explorer.name, runs, show_progress) as bar:
        return explorer.search(strategy, Budget(runs, end, bar))


def replay(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    schedule: str | Schedule,
    check: Check | None = None,
) -> object:
    """Run *scenario* again under the schedule that came with a failure.

    Args:
        scenario: the async function that was explored or swept.
        args: its arguments.
        schedule: the text that came with the failure, such as ``"10x1"``, or
            ``"2h1 cancel@3"`` of a sweep; or a `Schedule`.
        check: as for the sweep that found it.

    Returns:
        What *scenario* returned.

    Raises:
        Exception: what *scenario* raised, with the story of the run as a note.
        ValueError: *schedule* is no schedule.

    Example::

        replay(transfer_twice, schedule="fifo")
    """
    text = str(schedule)
    if "@" in text or check is not None:
        return replay_disturbed(scenario, args, text, check)
    parsed = Schedule.parse(text)
    rules = Rules(parsed.granularity, parsed.timers, seed=parsed.seed)
    explorer = Explorer(scenario, args, rules, 0)
    run, story, _ = explorer.narrate(parsed.choices)
    if run.error is not None:
        run.error.add_note(f"The run under the schedule {text!r}:\n{story}")
        raise run.error
    return run.value
