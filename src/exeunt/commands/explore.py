"""``exeunt explore``: look for an order of steps in which a Trio program fails."""

import argparse
import shlex
import sys
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs

from .._core.failures import as_group
from ..testing import NotDeterministic, Schedule, Unproved, find_failure, prove, replay
from ..testing.exploring.exploration import Exploration
from ..testing.exploring.showing import Shown, shown
from ._loading import Scenario, Unusable, async_function
from ._picturing import set_up_picture
from ._target import Target

SUMMARY: str = (
    "run an async function in many orders of its steps, and show one that fails"
)

_FAILED, _UNUSABLE = 1, 2
_DETAILS = """\
SCENARIO is an async function without arguments in FILE. It need not use exeunt. It sets
up all it needs, each time anew, and raises if something is wrong. Time is virtual.

exit status:
  0    it held in all the orders that were tried
  1    it failed in one, which is shown
  2    wrong usage, FILE or SCENARIO could not be used, it is not deterministic, or
       with --prove there were orders left when the runs had been used up
  130  interrupted by Ctrl-C
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt explore`` mean."""
    parser.description = f"{SUMMARY.capitalize()}."
    parser.epilog = _DETAILS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("file", metavar="FILE", type=Path, help="a Python file")
    parser.add_argument("scenario", metavar="SCENARIO", help="a function in it")
    parser.add_argument("--runs", type=int, help="how many runs (500; to prove 20,000)")
    parser.add_argument(
        "--seconds", type=float, help="after how many seconds no more runs are begun"
    )
    parser.add_argument("--seed", type=int, default=0, help="another selection of runs")
    parser.add_argument(
        "--strategy", default="auto", help="auto, random, pct:3, sticky:0.8, dfs:2, dfs"
    )
    parser.add_argument(
        "--ticks", action="store_true", help="only orders of today's Trio"
    )
    parser.add_argument(
        "--timers", action="store_true", help="deadlines may come at any step"
    )
    parser.add_argument(
        "--prove", action="store_true", help="try every order that can matter"
    )
    parser.add_argument(
        "--replay", metavar="SCHEDULE", help="run once, in this order, such as '2h1'"
    )
    set_up_picture(parser, "the smallest run that fails, or the replayed one,")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    try:
        scenario = async_function(options.file, options.scenario)
        with _drawn(options.picture):
            return _run(scenario, options)
    except (Unusable, NotDeterministic, TypeError, Unproved, ValueError) as error:
        print(f"exeunt explore: {error}", file=sys.stderr)
        return _UNUSABLE


def _run(scenario: Scenario, options: argparse.Namespace) -> int:
    if options.replay is not None:
        return _replay(scenario, options)
    if options.prove:
        return _proved(scenario, options.runs)
    return _shown(_explore(scenario, options), options)


@contextmanager
def _drawn(path: Path | None) -> Generator[None]:
    """Draw the last run that is shown in the block, if that is wanted."""
    target, runs = None if path is None else Target.checked(path), deque[Shown]()
    token = shown.set(runs)
    try:
        yield
    finally:
        shown.reset(token)
    if target is not None and runs:
        target.write([runs[-1].recording])
        print(f"Drawn in {target.path}.")


def _explore(scenario: Scenario, options: argparse.Namespace) -> Exploration:
    return find_failure(
        scenario,
        strategy=options.strategy,
        runs=500 if options.runs is None else options.runs,
        seconds=options.seconds,
        seed=options.seed,
        granularity="tick" if options.ticks else "step",
        timers=options.timers,
    )


def _shown(found: Exploration, options: argparse.Namespace) -> int:
    if found.finding is None:
        print(found)
        return 0
    stall = getattr(found.finding.error, "stall", None)
    if stall is not None and stall.outside:
        raise Unusable(str(found.finding.error))
    _show_error(found.finding.error)
    schedule = shlex.quote(str(found.finding.schedule))
    again = f"exeunt explore {options.file} {options.scenario} --replay {schedule}"
    print(attrs.evolve(found, finding=attrs.evolve(found.finding, again=again)))
    return _FAILED


def _proved(scenario: Scenario, runs: int | None) -> int:
    try:
        print(prove(scenario, runs=20_000 if runs is None else runs))
    except (NotDeterministic, Unproved):
        raise
    except Exception as error:
        _show_error(error)
        print(*error.__notes__, sep="\n")
        return _FAILED
    return 0


def _replay(scenario: Scenario, options: argparse.Namespace) -> int:
    schedule = options.replay
    if options.timers or options.ticks:
        raise Unusable("--replay takes 'timers' and 'tick' as words of the schedule")
    Schedule.parse(schedule)  # or it is no use to begin
    try:
        replay(scenario, schedule=schedule)
    except Exception as error:
        _show_error(error)
        print(*error.__notes__, sep="\n")
        return _FAILED
    print(f"{schedule}: the scenario holds in this order.")
    return 0


def _show_error(error: BaseException) -> None:
    while (group := as_group(error)) is not None and len(group.exceptions) == 1:
        error = group.exceptions[0]
    print(f"{type(error).__name__}: {error}")
