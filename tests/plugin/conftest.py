"""A project of its own, in which the plugin is at work."""

from importlib.metadata import entry_points

import pytest
from projects import Run

INSTALLED = any(
    each.value.startswith("exeunt.") for each in entry_points(group="pytest11")
)
PLUGIN = () if INSTALLED else ("-p", "exeunt.testing.pytest_plugin")


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Write a test file, and have pytest run it with these arguments."""

    def write_and_run(
        source: str, *args: str, ini: str = "", name: str = "test_it"
    ) -> pytest.RunResult:
        trio_mode = "" if "trio_mode" in ini else "trio_mode = true"
        pytester.makeini(f"[pytest]\n{trio_mode}\n{ini}")
        pytester.makepyfile(**{name: source})
        return pytester.runpytest_inprocess(*PLUGIN, "-W", "default", *args)

    return write_and_run
