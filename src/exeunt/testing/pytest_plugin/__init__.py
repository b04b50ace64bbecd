"""The pytest plugin. It is there whenever exeunt is, and does nothing unless asked.

Async tests that pytest-trio runs are explored by ``--explore=200``, and run under one
schedule by ``--schedule="10x1"``. A `Schedule` that Hypothesis draws for such a test
steers its example. The fixtures ``supervisor`` and ``probe`` are for such tests.
"""

# Where to find what:
#   conducting.py  one run of one test, in pytest-trio's place
#   line.py        the same order every time, among the tasks of the fixtures
#   repeating.py   one test many times, reported once
#   drawn.py       schedules that Hypothesis draws
#   drawing.py     pictures of failing tests
#   backstage.py   what pytest-trio does, taken out of them
#   fixtures.py    a supervisor, and probes
#   telling.py     sections of reports, and the line at the end

from collections.abc import Generator
from contextlib import nullcontext
from inspect import iscoroutinefunction
from typing import Any

import pytest
import trio

from ..complaints import SingleSchedule
from ..exploring.decorating import Order, order
from ..exploring.showing import shown
from ..schedules.running import tally
from ..schedules.schedule import Schedule
from .conducting import Performance
from .drawing import WANTED, Drawing, Sheet
from .drawn import Examples, examples_of
from .fixtures import NAMES, check_fixture, probe, supervisor
from .repeating import Repeating
from .telling import Summary, Tally, add_section, again, note

__all__ = ["probe", "supervisor"]

_ORDER = pytest.StashKey[Order]()
_WARNED = pytest.StashKey[set[str]]()
_PERFORMANCE = pytest.StashKey[Performance]()
_REPEATING = pytest.StashKey[Repeating]()
_EXAMPLES = pytest.StashKey[Examples]()
_TALLY = pytest.StashKey[Tally]()
_DRAWING = pytest.StashKey[Drawing]()
_SHEET = pytest.StashKey[Sheet]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the settings."""
    group = parser.getgroup("exeunt", "orders of steps in Trio tests")
    group.addoption(
        "--explore",
        type=int,
        metavar="N",
        help="run each async Trio test under N different schedules",
    )
    group.addoption(
        "--explore-timers",
        action="store_true",
        help="with --explore: deadlines may come at any step, not only when all wait",
    )
    group.addoption(
        "--schedule",
        metavar="TEXT",
        help='run the selected Trio tests under one schedule, such as "10x1"',
    )
    group.addoption(
        "--draw",
        choices=WANTED,
        default="auto",
        help="draw tests: 'failures', of which every Trio test is recorded; 'all' of "
        "them, or 'no'. By default failures that are run again to be shown: explored "
        "tests, and those of Hypothesis",
    )
    group.addoption(
        "--draw-to",
        metavar="DIR",
        help="where to draw tests; '.exeunt' in the root folder if not given",
    )
    watched = "of every Trio test, not only of those that use exeunt's fixtures"
    parser.addini("exeunt_leaks", f"report leaks {watched}", "bool", default=False)
    parser.addini("exeunt_stalls", f"end stalls {watched}", "bool", default=False)
    parser.addini(
        "exeunt_single_schedule",
        "warn of @given Trio tests that draw no schedule",
        "bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Read the options."""
    config.addinivalue_line(
        "markers",
        "unsteered: run this test once under --explore, as it uses real time, threads "
        "or sockets",
    )
    config.stash[_ORDER] = wanted = _wanted(config)
    config.stash[_WARNED] = set()
    config.stash[_DRAWING] = Drawing.of(config)
    verbosity = config.get_verbosity()
    each = verbosity > 0 or wanted.runs is not None
    config.pluginmanager.register(Summary(each=each, quiet=verbosity < 0))


def _wanted(config: pytest.Config) -> Order:
    runs, schedule = config.getoption("--explore"), config.getoption("--schedule")
    if runs is not None and runs < 1:
        raise pytest.UsageError(f"--explore takes a number of runs, not {runs}")
    timers = bool(config.getoption("--explore-timers"))
    if timers and runs is None:
        raise pytest.UsageError("--explore-timers goes with --explore=N")
    if runs is not None and schedule is not None:
        raise pytest.UsageError("--explore runs many schedules, and --schedule one")
    if runs is not None and config.getoption("usepdb"):
        raise pytest.UsageError(
            "--pdb would stop in every run of --explore; use it with --schedule"
        )
    if schedule is not None:
        try:
            Schedule.parse(schedule)
        except ValueError as error:
            raise pytest.UsageError(f"--schedule: {error}") from None
    return Order(runs, schedule, timers)


@pytest.hookimpl(wrapper=True, tryfirst=True, specname="pytest_runtest_protocol")
def pytest_runtest_protocol_in_view(item: pytest.Item) -> Generator[None, Any, Any]:
    """Count the orders of steps, and say what explored tests should do."""
    item.stash[_TALLY] = counting = Tally()
    item.stash[_SHEET] = sheet = Sheet(item.config.stash[_DRAWING], item)
    sheet.clear()
    tokens = tally.set(counting), order.set(item.config.stash[_ORDER])
    showing = shown.set(sheet.runs)
    try:
        return (yield)
    finally:
        tally.reset(tokens[0])
        order.reset(tokens[1])
        shown.reset(showing)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> bool | None:
    """Run a Trio test in as many orders as the options say, or have others run it."""
    performance = _direct(item)
    wanted = item.config.stash[_ORDER]
    if performance is None or wanted == Order() or not _may_be_steered(item):
        return None
    assert isinstance(item, pytest.Function)
    performance.stalls = True
    item.stash[_REPEATING] = repeating = Repeating(
        item, performance, nextitem, item.stash[_SHEET]
    )
    if wanted.runs is not None:
        repeating.explore(wanted.runs, timers=wanted.timers)
    elif wanted.schedule is not None:
        repeating.follow(Schedule.parse(wanted.schedule))
    return True


def _direct(item: pytest.Item) -> Performance | None:
    """Have pytest-trio run a test by us, if it would run it by Trio."""
    runs = [marker.kwargs.get("run") for marker in item.iter_markers("trio")]
    function = getattr(item, "obj", None)
    if not runs or not iscoroutinefunction(function):
        return None
    run = next((run for run in runs if run is not None), None)
    if run is None and item.config.getini("trio_run") == "trio":
        run = trio.run
    if run is not trio.run:
        return None
    used = not NAMES.isdisjoint(getattr(item, "fixturenames", ()))
    item.stash[_PERFORMANCE] = performance = Performance(
        leaks=used or item.config.getini("exeunt_leaks"),
        stalls=used or item.config.getini("exeunt_stalls"),
        films=item.stash[_SHEET].films,
    )
    item.add_marker(pytest.mark.trio(run=performance), append=False)
    return performance


def _may_be_steered(item: pytest.Item) -> bool:
    # What is expected to fail need not fail in every order, and subtests are reported
    # at once, each time.
    marked = any(map(item.get_closest_marker, ("unsteered", "xfail")))
    return not marked and "subtests" not in getattr(item, "fixturenames", ())


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Steer the examples of Hypothesis, and complain where there is reason to."""
    examples = examples_of(item, item.stash[_SHEET])
    if examples is not None:
        item.stash[_EXAMPLES] = examples
    with nullcontext() if examples is None else examples.steered():
        yield
    if examples is not None and examples.without > 1:
        _warn_of_single_schedule(item)
    repeating = item.stash.get(_REPEATING, None)
    if repeating is not None and repeating.complaint is not None:
        complaint, repeating.complaint = repeating.complaint, None
        item.warn(complaint)


@pytest.hookimpl(wrapper=True, trylast=True, specname="pytest_runtest_call")
def pytest_runtest_call_inside(item: pytest.Item) -> Generator[None]:
    """Put clocks around the examples, after pytest-trio has seen the test."""
    if _EXAMPLES in item.stash:
        item.stash[_EXAMPLES].given_clocks()
    yield


def _warn_of_single_schedule(item: pytest.Item) -> None:
    name = item.nodeid.partition("[")[0]
    warned = item.config.stash[_WARNED]
    if name in warned or not item.config.getini("exeunt_single_schedule"):
        return
    warned.add(name)
    item.warn(
        SingleSchedule(
            f"{name} draws no schedule, so all its examples took their steps in one "
            "and the same order: add schedule=schedules() to what it draws, from "
            "exeunt.testing.strategies, or set exeunt_single_schedule = false"
        )
    )


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> None:
    """Refuse the fixtures to tests that are not async."""
    if getattr(fixturedef.func, "__module__", "").startswith(__name__):
        check_fixture(fixturedef.argname, request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write into the report how to run a failure again, and what the test has seen."""
    report = yield
    error = None if call.excinfo is None else call.excinfo.value
    performance = item.stash.get(_PERFORMANCE, None)
    if report.failed and error is not None:
        if performance is not None and performance.error is None:
            performance.error = error
        _say_how_again(item, report, error)
    if _REPEATING not in item.stash:
        examples = item.stash.get(_EXAMPLES, None)
        item.stash[_SHEET].draw(report, examples.story if examples else "")
    if report.when == "teardown":
        note(report, item.stash[_TALLY])
    return report


def _say_how_again(
    item: pytest.Item, report: pytest.TestReport, error: BaseException
) -> None:
    told = again(item, error)
    examples = item.stash.get(_EXAMPLES, None)
    if not told and examples is not None and examples.last is not None:
        told = examples.told()
    if told:
        add_section(report, told)
