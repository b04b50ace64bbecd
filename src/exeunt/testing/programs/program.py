"""Programs of a few clients that use one agent: run, compared with a model, printed.

A program is what `AgentMachine` draws. It needs no Hypothesis.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, Literal

import attrs
import trio

from ..._core.agent import Agent
from ..._core.handle import Handle
from ..._core.start import start
from ..._model.outcome import Outcome
from ...exceptions import Refusal
from ...supervision.opening import open_supervisor
from ..faults.faulty import faulty
from ..faults.plan import CrashBefore, FaultPlan
from ..scenarios.notes import Notes
from ..scenarios.playing import bring
from ..scenarios.record import Entry
from ..scenarios.understudy import with_understudy

MOST_RESTARTS = 100

SAYING = {"send", "ask"}
RESULTS = {"accepted", "answered", "declined", "lost", "refused"}

Deed = Literal["send", "ask", "stop", "advance"]


@attrs.frozen
class Step:
    """One line of a program."""

    deed: Deed
    argument: Any = None  # the message, or the seconds
    client: int = 0
    crashes: bool = False  # whether the turn of so many messages is to crash


@attrs.frozen
class Program:
    """What a few clients do with one agent, each its steps in their order."""

    factory: Callable[[], Agent[Any]]
    name: str  # of the factory
    steps: tuple[Step, ...]
    capacity: int = 32
    restarts: bool = False  # whether the agent is started again after a crash

    @property
    def clients(self) -> list[int]:
        """The numbers of the clients that do anything."""
        return sorted({step.client for step in self.steps})

    @property
    def crashes(self) -> list[int]:
        """The turns that are to crash, by their numbers."""
        said = [step for step in self.steps if step.deed in SAYING]
        return [turn for turn, step in enumerate(said) if step.crashes]

    @property
    def plan(self) -> FaultPlan:
        """The crashes, as faults."""
        return FaultPlan([CrashBefore(turn) for turn in self.crashes])

    async def run(self, run: "Run") -> None:
        """Run the program, and write down what happens."""
        factory = faulty(self.factory, self.plan) if self.crashes else self.factory
        made = with_understudy(factory, run.turn)
        try:
            async with AsyncExitStack() as stack:
                begin = await self._stage(stack)
                handle = await begin(made, name=self.name, capacity=self.capacity)
                run.began = trio.current_time()
                await self._use(handle, run)
                await handle.aclose()
                run.outcome = handle.outcome
        except* Exception as group:
            run.crash = group.exceptions[0]

    async def _stage(self, stack: AsyncExitStack) -> Callable[..., Any]:
        if not self.restarts:
            return partial(start, await stack.enter_async_context(trio.open_nursery()))
        opening = open_supervisor(max_restarts=MOST_RESTARTS)
        supervisor = await stack.enter_async_context(opening)
        return partial(supervisor.start, restart="transient")

    async def _use(self, handle: Handle[Any], run: "Run") -> None:
        if len(self.clients) <= 1:
            await run.act(0, handle)
            return
        async with trio.open_nursery() as clients:
            for client in self.clients:
                clients.start_soon(run.act, client, handle)


@attrs.define
class Run(Notes):
    """One run of a program."""

    program: Program
    outcome: Outcome | None = None
    crash: Exception | None = None

    def said(self, number: int) -> Any:
        """Return the message of a step."""
        return self.program.steps[number].argument

    async def act(self, client: int, handle: Handle[Any]) -> None:
        """Take the steps of one client, one after the other."""
        for number, step in enumerate(self.program.steps):
            if step.client == client or len(self.program.clients) == 1:
                await self._take(number, step, handle)

    async def _take(self, number: int, step: Step, handle: Handle[Any]) -> None:
        match step.deed:
            case "stop":
                self.note("end", number)
                handle.stop()
            case "advance":
                await trio.sleep(step.argument)
            case _:
                self.note_offer(number)
                what, value = await bring(handle, step.deed, step.argument)
                self.note_result(number, what, value, what != "refused")

    @property
    def crashes(self) -> list[Entry]:
        """The turns that failed, but for refusals to those who asked."""
        return [
            entry
            for entry in self.log
            if entry.what == "raised" and isinstance(entry.detail, Exception)
            if not (self.is_asked(entry.number) and isinstance(entry.detail, Refusal))
        ]

    def is_asked(self, number: int | None) -> bool:
        """Return whether a step asks."""
        return number is not None and self.program.steps[number].deed == "ask"

    @property
    def unfinished(self) -> int | None:
        """The number of the first step that goes on for ever, if one does."""
        begun = [entry.number for entry in self.log if entry.what == "offered"]
        over = {entry.number for entry in self.log if entry.what in RESULTS}
        return next((number for number in begun if number not in over), None)

    @property
    def refused(self) -> set[int | None]:
        """The numbers of the steps whose message was not accepted."""
        return {entry.number for entry in self.log if entry.what == "refused"}
