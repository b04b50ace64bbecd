"""Laws 13 and 14, and laws 1 to 5 for every strategy and every kind of exit."""

import pytest
from hypothesis import given, settings
from laws import law
from troupes import (
    PEACEFUL,
    STRATEGIES,
    Boom,
    Deed,
    Exit,
    Play,
    Troupe,
    play,
    troupes,
)

from exeunt.exceptions import AgentClosed, AgentCrashed
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

QUIET = (Deed.RETURN,)
pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")


# --- laws 1 to 5 ---


@law("1-5 under a supervisor", troupe=troupes(), schedule=schedules())
def test_the_account_of_each_agent_is_exact(troupe: Troupe, schedule: Schedule) -> None:
    check_account(play(troupe, schedule))


# The matrix is large, so each of its places gets a few examples.
FEW = settings(max_examples=settings().max_examples // 10)


@pytest.mark.parametrize("exit_", Exit, ids=str)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_account_is_exact_for_every_strategy_and_exit(
    strategy: str, exit_: Exit
) -> None:
    @FEW
    @given(troupe=troupes(strategies=(strategy,), exits=(exit_,)), schedule=schedules())
    def holds(troupe: Troupe, schedule: Schedule) -> None:
        check_account(play(troupe, schedule))

    holds()


def check_account(it: Play) -> None:
    """Check laws 1, 2, 4 and 5 for all the lives of all the agents."""
    log = it.log
    for outcome in it.outcomes:
        assert outcome.ledger.accepted == outcome.ledger.settled
    total = {
        fate: sum(getattr(outcome.ledger, fate) for outcome in it.outcomes)
        for fate in ("handled", "failed", "interrupted", "abandoned", "dropped")
    }
    begun, undelivered = log.numbers("begin"), it.undelivered()
    assert total["handled"] == len(it.ended("handled"))
    assert total["failed"] == len(it.ended("failed"))
    assert total["interrupted"] == len(it.ended("interrupted"))
    assert len(undelivered) == sum(o.ledger.undelivered for o in it.outcomes)
    accepted, gave_up = {*log.numbers("accepted")}, {*log.numbers("gave up")}
    for number in accepted:
        assert (begun + undelivered).count(number) == 1
    assert {*begun, *undelivered} <= accepted | gave_up
    assert total["abandoned"] <= len(gave_up - {*begun})
    assert total["dropped"] == 0
    for number in log.numbers("refused"):
        assert number not in begun + undelivered
    for number in range(len(it.troupe.parts)):
        check_order(it, number)
    check_answers(it)


def check_order(it: Play, agent: int) -> None:
    """Check that an agent takes its messages as they were offered, over all lives."""
    offered = it.log.numbers("offer", agent)
    begun = it.log.numbers("begin", agent)
    assert begun == sorted(begun, key=offered.index)
    for life in it.lives_of(agent):
        left = [message.number for message in life.outcome.undelivered]
        assert left == sorted(left, key=offered.index)


def check_answers(it: Play) -> None:
    """Check that each ask has ended, and that what it has ended with is true."""
    log = it.log
    how = {e.number: e.detail for e in log.all("end")}
    asked = [n for n, sent in log.sent.items() if sent.line.asked]
    assert (
        sorted(
            log.numbers("answer") + [n for n in log.numbers("gave up") if n in asked]
        )
        == asked
    )
    for entry in log.all("answer"):
        match entry.detail:
            case AgentCrashed() as error:
                assert how[entry.number] == "failed"
                assert isinstance(error.__cause__, Boom)
            case AgentClosed(fate=None):
                assert entry.number not in how
            case AgentClosed(fate="undelivered"):
                assert entry.number in it.undelivered()
            case AgentClosed(fate=fate):
                assert fate == how[entry.number]
            case value:
                assert value == entry.number
                assert how[entry.number] == "handled"


# --- laws 13 and 14: the order of leaving ---


@law(
    "13 supervisor drain",
    troupe=troupes(exits=PEACEFUL, deeds=QUIET),
    schedule=schedules(),
)
def test_a_drain_refuses_nothing_among_agents(
    troupe: Troupe, schedule: Schedule
) -> None:
    it = play(troupe, schedule)
    assert it.error is None
    assert all(outcome.reason == "stopped" for outcome in it.outcomes)
    assert sorted(it.ended("handled")) == sorted(it.log.numbers("accepted"))
    assert it.undelivered() == []
    for number in it.log.numbers("refused"):
        assert it.log.sent[number].speaker is None


@law("14 supervisor order", troupe=troupes(), schedule=schedules())
def test_who_uses_others_leaves_before_them(troupe: Troupe, schedule: Schedule) -> None:
    it = play(troupe, schedule)
    for user in range(len(troupe.parts)):
        for used in troupe.used_by(user):
            if not it.left_early(used):
                check_order_of_leaving(it, user, used)
    for number, sent in it.log.sent.items():
        if sent.goodbye and not it.left_early(sent.to):
            assert number in it.log.numbers("accepted")


def check_order_of_leaving(it: Play, user: int, used: int) -> None:
    closed = it.log.where("closed", user)
    assert closed[-1] < it.log.where("closed", used)[-1]
    # By what the agents themselves have noted, it is the same; but who has crashed may
    # be told to leave while it has not come in again.
    places = it.log.where("end", used)
    failed = [at for at in places if it.log.entries[at].detail == "failed"]
    if failed and failed[-1] > it.log.where("entered", used)[-1]:
        return
    left, leaving = it.log.where("left", user), it.log.where("leaving", used)
    assert not left or left[-1] < leaving[-1]
