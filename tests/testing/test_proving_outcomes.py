"""A proof sees all that can come of a program, and in few runs."""

from typing import Any

import pytest
import trio
from small_programs import (
    Program,
    askers,
    drawn,
    pipeline,
    ring_of_mailboxes,
    senders,
)

from exeunt.testing import Stalled
from exeunt.testing.exploring.depth_first import DepthFirst
from exeunt.testing.proving import prove
from exeunt.testing.schedules.rules import Rules, Run
from exeunt.testing.schedules.running import perform
from exeunt.testing.schedules.schedule import Tape


def in_every_order(program: Program, most: int) -> list[Any] | None:
    """Return all that comes of a program, unless there are more than *most* orders."""
    seen: list[Any] = []
    listed = DepthFirst(None)
    for tried, choices in enumerate(listed):
        if tried == most:
            return None
        run = perform(program, (), Tape(choices), Rules())
        listed.learn(run)
        if outcome_of(run) not in seen:
            seen.append(outcome_of(run))
    return seen


def outcome_of(run: Run) -> object:
    return run.value if run.error is None else shape_of(run.error)


def shape_of(error: BaseException) -> object:
    if isinstance(error, BaseExceptionGroup):
        return sorted((shape_of(each) for each in error.exceptions), key=repr)
    return repr(error)


def caught(program: Program) -> Program:
    """Return a program that returns its error, so that a proof goes on."""

    async def outcome() -> object:
        try:
            return await program()
        except Exception as error:
            return shape_of(error)

    return outcome


def check_outcomes(seed: int, most: int) -> bool:
    program = caught(drawn(seed))
    expected = in_every_order(program, most)
    if expected is None:
        return False
    seen: list[Any] = []

    async def noted() -> None:
        outcome = await program()
        if outcome not in seen:
            seen.append(outcome)

    prove(noted, cross_check=0)
    assert sorted(seen, key=repr) == sorted(expected, key=repr), drawn(seed)
    return True


def test_a_proof_sees_every_outcome_of_a_random_program() -> None:
    assert sum(check_outcomes(seed, 400) for seed in range(30)) > 24


@pytest.mark.slow
def test_a_proof_sees_every_outcome_of_many_random_programs() -> None:
    assert sum(check_outcomes(seed, 3_000) for seed in range(1_000, 1_220)) >= 200


@pytest.mark.parametrize(
    ("program", "most", "outcomes"),
    [
        (senders(2, 2), 40, 6),
        (senders(3, 2), 792, 90),
        (askers(4), 384, 24),
        (pipeline(3, 3), 119, 1),
        (askers(2, 2), 96, 6),
        (ring_of_mailboxes(4, 1, repaired=True), 419, 1),
        (ring_of_mailboxes(3, 1, repaired=False), 82, 1),
    ],
    ids=[
        "2 senders of 2 messages",
        "3 senders of 2 messages",
        "4 askers",
        "3 stages of a pipeline",
        "2 askers ask twice",
        "a ring of mailboxes, repaired",
        "a ring of mailboxes with room enough",
    ],
)
def test_all_orders_of_a_small_program_are_few(
    program: Program, most: int, outcomes: int
) -> None:
    proof = prove(program, cross_check=50)
    assert proof.runs <= most
    assert proof.outcomes == outcomes


def test_a_ring_of_full_mailboxes_is_found() -> None:
    with pytest.raises(Stalled) as stalled:
        prove(ring_of_mailboxes(4, 1, repaired=False))
    assert "Run it again: replay(program, schedule=" in stalled.value.__notes__[0]


def test_programs_are_drawn_alike_from_the_same_seed() -> None:
    assert trio.run(caught(drawn(3))) == trio.run(caught(drawn(3)))
