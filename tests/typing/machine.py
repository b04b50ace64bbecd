"""What type checkers have to know of scenarios and machines; see api.py."""

from typing import Any, assert_type

import attrs
from hypothesis.strategies import SearchStrategy

from exeunt import Agent, Outcome, Request
from exeunt.testing import Schedule
from exeunt.testing.machine import AgentMachine
from exeunt.testing.scenarios.record import Record, Result
from exeunt.testing.scenarios.scenario import End, Line, Scenario
from exeunt.testing.strategies import ends, lines, messages, scenarios, schedules


@attrs.frozen
class Set:
    value: int


class Get(Request[int]): ...


class Service(Agent[Set | Get]):
    async def handle(self, message: Set | Get) -> int: ...  # type: ignore[empty-body]


class Model:
    def handle(self, message: Set | Get) -> int: ...  # type: ignore[empty-body]


class Machine(AgentMachine):
    agent = Service
    model = Model


class Typed(AgentMachine):
    agent = 3  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]


def drawing() -> None:
    assert_type(messages(Service), SearchStrategy[Any])
    assert_type(messages(Set | Get), SearchStrategy[Any])
    assert_type(lines(Service, crashes=["after"]), SearchStrategy[Line])
    assert_type(ends(["stop"]), SearchStrategy[End])
    assert_type(scenarios(Service), SearchStrategy[Scenario])
    assert_type(schedules(), SearchStrategy[Schedule])
    ends(["kill"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    assert_type(Machine.check(), None)


def playing() -> None:
    scenario = Scenario([Line(Set(1)), Line(Get(), "ask")], [End("stop", at=1)])
    assert_type(scenario.lines, tuple[Line, ...])
    record = Schedule().run(scenario.play, Service)
    assert_type(record, Record)
    assert_type(record.results, tuple[Result, ...])
    assert_type(record.results[0].accepted, bool | None)
    assert_type(record.outcome, Outcome)
    Line("a", "post")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    End(at="now")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Scenario([3])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
