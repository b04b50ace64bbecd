"""Who uses others leaves before them, and a restart costs one message."""

import pytest
from small_troupes import restarted, supervised

from exeunt.testing.proving import prove

CHECKS = 20  # random runs after each proof


@pytest.mark.parametrize("messages", [1, 2])
@pytest.mark.parametrize("stops", [True, False], ids=["stopped", "left"])
def test_the_user_leaves_before_what_it_uses(messages: int, stops: bool) -> None:
    prove(supervised, 1, messages, stops, cross_check=CHECKS)


@pytest.mark.parametrize("messages", [1, 2])
def test_a_restart_costs_the_message_that_crashed(messages: int) -> None:
    proof = prove(restarted, messages, cross_check=CHECKS)
    assert proof.outcomes == 2  # whose messages come first


@pytest.mark.slow
def test_two_users_leave_before_what_they_use() -> None:
    prove(supervised, 2, 1, False)
