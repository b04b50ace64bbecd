"""What the reports say: which schedule failed, and how many orders a test has seen."""

import re
from collections.abc import Iterator
from shlex import quote
from typing import Any, cast

import attrs
import pytest

from ..._model.words import counted

TITLE = "exeunt: the schedule"
_ATTRIBUTE = "exeunt_orders"  # of a report, which xdist sends over
_AGAIN = re.compile(r"^Run it again: (.*)$", re.MULTILINE)
_SCHEDULE = re.compile(r"schedule='([^']*)'\)$")


class Tally(set[Any]):
    """Counts runs, and the different orders of steps among them.

    Of each order it keeps a number alone, as a test may see very many.
    """

    runs: int = 0

    def add(self, element: object, /) -> None:
        """Count one run that took this order."""
        self.runs += 1
        super().add(hash(element))


@attrs.frozen
class Seen:
    """What one test has seen.

    Attributes:
        runs: how many controlled runs.
        orders: how many different orders of steps.
    """

    runs: int
    orders: int

    def __str__(self) -> str:
        return f"{counted(self.orders, 'order')} of steps in " + counted(
            self.runs, "run"
        )


def note(report: pytest.TestReport, tally: Tally) -> None:
    """Write into a report what the test has seen, if that is anything."""
    if tally.runs:
        setattr(report, _ATTRIBUTE, [tally.runs, len(tally)])


def command(item: pytest.Item, schedule: object) -> str:
    """Return the command that runs a test again under *schedule*."""
    return f"pytest {quote(item.nodeid)} --schedule={quote(str(schedule))}"


def add_section(report: pytest.TestReport, text: str) -> None:
    """Let a failure report end with *text*."""
    if report.failed and (TITLE, text) not in report.sections:
        report.sections.append((TITLE, text))


def again(item: pytest.Item, error: BaseException) -> str:
    """Return how to run again what an exploration in the test itself has found."""
    found = [call for each in _notes(error) for call in _AGAIN.findall(each)]
    schedules = [match[1] for call in found if (match := _SCHEDULE.search(call))]
    if schedules and hasattr(getattr(item, "obj", None), "explored"):
        found = [command(item, schedule) for schedule in schedules]
    return "".join(f"Run it again: {each}\n" for each in found).rstrip()


def _notes(error: BaseException) -> Iterator[str]:
    yield from getattr(error, "__notes__", ())
    if isinstance(error, BaseExceptionGroup):
        for each in cast("tuple[BaseException, ...]", error.exceptions):  # pyright: ignore[reportUnknownMemberType]
            yield from _notes(each)


class Summary:
    """Collects what the tests have seen, and tells it at the end."""

    def __init__(self, *, each: bool, quiet: bool) -> None:
        self._each = each
        self._quiet = quiet
        self._seen: dict[str, Seen] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a report says."""
        seen = getattr(report, _ATTRIBUTE, None)
        if seen is not None:
            self._seen[report.nodeid] = Seen(*seen)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Tell of each test, or of all in one line."""
        if not self._seen or self._quiet:
            return
        terminalreporter.section("orders of steps (exeunt)", sep="-")
        if self._each:
            for name, seen in self._seen.items():
                terminalreporter.write_line(f"{name}: {seen}")
        else:
            terminalreporter.write_line(self._in_one_line())

    def _in_one_line(self) -> str:
        tests = counted(len(self._seen), "test")
        runs = counted(sum(seen.runs for seen in self._seen.values()), "run")
        few = min(self._seen, key=lambda name: self._seen[name].orders)
        many = max(seen.orders for seen in self._seen.values())
        if self._seen[few].orders == many:
            return f"{tests}, {runs}: {counted(many, 'order')} of steps each"
        return (
            f"{tests}, {runs}: {self._seen[few].orders:,} to {many:,} orders of steps "
            f"each; fewest in {few}"
        )
