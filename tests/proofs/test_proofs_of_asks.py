"""Every ask has exactly one end, whatever ends the agent, and never waits for ever."""

import pytest
from small_systems import (
    CANCEL,
    STOP,
    End,
    LinkedQuestion,
    Question,
    asked,
    given_up,
    ring,
)

from exeunt.testing.proving import prove

CHECKS = 20  # random runs after each proof
ends = pytest.mark.parametrize("end", [STOP, CANCEL], ids=["stop", "cancel"])


@ends
@pytest.mark.parametrize("capacity", [0, 4])
@pytest.mark.parametrize(("askers", "asks"), [(2, 1), (1, 2)])
def test_every_ask_has_one_end(askers: int, asks: int, capacity: int, end: End) -> None:
    proof = prove(asked, askers, asks, capacity, end, cross_check=CHECKS)
    assert proof.outcomes == (4 if askers == 2 else 3)


@pytest.mark.parametrize("capacity", [0, 4])
def test_every_ask_has_one_end_when_the_agent_crashes(capacity: int) -> None:
    prove(asked, 2, 1, capacity, STOP, 0, cross_check=CHECKS)


@pytest.mark.parametrize("message", [Question, LinkedQuestion])
def test_an_asker_that_leaves_takes_nothing_from_others(
    message: type[Question] | type[LinkedQuestion],
) -> None:
    prove(given_up, message, cross_check=CHECKS)


@pytest.mark.parametrize(("agents", "times"), [(2, 1), (2, 2), (3, 1)])
def test_agents_in_a_ring_never_wait_for_ever(agents: int, times: int) -> None:
    prove(ring, agents, times, cross_check=CHECKS)


@pytest.mark.slow
@ends
@pytest.mark.parametrize("capacity", [0, 4])
def test_every_ask_of_three_has_one_end(capacity: int, end: End) -> None:
    prove(asked, 3, 1, capacity, end)
