"""What the plugin says at the end of a test run, and when it is silent."""

import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from projects import RACE, Run

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent.parent

SEEING = f"""{RACE}
from exeunt.testing import Schedule

def test_two_orders():
    for choices in ([], [1], [0]):
        Schedule(choices).run(deposit_twice, {{"balance": 0}})

def test_one_order():
    Schedule().run(deposit_twice, {{"balance": 0}})

def test_none():
    pass
"""


def test_one_line_tells_how_many_orders_the_tests_saw(run: Run) -> None:
    result = run(SEEING)
    result.stdout.fnmatch_lines(
        [
            "*orders of steps (exeunt)*",
            "2 tests, 4 runs: 1 to 2 orders of steps each; fewest in *::test_one_order",
        ]
    )


def test_verbosely_each_is_told_of(run: Run) -> None:
    result = run(SEEING, "-v")
    result.stdout.fnmatch_lines(
        [
            "test_it.py::test_two_orders: 2 orders of steps in 3 runs",
            "test_it.py::test_one_order: 1 order of steps in 1 run",
        ]
    )
    result.stdout.no_fnmatch_line("test_it.py::test_none: *")


def test_quietly_nothing_is_said(run: Run) -> None:
    assert "orders of steps" not in run(SEEING, "-q").stdout.str()


def test_what_an_exploration_in_a_test_has_found_is_a_section(run: Run) -> None:
    source = (
        RACE
        + """
from exeunt.testing import explore

async def both_arrive():
    account = {"balance": 0}
    await deposit_twice(account)
    assert account["balance"] == 3

def test_plain():
    explore(both_arrive)
"""
    )
    result = run(source)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*exeunt: the schedule*", "Run it again: replay(both_arrive, schedule='*')"]
    )


def test_it_is_inert_where_it_is_not_used(run: Run) -> None:
    text = run("def test_sync():\n    pass\n").stdout.str()
    assert "orders of steps" not in text
    assert "1 passed" in text


def test_it_works_without_pytest_trio(run: Run) -> None:
    source = f"{SEEING}\nasync def test_async():\n    pass\n"
    result = run(source, "-p", "no:trio", "-k", "not async")
    result.assert_outcomes(passed=3, deselected=1)


def test_it_needs_neither_hypothesis_nor_pytest_trio(
    pytester: pytest.Pytester,
) -> None:
    program = """
import sys
for name in ("hypothesis", "pytest_trio", "tqdm"):
    sys.modules[name] = None
import exeunt.testing.pytest_plugin
"""
    result = pytester.run(sys.executable, "-c", program)
    assert result.ret == 0, result.stderr.str()


def test_pytest_finds_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    [(name, module)] = project["entry-points"]["pytest11"].items()
    assert name == "exeunt"
    assert hasattr(import_module(module), "pytest_addoption")


def test_a_failure_shows_the_test_and_not_the_kit(run: Run) -> None:
    source = """
import trio
from exeunt import Agent, Request, start
from exeunt.testing import Probe, nothing_leaks, rehearse

class Fails(Agent[str]):
    async def handle(self, message):
        raise ValueError(message)

def test_rehearsal():
    rehearse(Fails).send("boom")

def test_leaks(): trio.run(leaks)

async def leaks():
    with nothing_leaks():
        trio.lowlevel.spawn_system_task(trio.sleep_forever)

async def test_probe(probe):
    probe = await probe()
    await probe.handle.send("sent")
    await probe.expect(int)
"""
    result = run(source)
    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    for kit in ("rehearsal.py:", "leaks.py:", "contextlib.py:", "expecting.py:"):
        assert kit not in text
