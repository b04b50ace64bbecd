"""Law 29: a deque and a dict predict what any single client sees.

The machine builds a program step by step, while the model says what each step will
bring; at the end the program runs against a real agent under a drawn schedule. So a
failure prints as a program.
"""

from collections import deque
from typing import Any

import attrs
import trio
from hypothesis import settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)
from laws import law

from exeunt import Agent, Handle, Reason, Request, start
from exeunt.exceptions import AgentClosed, Refusal
from exeunt.testing import Schedule
from exeunt.testing.strategies import schedules

KEYS = st.sampled_from("abc")
VALUES = st.integers(0, 9)


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

    async def handle(self, message: Put | Get) -> int | None:
        await trio.lowlevel.checkpoint()
        match message:
            case Put(key, value):
                self.values[key] = value
                return None
            case Get(key):
                if key not in self.values:
                    raise Missing(key)
                return self.values[key]
            case _:
                self.unhandled(message)


class Program(RuleBasedStateMachine):
    """One client of one store, and the model that knows what it will see."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[tuple[str, Any, Any]] = []
        self.waiting: deque[Put] = deque()
        self.values: dict[str, int] = {}
        self.accepted = 0
        self.stopped = False

    @initialize(capacity=st.integers(0, 3), schedule=schedules())
    def begin(self, capacity: int, schedule: Schedule) -> None:
        self.capacity, self.schedule = capacity, schedule

    @rule(key=KEYS, value=VALUES)
    def send(self, key: str, value: int) -> None:
        put = Put(key, value)
        self.steps.append(("send", put, AgentClosed if self.stopped else None))
        if not self.stopped:
            self.waiting.append(put)
            self.accepted += 1

    @rule(key=KEYS)
    def ask(self, key: str) -> None:
        if self.stopped:
            self.steps.append(("ask", Get(key), AgentClosed))
            return
        while self.waiting:
            put = self.waiting.popleft()
            self.values[put.key] = put.value
        self.accepted += 1
        self.steps.append(("ask", Get(key), self.values.get(key, Missing)))

    @rule(seconds=st.integers(0, 2))
    def pause(self, seconds: int) -> None:
        self.steps.append(("pause", seconds, None))

    @rule()
    def stop(self) -> None:
        self.steps.append(("stop", None, None))
        self.stopped = True

    def teardown(self) -> None:
        if not hasattr(self, "schedule"):
            return
        seen = self.schedule.run(self._run)
        assert seen == [expected for _, _, expected in self.steps]

    async def _run(self) -> list[Any]:
        async with trio.open_nursery() as nursery:
            store = await start(nursery, Store, capacity=self.capacity)
            seen = [await _take(store, what, arg) for what, arg, _ in self.steps]
            await store.aclose()
        assert store.outcome is not None
        assert store.outcome.reason is Reason.STOPPED
        assert store.outcome.ledger.handled == self.accepted
        return seen


async def _take(store: Handle[Put | Get], what: str, argument: Any) -> Any:
    try:
        match what:
            case "send":
                await store.send(argument)
            case "ask":
                return await store.ask(argument)
            case "pause":
                await trio.sleep(argument)
            case "stop":
                store.stop()
    except (AgentClosed, Missing) as error:
        return type(error)
    return None


@law("29 refinement")
def test_a_deque_and_a_dict_predict_what_one_client_sees() -> None:
    run_state_machine_as_test(Program, settings=settings(stateful_step_count=20))
