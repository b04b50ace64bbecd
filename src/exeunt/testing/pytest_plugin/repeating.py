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
from ..exploring.exploration import NotDeterministic
from ..exploring.explorer import Budget, Explorer
from ..exploring.progress import progress
from ..exploring.shrinking import Choices
from ..exploring.story import Narrator
from ..schedules.rules import Chooser, Rules, Run
from ..schedules.schedule import Schedule, Tape
from .conducting import Films, Performance, StoryOfTest, rules_of
from .drawing import Sheet
from .telling import add_section, command

_FEWEST_ATTEMPTS = 100  # for making a schedule smaller
_MAX_STEPS = 10_000  # as for explore()


@attrs.define
class Repeating:
    """A test that is run again and again, and reported once."""

    item: pytest.Function
    performance: Performance
    nextitem: pytest.Item | None
    sheet: Sheet
    told: str = ""
    steps: str = ""
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
        films: Films | None = None,
    ) -> Run:
        """Run the test once."""
        _renew(self.item)
        performance = self.performance
        performance.chooser, performance.rules = chooser, rules
        performance.instruments = instruments
        performance.run = performance.error = None
        performance.films = films
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

    def explore(self, runs: int, *, timers: bool = False) -> None:
        """Look for an order in which the test fails, and report that, or that it holds.

        Args:
            runs: how many orders may be tried.
            timers: whether deadlines may come at any step.
        """
        scenario: Any = self.item
        rules = Rules(timers=timers, max_steps=_MAX_STEPS)
        explorer = ItemExplorer(
            scenario, (), rules, 0, attempts=max(_FEWEST_ATTEMPTS, runs), repeating=self
        )
        choices: Sequence[int] = ()
        try:
            explorer.check_determinism()
            if self.has_choices:
                with progress("", None, shown=False) as bar:
                    found = explorer.search("auto", Budget(runs, None, bar))
                if found.finding is not None:
                    choices = found.finding.schedule.choices
                    self.told = str(found)
        except NotDeterministic as error:
            self.complaint = NotExplored(str(error))
        sheet = self.sheet
        films = sheet.films_again if self._failed else sheet.films
        films = None if sheet.runs else films  # the smallest that fails was shown
        self.perform(Tape(choices), explorer.rules, last=True, films=films)
        if self._failed and self._last is not self._failed:
            self._last = self._failed  # it did fail, and cannot be made to again
        self.report()

    def follow(self, schedule: Schedule) -> None:
        """Run the test under one schedule, and report that."""
        story = StoryOfTest(schedule.choices)
        films = self.sheet.films_again
        self.perform(story, rules_of(schedule), [story], last=True, films=films)
        self.steps = story.told()
        self.told = f"The run under the schedule {str(schedule)!r}:\n{self.steps}"
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
            self.sheet.draw(report, self.steps)
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(
            nodeid=self.item.nodeid, location=self.item.location
        )


@attrs.define
class ItemExplorer(Explorer):
    """Explores a test of pytest, with its fixtures."""

    repeating: Repeating = attrs.field(kw_only=True)

    @property
    def name(self) -> str:
        """What the test is called."""
        return self.repeating.item.name

    def narrator(self, choices: Choices) -> Narrator:
        """Return who tells the story of the test."""
        return StoryOfTest(choices)

    def again(self, schedule: Schedule) -> str:
        """Return how to run the test again under *schedule*."""
        return command(self.repeating.item, schedule)

    def perform(
        self,
        chooser: Chooser,
        rules: Rules | None = None,
        instruments: Sequence[Instrument] = (),
    ) -> Run:
        """Run the test once, with its fixtures."""
        rules = self.rules if rules is None else rules
        run = self.repeating.perform(chooser, rules, instruments)
        self.orders.add(tuple(run.order))
        return run


def _renew(item: pytest.Function) -> None:
    """Make *item* as new: pytest itself runs each but once.

    A class is instantiated again, and what the last time has printed is forgotten.
    """
    vars(item).pop("_instance", None)
    item.obj = None
    vars(item).get("_report_sections", []).clear()
