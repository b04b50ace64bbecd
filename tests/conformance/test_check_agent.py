"""Our own classes keep the laws, and what is no agent or no message is said so."""

import sys
from pathlib import Path
from random import Random
from typing import Any

import attrs
import pytest
import trio
from our_agents import (
    Becoming,
    Blocking,
    Clerk,
    CountTo,
    Deferring,
    Heartbeat,
    Parent,
    Streaming,
    Ticking,
)
from wrong_agents import Add, Counter, CrashesByItself, Total, an_add

from exeunt import Agent, Pool, Request
from exeunt.testing import Conformance, check_agent

AGENTS = [Counter, Clerk, Ticking, Deferring, Becoming, Blocking, Parent]
ALL = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 22, 24, 25, 26}


@pytest.mark.parametrize("supervised", [False, True])
@pytest.mark.parametrize("factory", AGENTS)
def test_our_agents_keep_the_laws(factory: type[Agent[Any]], supervised: bool) -> None:
    left_out: set[int] = (
        {6} if factory is Becoming else set()
    )  # what it postpones may stay so
    kept = check_agent(
        factory,
        messages=an_add,
        requests=[Total()],
        supervised=supervised,
        leave_out=left_out,
        runs=15,
    )
    assert {law.number for law in kept.laws} == ALL - left_out
    assert kept.messages > 50


def test_a_stream_keeps_the_laws() -> None:
    kept = check_agent(Streaming, messages=an_add, streams=[CountTo()], runs=15)
    assert {law.number for law in kept.laws} == ALL


def test_the_service_of_the_readme_keeps_the_laws() -> None:
    page = Path(__file__).parents[2] / "README.md"
    block = page.read_text().split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {"__name__": "readme"}
    exec(block.replace("trio.run(main)", ""), names)
    numbers, get = [names["Set"](1), names["Set"](2)], names["Get"]()
    check_agent(names["Service"], messages=numbers, requests=[get], runs=15)


def test_the_same_arguments_do_the_same() -> None:
    def kept(seed: int) -> Conformance:
        return check_agent(Clerk, messages=an_add, runs=5, seed=seed)

    assert kept(3) == kept(3)
    assert kept(3) != kept(4)


def test_a_factory_may_have_arguments_and_a_capacity_be_given() -> None:
    kept = check_agent(
        Counter, 7, messages=an_add, requests=[Total()], capacity=1, runs=5
    )
    assert kept.name == "Counter"


def test_laws_about_asks_need_requests() -> None:
    kept = check_agent(Counter, messages=[Add(1)], runs=2)
    assert {law.number for law in kept.laws} == ALL - {5, 11, 16}


def test_crashes_by_design_break_no_law() -> None:
    check_agent(CrashesByItself, messages=an_add, crashes=(AssertionError,), runs=15)


def test_a_heartbeat_keeps_all_but_one_law() -> None:
    check_agent(Heartbeat, messages=an_add, requests=[Total()], leave_out=[12], runs=15)


def test_the_figures_can_be_read() -> None:
    text = str(check_agent(Counter, messages=an_add, runs=9, leave_out=ALL - {1, 12}))
    first, *rows = text.splitlines()
    assert first.startswith("Counter keeps 2 laws: 9 runs, ")
    assert rows[0].split()[:4] == ["1", "conservation", "9", "runs,"]


class Deaf(Agent[Any]):
    def lifespan(self) -> Any:
        raise ConnectionError("no sound")

    async def handle(self, message: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"factory": 3, "messages": [1]}, TypeError, "the factory 3 is not callable"),
        (
            {"factory": dict, "messages": [1]},
            TypeError,
            "the factory returned {}; it has to return an Agent",
        ),
        (
            {"factory": Pool(2, Counter), "messages": [1]},
            TypeError,
            "has no turns of its own: check its workers' class",
        ),
        ({"factory": Counter}, ValueError, "there is nothing to say to the agent"),
        (
            {"factory": Counter, "messages": 3},
            TypeError,
            "messages are a list of messages, or a function that makes one with a",
        ),
        (
            {"factory": Counter, "messages": [1], "leave_out": [13]},
            ValueError,
            "there is no law 13 here, only 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16",
        ),
        (
            {"factory": Counter, "messages": [1], "runs": 0},
            ValueError,
            "runs is 1 or more, not 0",
        ),
        (
            {"factory": Counter, "messages": [1], "runs": 2.5},
            TypeError,
            "runs is a number of runs, an int, not 2.5",
        ),
        (
            {"factory": Counter, "messages": [1], "patience": trio.sleep},
            TypeError,
            "patience is a number of seconds, not <function sleep",
        ),
        (
            {"factory": Counter, "requests": [1]},
            TypeError,
            "only a Request can be asked, and 1 is none: give it as one of the",
        ),
        (
            {"factory": Deaf, "messages": [1], "leave_out": [6], "runs": 3},
            ValueError,
            "in 12 runs Deaf handled no message, so nothing was checked",
        ),
    ],
)
def test_who_gives_it_nonsense_is_told(
    arguments: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error) as raised:
        check_agent(**arguments)
    assert text in str(raised.value)


@attrs.define
class Loud(Request[int]):
    volume: int


class Echo(Agent[Loud]):
    async def handle(self, message: Loud) -> int:
        return message.volume


def test_what_is_drawn_depends_on_the_seed_alone() -> None:
    drawn: list[list[int]] = [[], []]
    for numbers in drawn:

        def a_loud(random: Random, numbers: list[int] = numbers) -> Loud:
            numbers.append(random.randrange(100))
            return Loud(numbers[-1])

        check_agent(Echo, requests=a_loud, runs=2)
    assert drawn[0] == drawn[1] != []


def test_neither_pytest_nor_hypothesis_is_needed() -> None:
    folder = Path(sys.modules[check_agent.__module__].__file__ or "").parent
    for module in folder.glob("*.py"):
        imports = [line for line in module.read_text().splitlines() if "import" in line]
        assert not any("hypothesis" in line or "pytest" in line for line in imports)


class InNeed(Agent[Any]):
    def __init__(self, path: str) -> None:
        self.since = trio.current_time()
        if not path:
            raise ConnectionError("no path")

    async def handle(self, message: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("arguments", "error"), [((), TypeError), (("",), ConnectionError)]
)
def test_what_cannot_be_made_breaks_no_law(
    arguments: tuple[Any, ...], error: type[Exception]
) -> None:
    factory: Any = InNeed
    with pytest.raises(error) as raised:
        check_agent(factory, *arguments, messages=[1])
    (note,) = raised.value.__notes__
    assert note == (
        "InNeed could not be made, so nothing was checked. If it takes arguments, give "
        "them after it: check_agent(InNeed, 1, 2, messages=...)"
    )
    check_agent(factory, "a path", messages=[1], runs=2)
