"""Laws 1, 2, 4 and 12: no message lost, nobody lied to, in order, one at a time."""

from laws import law
from scenes import End, Play, Scene, play, scenes

from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules


@law("1 conservation", scene=scenes(), schedule=schedules())
def test_every_accepted_message_has_exactly_one_fate(
    scene: Scene, schedule: Schedule
) -> None:
    check_conservation(play(scene, schedule))


def check_conservation(it: Play) -> None:
    ledger = it.outcome.ledger
    assert ledger.accepted == ledger.settled
    assert ledger.handled == len(it.ended("handled"))
    assert ledger.failed == len(it.ended("failed"))
    assert ledger.interrupted == len(it.ended("interrupted"))
    assert ledger.undelivered == len(it.undelivered())

    begun, undelivered = it.log.numbers("begin"), it.undelivered()
    for number in it.accepted():
        assert (begun + undelivered).count(number) == 1
    # Only who gave up an ask does not know whether it had been accepted.
    gave_up = it.log.numbers("gave up")
    known, unknown = set(it.accepted()), set(gave_up)
    assert {*begun, *undelivered} <= known | unknown
    assert ledger.abandoned <= len(unknown - {*begun})
    assert len(known) <= ledger.accepted <= len(known | unknown)


@law("2 truthful sender", scene=scenes(), schedule=schedules())
def test_a_refused_message_was_not_accepted(scene: Scene, schedule: Schedule) -> None:
    check_truthful_senders(play(scene, schedule))


def check_truthful_senders(it: Play) -> None:
    # That the error carries the very message is asserted where it is caught.
    for number in it.log.numbers("refused"):
        assert number not in it.log.numbers("begin")
        assert number not in it.undelivered()


@law("4 order", scene=scenes(), schedule=schedules())
def test_messages_are_handled_in_the_order_of_acceptance(
    scene: Scene, schedule: Schedule
) -> None:
    check_order(play(scene, schedule))


def check_order(it: Play) -> None:
    # Who finds the mailbox full waits in line and nobody jumps it; so the order of
    # acceptance is the order in which the messages were offered.
    offered = it.log.numbers("offer")
    begun = [*it.log.numbers("begin"), *it.undelivered()]
    assert begun == sorted(begun, key=offered.index)


@law("12 serial", scene=scenes(ends=(End.CANCEL, End.STOP)), schedule=schedules())
def test_one_message_is_handled_at_a_time(scene: Scene, schedule: Schedule) -> None:
    it = play(scene, schedule)
    turns = [
        (what, number) for what, number, _ in it.log.entries if what in {"begin", "end"}
    ]
    for begin, end in zip(turns[::2], turns[1::2], strict=True):
        assert begin == ("begin", end[1])
        assert end[0] == "end"
