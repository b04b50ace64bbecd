"""No message is lost, none is handled twice, and each sender's keep their order."""

import pytest
from small_systems import CANCEL, STOP, End, told

from exeunt.testing.proving import prove

CHECKS = 20  # random runs after each proof
ends = pytest.mark.parametrize("end", [STOP, CANCEL], ids=["stop", "cancel"])


@ends
@pytest.mark.parametrize("capacity", [0, 1, 4])
def test_no_message_is_lost_of_two_senders(capacity: int, end: End) -> None:
    proof = prove(told, 2, 1, capacity, end, cross_check=CHECKS)
    assert proof.outcomes == 5  # nobody, one of two, or both in either order


@ends
@pytest.mark.parametrize("capacity", [0, 1, 4])
def test_the_messages_of_one_sender_keep_their_order(capacity: int, end: End) -> None:
    proof = prove(told, 1, 3, capacity, end, cross_check=CHECKS)
    # With room for all, they are sent without a pause.
    assert proof.outcomes == (2 if capacity == 4 else 4)


@ends
def test_no_message_is_lost_of_handlers_that_pause(end: End) -> None:
    prove(told, 2, 1, 4, end, True, cross_check=CHECKS)


@ends
def test_no_message_is_lost_where_none_can_wait(end: End) -> None:
    prove(told, 1, 2, 0, end, True, cross_check=CHECKS)


@pytest.mark.slow
@ends
@pytest.mark.parametrize("capacity", [0, 1, 4])
@pytest.mark.parametrize(("senders", "messages"), [(2, 2), (3, 1)])
def test_no_message_is_lost_of_more_senders(
    senders: int, messages: int, capacity: int, end: End
) -> None:
    prove(told, senders, messages, capacity, end)
