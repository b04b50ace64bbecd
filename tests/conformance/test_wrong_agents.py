"""Each wrong agent is found by the law that it breaks, in a report that can be read."""

from collections.abc import Callable

import attrs
import pytest
from wrong_agents import (
    WRONG,
    Add,
    ChangesTheMessage,
    Counter,
    CrashesByItself,
    HandlesTwoAtOnce,
    Message,
    NeverLeavesItsLifespan,
    SwallowsCancelled,
    Total,
    WaitsForEver,
    an_add,
)

from exeunt import Agent
from exeunt.testing import LawBroken, check_agent


@pytest.mark.parametrize(
    ("factory", "law"),
    [
        pytest.param(*wrong, marks=pytest.mark.slow if number % 2 else ())
        for number, wrong in enumerate(WRONG)
    ],
)
def test_the_law_finds_the_agent(
    factory: Callable[[], Agent[Message]], law: int
) -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(factory, messages=an_add, requests=[Total()])
    assert broken.value.number == law


@pytest.mark.slow
@pytest.mark.parametrize(("factory", "law"), WRONG[::4])
def test_it_finds_it_under_a_supervisor_too(
    factory: Callable[[], Agent[Message]], law: int
) -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(factory, messages=an_add, requests=[Total()], supervised=True)
    assert broken.value.number == law


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
@pytest.mark.parametrize(
    ("factory", "law"),
    [(SwallowsCancelled, 8), (HandlesTwoAtOnce, 12), (NeverLeavesItsLifespan, 8)],
)
def test_it_does_so_with_any_seed(
    factory: Callable[[], Agent[Message]], law: int, seed: int
) -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(factory, messages=an_add, requests=[Total()], seed=seed)
    assert broken.value.number == law


def test_without_asks_it_is_the_drain_that_hangs() -> None:
    with pytest.raises(LawBroken, match="it had not left 1000 s after stop") as broken:
        check_agent(WaitsForEver, messages=an_add)
    assert broken.value.number == 6


def test_a_law_that_is_left_out_is_not_held_against_it() -> None:
    check_agent(HandlesTwoAtOnce, messages=an_add, leave_out=[12, 8], runs=5)


@attrs.define
class TiresAtTheTenth(Counter):
    count: int = 0

    async def add(self, number: int) -> None:
        self.count += 1
        if self.count == 10:
            raise ConnectionError("that is enough")


def test_what_goes_wrong_late_is_found_too() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(TiresAtTheTenth, messages=an_add)
    assert broken.value.number == 6
    assert len(broken.value.scene.lines) == 10


def test_the_cause_is_kept() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(CrashesByItself, messages=an_add)
    assert isinstance(broken.value.__cause__, AssertionError)


def test_the_report_is_small_and_can_be_read() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(ChangesTheMessage, messages=[Add(3)])
    text = str(broken.value)
    assert text.startswith(
        "ChangesTheMessage breaks law 1, conservation. Every accepted message has "
        "exactly one fate, and nobody changes it.\n"
        "Seen: Add(number=3) was changed: it is Add(number=4) now\n"
    )
    assert len(broken.value.scene.lines) == 1
    assert broken.value.scene.ends == ()
    assert broken.value.schedule.choices == ()


def test_the_smallest_case_of_two_at_once_has_two_messages() -> None:
    with pytest.raises(LawBroken) as broken:
        check_agent(HandlesTwoAtOnce, messages=an_add)
    assert len(broken.value.scene.lines) == 2
    assert broken.value.schedule.choices == ()
