"""A program that failed, as a text that can be run, and fails again."""

from collections.abc import Iterator
from pathlib import Path
from traceback import walk_tb
from typing import Any

import attrs

from ..._model.words import shown
from ...stalls.stack import is_users
from ..faults.plan import InjectedCrash
from ..schedules.schedule import Schedule
from .comparing import Comparison, Difference, Prediction
from .importing import imports_of
from .program import MOST_RESTARTS, Program, Step


@attrs.frozen
class Script:
    """Writes down a program in which an agent and its model disagree."""

    comparison: Comparison
    difference: Difference
    schedule: Schedule

    @property
    def program(self) -> Program:
        """What was run."""
        return self.comparison.run.program

    def __str__(self) -> str:
        functions = [self._main()]
        if len(self.program.clients) > 1:
            functions[:0] = [self._client(client) for client in self.program.clients]
        program = "\n\n".join([*functions, self._call()])
        imports = imports_of(program, self._values())
        return f"{self._headline()}\n\n{imports}\n\n{program}"

    @property
    def crash(self) -> Exception | None:
        """What the agent has crashed with, and was not made to."""
        run = self.comparison.run
        here = [each for each in run.crashes if each.number == self.difference.number]
        errors = (each.detail for each in (*here, *run.crashes))
        own = (error for error in errors if not isinstance(error, InjectedCrash))
        return next(own, run.crash)

    def _values(self) -> Iterator[Any]:
        yield self.program.factory
        yield from (step.argument for step in self.program.steps)
        yield from (says.value for says in self.comparison.predicted.values())

    def _headline(self) -> str:
        where = "" if self.difference.number is None else " at the line marked 'here'"
        lines = [
            f"An agent differs from its model{where}.",
            f"The agent: {self.difference.seen}.",
        ]
        if self.difference.expected:
            lines.append(f"The model: {self.difference.expected}.")
        if self.crash is not None:
            lines.append(f"The agent crashed: {_where(self.crash)}")
        return "\n".join(lines)

    def _call(self) -> str:
        return f"{self.schedule!r}.run(program)"

    def _main(self) -> str:
        opening, begin = self._stage()
        if len(self.program.clients) > 1:
            begin.append("async with trio.open_nursery() as clients:")
            for client in self.program.clients:
                begin.append(f"    clients.start_soon(client_{client}, agent)")
        else:
            begin += self._steps_of(*self.program.clients)
        return "\n".join(
            [
                "async def program():",
                f"    async with {opening}:",
                *(f"        {line}" for line in [*begin, "await agent.aclose()"]),
            ]
        )

    def _client(self, client: int) -> str:
        lines = (f"    {line}" for line in self._steps_of(client))
        return "\n".join([f"async def client_{client}(agent):", *lines])

    def _stage(self) -> tuple[str, list[str]]:
        """Return what is opened, and the lines that start the agent in it."""
        program = self.program
        factory, lines = program.name, list[str]()
        if program.crashes:
            lines = [f"plan = {program.plan!r}"]
            factory = f"faulty({factory}, plan)"
        if not program.restarts:
            call = f"start(nursery, {factory}, capacity={program.capacity})"
            return "trio.open_nursery() as nursery", [*lines, f"agent = await {call}"]
        lines += [
            "agent = await supervisor.start(",
            f"    {factory}, restart='transient', capacity={program.capacity}",
            ")",
        ]
        return f"open_supervisor(max_restarts={MOST_RESTARTS}) as supervisor", lines

    def _steps_of(self, *clients: int) -> Iterator[str]:
        for number, step in enumerate(self.program.steps):
            if step.client in clients:
                *first, last = self._step(number, step)
                yield from first
                yield f"{last}  # here" if number == self.difference.number else last

    def _step(self, number: int, step: Step) -> list[str]:
        match step.deed:
            case "stop":
                return ["agent.stop()"]
            case "advance":
                return [f"await trio.sleep({step.argument!r})"]
            case _:
                call = f"await agent.{step.deed}({step.argument!r})"
                return self._call_of(number, step, call)

    def _call_of(self, number: int, step: Step, call: str) -> list[str]:
        says = self.comparison.predicted.get(number)
        here = number == self.difference.number
        if number in self.comparison.run.refused and not here:
            return ["with suppress(AgentClosed):", f"    {call}"]
        if step.deed == "send" or says is None or says == Prediction("answered"):
            return [call]
        if says.what == "answered":
            return [f"assert {call} == {says.value!r}"]
        error = "AgentCrashed" if says.what == "lost" else type(says.value).__name__
        if here:  # where it is not raised
            call = f"raise AssertionError({call})"
        return [f"with suppress({error}):", f"    {call}"]


def _where(error: Exception) -> str:
    """Return an error, and the line of the agent that raised it."""
    frames = [*walk_tb(error.__traceback__)]
    own = [(frame, line) for frame, line in frames if is_users(frame)]
    if not own:
        return shown(error)
    frame, line = own[-1]
    code = frame.f_code
    function = code.co_qualname.rpartition("<locals>.")[2]
    return f"{shown(error)} at {Path(code.co_filename).name}:{line} in {function}"
