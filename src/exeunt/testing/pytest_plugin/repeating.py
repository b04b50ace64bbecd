"""One test, run as often as need be: its fixtures, its run, its reports.

pytest sees it once. Each time is a whole protocol of setup, call and teardown, as of
those plugins that run flaky tests again; but module-wide fixtures stay, and only the
last time is reported.
"""

from collections.abc import Sequence
from typing import Any

import attrs
import pytest
from _pytest.runner import runtestprotocol
from trio.abc import Instrument

from ..complaints import NotExplored
from ..exploring.exploration import Exploration, NotDeterministic
from ..exploring.explorer import Budget, Explorer
from ..exploring.progress import progress
from ..exploring.schedulers import Evenly
from ..exploring.shrinking import Choices, kind_of, shrink
from ..schedules.running import Chooser, Rules, Run
from ..schedules.schedule import Schedule, Tape
from .conducting import Performance, StoryOfTest, rules_of
from .telling import add_section, command

_FEWEST_ATTEMPTS = 100  # for making a schedule smaller
_MAX_STEPS = 10_000  # as for explore()
_IN_TICKS = 50  # runs for finding the same failure within Trio's batches


@attrs.define
class Repeating:
    """A test that is run again and again, and reported once."""

    item: pytest.Function
    performance: Performance
    nextitem: pytest.Item | None
    told: str = ""
    complaint: Warning | None = None
    _last: list[pytest.TestReport] = attrs.field(factory=list[pytest.TestReport])
    _failed: list[pytest.TestReport] = attrs.field(factory=list[pytest.TestReport])

    def perform(
        self,
        chooser: Chooser,
        rules: Rules,
        instruments: Sequence[Instrument] = (),
        *,
        last: bool = False,
    ) -> Run:
        """Run the test once."""
        _renew(self.item)
        performance = self.performance
        performance.chooser, performance.rules = chooser, rules
        performance.instruments = instruments
        performance.run = performance.error = None
        # Between two times, what is wider than the test is not torn down.
        following: Any = self.nextitem if last else self.item.parent
        self._last = runtestprotocol(self.item, log=False, nextitem=following)
        if any(report.failed for report in self._last):
            self._failed = self._last
        return performance.result()

    @property
    def has_choices(self) -> bool:
        """Whether the last time could have been different: not if it was skipped."""
        run = self.performance.run
        told = all(report.passed or report.failed for report in self._last)
        return told and run is not None and bool(run.choices)

    def explore(self, runs: int) -> None:
        """Look for an order in which the test fails, and report that, or that it holds.

        Args:
            runs: how many orders may be tried.
        """
        scenario: Any = self.item
        rules = Rules(max_steps=_MAX_STEPS)
        explorer = ItemExplorer(scenario, (), rules, 0, repeating=self, runs=runs)
        choices: Sequence[int] = ()
        try:
            explorer.check_determinism()
            if self.has_choices:
                with progress("", None, shown=False) as bar:
                    found = explorer.search("auto", Budget(runs, None, bar))
                if found.finding is not None:
                    choices = found.finding.schedule.choices
                    self.told = self._tell(found, choices)
        except NotDeterministic as error:
            self.complaint = NotExplored(str(error))
        self.perform(Tape(choices), explorer.rules, last=True)
        if self._failed and self._last is not self._failed:
            self._last = self._failed  # it did fail, and cannot be made to again
        self.report()

    def _tell(self, found: Exploration, choices: Sequence[int]) -> str:
        story, _, _ = str(found).rpartition("\nRun it again: ")
        return f"{story}\nRun it again: {command(self.item, Schedule(choices))}"

    def follow(self, schedule: Schedule) -> None:
        """Run the test under one schedule, and report that."""
        story = StoryOfTest(schedule.choices)
        self.perform(story, rules_of(schedule), [story], last=True)
        self.told = f"The run under the schedule {str(schedule)!r}:\n{story.told()}"
        self.report()

    def report(self) -> None:
        """Have pytest hear of the last time."""
        hook = self.item.ihook
        hook.pytest_runtest_logstart(
            nodeid=self.item.nodeid, location=self.item.location
        )
        for report in self._last:
            if self.told:
                add_section(report, self.told)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(
            nodeid=self.item.nodeid, location=self.item.location
        )


@attrs.define
class ItemExplorer(Explorer):
    """Explores a test of pytest, with its fixtures."""

    repeating: Repeating = attrs.field(kw_only=True)
    runs: int = attrs.field(kw_only=True)

    @property
    def name(self) -> str:
        """What the test is called."""
        return self.repeating.item.name

    def narrate(self, choices: Choices) -> tuple[Run, str]:
        """Run the test with these choices, and tell what happened."""
        story = StoryOfTest(choices)
        return self._perform(story, [story]), story.told()

    def _perform(self, chooser: Any, instruments: Sequence[Instrument] = ()) -> Run:
        run = self.repeating.perform(chooser, self.rules, instruments)
        self.orders.add(tuple(run.order))
        return run

    def _smallest(self, run: Run) -> Choices:
        attempts = max(_FEWEST_ATTEMPTS, self.runs)
        return shrink(run, self.along, attempts) if run.controlled else ()

    def _within_ticks(self, error: Exception) -> bool:
        kind, steps = kind_of(error), self.rules
        self.rules = attrs.evolve(steps, granularity="tick")
        tries = (Evenly(self._random(number)) for number in range(_IN_TICKS))
        runs = map(self._perform, tries)
        found = any(run.error and kind_of(run.error) == kind for run in runs)
        self.rules = steps
        return found


def _renew(item: pytest.Function) -> None:
    """Make *item* as new: pytest itself runs each but once.

    A class is instantiated again, and what the last time has printed is forgotten.
    """
    vars(item).pop("_instance", None)
    item.obj = None
    vars(item).get("_report_sections", []).clear()
