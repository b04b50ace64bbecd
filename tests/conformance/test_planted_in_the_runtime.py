"""A right agent on a runtime with a bug in it: which bugs the kit finds."""

import sys
from pathlib import Path

import pytest
from our_agents import Clerk
from wrong_agents import Total, an_add

from exeunt.testing import LawBroken, check_agent

sys.path.insert(0, str(Path(__file__).parents[1] / "planted"))

from bugs import BUGS, Bug

# What other laws are for, or what no agent can see by itself.
NOT_FOUND = {
    "a reply is lost to a cancel in the same instant",
    "a chain that is no ring is called a deadlock",
    "a deferred reply is still an edge",
    "waiting for an end is no edge",
    "a linked asker leaves before its turn has ended",
    "cancelling a linked asker cancels the agent",
    "each watcher gets an outcome of its own",
    "Ctrl-C may strike between a message and its account",
}


def found(bug: Bug, runs: int) -> bool:
    with bug.planted():
        try:
            check_agent(Clerk, messages=an_add, requests=[Total()], runs=runs)
        except LawBroken:
            return True
    return False


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_kit_finds_bugs_of_the_runtime(bug: Bug) -> None:
    expected = bug.name not in NOT_FOUND
    assert found(bug, runs=100 if expected else 8) == expected


def test_every_name_that_is_not_found_is_a_bugs() -> None:
    assert {bug.name for bug in BUGS} >= NOT_FOUND
