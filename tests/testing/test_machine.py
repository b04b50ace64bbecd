"""`AgentMachine`: bugs in small agents come out as programs that are short and run."""

import re
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, ClassVar

import attrs
import pytest
import trio
from hypothesis import settings, strategies as st

from exeunt import Agent, Request
from exeunt.exceptions import Refusal
from exeunt.testing import Schedule, Stalled
from exeunt.testing.machine import AgentMachine, Disagreement
from exeunt.testing.programs.comparing import same
from exeunt.testing.programs.program import Program, Step
from exeunt.testing.programs.rehearsing import Rehearsal


@attrs.frozen
class Put:
    key: str
    value: int


@attrs.frozen
class Get(Request[int]):
    key: str


class Missing(Refusal):
    """There is no such key."""


@attrs.define
class Store(Agent[Put | Get]):
    values: dict[str, int] = attrs.field(factory=dict)
    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield
            self.nursery.cancel_scope.cancel()

    async def handle(self, message: Put | Get) -> object:
        await trio.lowlevel.checkpoint()
        match message:
            case Put(key, value):
                await self.put(key, value)
                return None
            case Get(key):
                return await self.get(key)
            case _:
                self.unhandled(message)

    async def put(self, key: str, value: int) -> None:
        self.values[key] = value

    async def get(self, key: str) -> int:
        if key not in self.values:
            raise Missing(key)
        return self.values[key]


class StoreModel:
    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def handle(self, message: Put | Get) -> int | None:
        if isinstance(message, Get):
            if message.key not in self.values:
                raise Missing(message.key)
            return self.values[message.key]
        self.values[message.key] = message.value
        return None


class StoreMachine(AgentMachine):
    agent: ClassVar[Any] = Store
    model = StoreModel
    strategies: ClassVar[Any] = {str: st.sampled_from("abc"), int: st.integers(0, 9)}


class Loses(Store):
    async def put(self, key: str, value: int) -> None:
        if value < 5:
            self.values[key] = value


class Crashes(Store):
    async def put(self, key: str, value: int) -> None:
        self.values[key] = 1 // (value // 5 - 1)
        self.values[key] = value


class Shrugs(Store):
    async def get(self, key: str) -> Any:
        return self.values.get(key)


class KeepsTwo(Store):
    async def put(self, key: str, value: int) -> None:
        self.values[key] = value
        if len(self.values) > 2:
            del self.values[next(iter(self.values))]


class Forgets(Store):
    async def put(self, key: str, value: int) -> None:
        self.values[key] = value
        self.nursery.start_soon(self.forget, key)

    async def forget(self, key: str) -> None:
        await trio.sleep(1.5)
        self.values.pop(key, None)


class Remembers(Store):
    shared: ClassVar[dict[str, int]] = {}

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.values = self.shared
        if not self.context.handle.statistics().restarts:
            self.values.clear()
        yield


class WritesBehind(Store):
    async def put(self, key: str, value: int) -> None:
        self.nursery.start_soon(self.write, key, value)

    async def write(self, key: str, value: int) -> None:
        await trio.lowlevel.checkpoint()
        self.values[key] = value


class Hangs(Store):
    async def get(self, key: str) -> int:
        if key == "c":
            await trio.sleep_forever()
        return await Store.get(self, key)


class Leaves(Store):
    async def put(self, key: str, value: int) -> None:
        self.values[key] = value
        if len(self.values) == 2:
            self.context.handle.stop()


class Adds(Request[int]):
    """Count one more."""


@attrs.define
class Counter(Agent[Adds]):
    """Answers from a task of its own, and too late: what it has read is old."""

    total: int = 0
    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield

    async def handle(self, message: Adds) -> None:
        reply = self.context.defer(message)
        self.nursery.start_soon(self.add, reply)

    async def add(self, reply: Any) -> None:
        total = self.total
        await trio.lowlevel.checkpoint()
        self.total = total + 1
        reply.send(self.total)


class CounterModel:
    total = 0

    def handle(self, message: Adds) -> int:
        self.total += 1
        return self.total


class CounterMachine(AgentMachine):
    agent = Counter
    model = CounterModel
    clients = 2


FEW = settings(StoreMachine.TestCase.settings, max_examples=50)


def operations(text: str) -> int:
    """Count what the clients do in a program."""
    verbs = ".send(", ".ask(", ".stop()", "trio.sleep("
    return sum(verb in line for line in text.splitlines() for verb in verbs)


def found(bug: type[Agent[Any]], *, restart: bool = False) -> str:
    """Return the program on which the machine finds that this store is wrong."""

    class Machine(StoreMachine):
        agent = bug
        restarts = restart

    with pytest.raises(Disagreement) as raised:
        Machine.check(settings(StoreMachine.TestCase.settings, max_examples=200))
    return str(raised.value)


# How many operations the smallest program needs, and what it ends in.
BUGS: list[tuple[type[Agent[Any]], int, str]] = [
    (Loses, 2, "The agent: declined with Missing("),
    (Crashes, 1, "The agent: crashed with ZeroDivisionError("),
    (Shrugs, 1, "The agent: answered None."),
    (KeepsTwo, 4, "The agent: declined with Missing("),
    (Forgets, 3, "The agent: declined with Missing("),
    (Remembers, 3, "The agent: answered "),
    (WritesBehind, 2, "The agent: declined with Missing("),
    (Hangs, 1, "The agent: stalled: "),
    (Leaves, 3, "The agent: refused with AgentClosed("),
]


def run(text: str) -> None:
    """Run a program as it was printed."""
    _, _, program = text.partition("\n\n")
    exec(program, {})  # it imports all that it needs


@pytest.mark.parametrize(
    ("bug", "most", "words"), BUGS, ids=lambda it: getattr(it, "__name__", "")
)
def test_a_bug_comes_out_as_a_short_program_that_runs(
    bug: type[Agent[Any]], most: int, words: str
) -> None:
    text = found(bug, restart=bug is Remembers)
    assert words in text
    assert operations(text) <= most, text
    with pytest.raises((Stalled, Exception)) as failure:
        run(text)
    assert "NameError" not in "".join(traceback.format_exception(failure.value))
    right = text.replace(bug.__name__, "Store")
    run(right)  # it is the agent that is wrong


def test_an_agent_that_is_right_agrees_with_its_model() -> None:
    StoreMachine.check(FEW)


def test_an_agent_that_is_started_again_agrees_with_a_model_that_is_too() -> None:
    class Machine(StoreMachine):
        restarts = True

    Machine.check(FEW)


def test_several_clients_are_explained_by_the_order_of_turns() -> None:
    class Machine(StoreMachine):
        clients = 3

    Machine.check(FEW)


def test_a_lost_update_needs_two_clients() -> None:
    class Alone(CounterMachine):
        clients = 1

    Alone.check(FEW)
    with pytest.raises(Disagreement) as raised:
        CounterMachine.check()
    text = str(raised.value)
    # Two are enough; Hypothesis may stop at a few that hold each other up.
    assert 2 <= operations(text) <= 4
    assert "The agent: answered 1.\nThe model: answered 2." in text
    with pytest.raises(ExceptionGroup):
        run(text)


def test_a_failure_prints_as_a_program() -> None:
    assert found(Loses) == (
        """\
An agent differs from its model at the line marked 'here'.
The agent: declined with Missing('a').
The model: answered 5.

import trio
from exeunt import start
from exeunt.testing import Schedule
from test_machine import Get, Loses, Put

async def program():
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Loses, capacity=0)
        await agent.send(Put(key='a', value=5))
        assert await agent.ask(Get(key='a')) == 5  # here
        await agent.aclose()

Schedule([]).run(program)"""
    )


def test_a_crash_and_a_restart_print_too() -> None:
    text = found(Remembers, restart=True)
    assert "plan = FaultPlan([CrashBefore(" in text
    assert "Remembers, plan), restart='transient', capacity=0" in text


def test_a_model_hears_of_time() -> None:
    class Forgetful(StoreModel):
        def advance(self, seconds: float) -> None:
            if seconds > 1.5:
                self.values.clear()

    def agrees(*steps: Step) -> bool:
        program = Program(Forgets, "Forgets", steps)
        return Rehearsal(Forgetful, same).script(program, Schedule()) is None

    put, get = Step("send", Put("a", 1)), Step("ask", Get("a"))
    one, two = Step("advance", 1), Step("advance", 2)
    assert agrees(put, one, get)
    assert agrees(put, two, get)
    assert agrees(put, one, one, get)
    # One second and one more are two for the agent, but not for this model.
    assert not agrees(put, one, get, one, get)


def test_it_is_a_test_case_for_unittest_too() -> None:
    class Machine(StoreMachine):
        agent = Crashes

    with pytest.raises(Disagreement) as raised:
        Machine.TestCase("runTest").runTest()
    assert operations(str(raised.value)) == 1


def test_answers_need_not_be_equal() -> None:
    class Machine(AgentMachine):
        agent = Shrugs
        model = StoreModel
        strategies = StoreMachine.strategies

        def agree(self, expected: Any, seen: Any) -> bool:
            return True

    with pytest.raises(Disagreement) as raised:
        Machine.check()
    assert "The model: declined" in str(raised.value)  # which is no answer at all


def test_it_says_what_it_has_not_been_told() -> None:
    class NoAgent(AgentMachine): ...

    class NoModel(AgentMachine):
        agent = Store

    class Made(AgentMachine):
        model = StoreModel

        @staticmethod
        def agent() -> Store:
            return Store()

    with pytest.raises(TypeError, match=r"NoAgent has no agent: write agent = "):
        NoAgent.check()
    with pytest.raises(TypeError, match=r"NoModel has no model: write model = "):
        NoModel.check()
    with pytest.raises(TypeError, match=r"message_types"):
        Made.check()


def test_a_factory_needs_the_types_of_messages() -> None:
    class Made(StoreMachine):
        agent = partial(Loses)
        message_types = Put | Get

    with pytest.raises(Disagreement, match=r"start\(nursery, Loses,"):
        Made.check()


@pytest.mark.parametrize("restart", [False, True])
def test_a_crash_is_told_with_its_line_and_is_the_cause(*, restart: bool) -> None:
    class Machine(StoreMachine):
        agent = Crashes
        restarts = restart

    with pytest.raises(Disagreement) as raised:
        Machine.check()
    said = r"The agent crashed: ZeroDivisionError\(.*\) at test_machine.py:\d+ in Cra"
    assert re.search(said, str(raised.value))
    cause = raised.value.__cause__
    assert isinstance(cause, ZeroDivisionError)
    [first, *_] = traceback.extract_tb(cause.__traceback__)
    assert first.filename == __file__
    told = "".join(traceback.format_exception(raised.value))
    assert told.count("Disagreement: ") == 1
    assert "hypothesis" not in told.partition("direct cause")[0]


def test_names_that_are_nowhere_to_import_from_are_left_out() -> None:
    class Local(Loses): ...

    text = found(Local)
    assert "from test_machine import Get, Put\n" in text
