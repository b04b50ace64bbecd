"""A proof of the runtime with a bug in it fails, and shows the order that fails."""

import importlib
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from small_systems import (
    CANCEL,
    STOP,
    LinkedQuestion,
    Question,
    asked,
    given_up,
    ring,
    told,
)
from small_troupes import restarted, supervised

from exeunt.testing.proving import prove

sys.path.insert(0, str(Path(__file__).parent.parent / "planted"))
_BUGS = {
    bug.name: bug
    for file in ("bugs", "bugs_of_supervision")
    for bug in importlib.import_module(file).BUGS
}

Scenario = Callable[..., Awaitable[object]]
FOUND_BY: dict[str, tuple[Scenario, tuple[object, ...]]] = {
    "a dying agent tells the senders in the line that it has accepted": (
        told,
        (2, 1, 0, STOP),
    ),
    "the error for a refused message brings another one back": (told, (2, 1, 0, STOP)),
    "a sender that finds the mailbox full is not put into the line": (
        told,
        (2, 1, 0, STOP),
    ),
    "stop forgets what is queued": (told, (2, 1, 0, STOP)),
    "stop leaves the intake open until the queue is empty": (told, (2, 1, 1, STOP)),
    "cancel leaves the intake open": (told, (2, 1, 1, CANCEL)),
    "a message taken when the cancel came is forgotten": (told, (2, 1, 1, CANCEL)),
    "a fate is counted twice": (told, (1, 2, 0, CANCEL, True)),
    "the asker of the message that crashed is not answered": (asked, (2, 1, 0, CANCEL)),
    "the receiving end is closed before the mailbox is cleared": (
        asked,
        (2, 1, 4, CANCEL),
    ),
    "the agent sleeps although its mailbox has mail": (given_up, (Question,)),
    "cancelling a linked asker cancels the agent": (given_up, (LinkedQuestion,)),
    "waiting for an end is no edge": (ring, (2, 1)),
    "a restart resets the mailbox": (restarted, (1,)),
    "the order of leaving is reversed": (supervised, (1, 1, True)),
    "they are drained all at once": (supervised, (1, 1, True)),
}


@pytest.mark.parametrize("name", FOUND_BY)
def test_the_bug_makes_the_proof_fail(name: str) -> None:
    scenario, args = FOUND_BY[name]
    with _BUGS[name].planted(), pytest.raises(Exception) as found:
        prove(scenario, *args, cross_check=0)
    told_how = "".join(getattr(found.value, "__notes__", ()))
    assert f"{scenario.__name__} failed in run " in told_how
    assert "Run it again: " in told_how
