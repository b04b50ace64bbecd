"""``@explored(...)``: an async test becomes one that is explored, by any runner."""

import inspect

import pytest
import trio
from projects import RACE, Run

from exeunt.testing.exploring.decorating import Order, explored, order
from exeunt.testing.exploring.explore import replay

pytest_plugins = ["pytester"]

EXPLORED = f"""{RACE}
from exeunt.testing.exploring.decorating import explored

@explored(runs=100)
async def test_both_arrive():
    account = {{"balance": 0}}
    await deposit_twice(account)
    assert account["balance"] == 3
"""


async def a_race(names: list[str] | None = None) -> None:
    done: list[str] = []

    async def task(name: str) -> None:
        await trio.lowlevel.checkpoint()
        done.append(name)

    async with trio.open_nursery() as nursery:
        for name in names or ["anna", "ben", "cleo"]:
            nursery.start_soon(task, name)
    assert done[0] != "cleo"


def test_it_is_no_async_function_and_keeps_its_name_and_arguments() -> None:
    test = explored(runs=5)(a_race)
    assert not inspect.iscoroutinefunction(test)
    assert test.__name__ == "a_race"
    assert [*inspect.signature(test).parameters] == ["names"]


def test_it_explores_what_it_is_called_with() -> None:
    test = explored(runs=100)(a_race)
    with pytest.raises(AssertionError) as found:
        test()
    assert "a_race failed in run" in found.value.__notes__[-1]
    test(["anna", "ben"])
    test(names=["anna", "ben"])


def test_a_runner_may_say_how_many_runs_there_are() -> None:
    runs: list[int] = []

    @explored(runs=100)
    async def test() -> None:
        runs.append(1)
        await trio.lowlevel.checkpoint()

    test()
    as_it_says = len(runs)
    token = order.set(Order(runs=10))
    test()
    order.reset(token)
    assert as_it_says - (len(runs) - as_it_says) == 90


def test_a_runner_may_name_one_schedule() -> None:
    test = explored(runs=100)(a_race)
    token = order.set(Order(schedule="fifo"))
    test()
    order.reset(token)


async def values() -> object:
    yield 1


@pytest.mark.parametrize("test", [lambda: None, values, 5])
def test_what_is_no_async_function_is_refused(test: object) -> None:
    with pytest.raises(TypeError, match="takes an async function without a yield"):
        explored(runs=5)(test)  # type: ignore[arg-type]


def test_async_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match=r"argument 'names' of a_race is async"):
        explored(runs=5)(a_race)(names=values())  # type: ignore[arg-type]


def test_under_pytest_and_pytest_trio(run: Run) -> None:
    result = run(EXPLORED)
    result.assert_outcomes(failed=1)
    again = "Run it again: pytest test_it.py::test_both_arrive --schedule=*"
    result.stdout.fnmatch_lines([again])
    run(EXPLORED, "--schedule=fifo").assert_outcomes(passed=1)
    run(EXPLORED, "--explore=1").assert_outcomes(passed=1)
    run(EXPLORED, "-p", "no:trio", ini="").assert_outcomes(failed=1)


def test_fixtures_and_parameters(run: Run) -> None:
    source = f"""{RACE}
from exeunt.testing.exploring.decorating import explored

@pytest.fixture
def start_balance():
    return 7

@pytest.mark.parametrize("late", [deposit])
@explored(runs=50)
async def test_values(start_balance, late):
    account = {{"balance": start_balance}}
    await late(account, 1)
    assert account["balance"] == 8

class TestInAClass:
    @explored(runs=50)
    async def test_method(self, start_balance):
        assert start_balance == 7

@pytest.fixture
async def connection():
    yield

@explored(runs=50)
async def test_async_fixture(connection):
    pass
"""
    run(source).assert_outcomes(passed=2, errors=1)


def test_what_it_names_to_run_it_again_does() -> None:
    test = explored(runs=100)(a_race)
    with pytest.raises(AssertionError) as found:
        test(["ben", "cleo"])
    again = found.value.__notes__[-1].rpartition("Run it again: ")[2]
    assert again.startswith("replay(a_race.explored, names, schedule='")
    a_race_as_it_is = {"replay": replay, "a_race": test, "names": ["ben", "cleo"]}
    with pytest.raises(AssertionError):
        eval(again, a_race_as_it_is)
