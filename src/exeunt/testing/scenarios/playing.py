"""Those who play a scenario, and keep the record."""

from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING, Any

import attrs
import trio

from ..._core.agent import Agent
from ..._core.handle import Handle
from ..._core.setting import check_factory, name_of
from ..._core.start import start
from ..._model.outcome import Outcome
from ...exceptions import (
    AgentClosed,
    AgentCrashed,
    MailboxFull,
    MessageDropped,
    Refusal,
    ReplyDropped,
)
from .notes import Notes, PlannedCrash
from .record import Record, Result, What
from .understudy import with_understudy

__all__ = ["PlannedCrash", "Play", "bring", "say"]

if TYPE_CHECKING:
    from .scenario import End, Line, Scenario


@attrs.define
class Play(Notes):
    """A scenario while it is played."""

    scenario: "Scenario"
    outcome: Outcome | None = None
    failure: Exception | None = None  # of its start
    results: dict[int, Result] = attrs.field(factory=dict[int, Result])
    crashes: list[BaseException] = attrs.field(factory=list[BaseException])

    def said(self, number: int) -> Any:
        """Return the message of a line."""
        return self.scenario.lines[number].message

    def crash_at(self, number: int) -> str | None:
        """Return what the line says of a crash."""
        return self.scenario.lines[number].crash

    async def perform(
        self, factory: Callable[[], Agent[Any]], cleanup: float
    ) -> Record:
        """Start the agent, have everybody say their lines, and end it."""
        check_factory(factory)
        async with trio.open_nursery() as cast:
            await self._hold_stage(cast, factory, cleanup)
        if self.failure is not None:
            raise self.failure
        assert self.outcome is not None
        results = tuple(result for _, result in sorted(self.results.items()))
        crashes, log = tuple(self.crashes), tuple(self.log)
        return Record(self.scenario, results, self.outcome, crashes, log)

    async def _hold_stage(
        self, cast: trio.Nursery, factory: Callable[[], Agent[Any]], cleanup: float
    ) -> None:
        """Let the agent live in a nursery of its own, and keep its crash."""
        capacity, name = self.scenario.capacity, name_of(factory)
        make = with_understudy(factory, self.turn)
        try:
            async with trio.open_nursery() as stage:
                try:
                    handle = await start(
                        stage, make, name=name, capacity=capacity, cleanup=cleanup
                    )
                except Exception as error:
                    self.failure = error
                else:
                    self.began: float = trio.current_time()
                    cast.start_soon(self.note_end, handle)
                    cast.start_soon(self.say_all, handle, stage.cancel_scope)
        except* Exception as group:
            self.crashes += group.exceptions

    async def say_all(self, handle: Handle[Any], stage: trio.CancelScope) -> None:
        """Have everybody say their lines, and stop the agent."""
        async with trio.open_nursery() as others:
            for sender in sorted({line.sender for line in self.scenario.lines}):
                others.start_soon(self.speak, sender, handle)
            for number, end in enumerate(self.scenario.ends):
                others.start_soon(self.end, number, end, handle, stage)
        handle.stop()

    async def note_end(self, handle: Handle[Any]) -> None:
        """Write down when the agent has left."""
        self.outcome = await handle.wait_closed()
        self.note("closed")

    async def speak(self, sender: int, handle: Handle[Any]) -> None:
        """Say the lines of one sender, one after the other."""
        for number, line in enumerate(self.scenario.lines):
            if line.sender == sender:
                await trio.sleep(line.after)
                self.note_offer(number)
                self.results[number] = result = await say(line, handle)
                self.note_result(number, result.what, result.value, result.accepted)

    async def end(
        self, number: int, end: "End", handle: Handle[Any], stage: trio.CancelScope
    ) -> None:
        """End the agent when it is time."""
        await trio.sleep(end.at)
        self.note("end", number)
        match end.way:
            case "stop":
                handle.stop()
            case "cancel":
                handle.cancel("the scenario says so")
            case "aclose":
                await handle.aclose()
            case "short_aclose":
                with trio.move_on_after(1):
                    await handle.aclose()
            case "outer_cancel":
                stage.cancel()


async def say(line: "Line", handle: Handle[Any]) -> Result:
    """Say one line, and return what came of it."""
    what: What = "left"
    value: object = None
    with trio.move_on_after(inf if line.patience is None else line.patience):
        what, value = await bring(handle, line.way, line.message)
    return Result(line, what, value)


async def bring(handle: Handle[Any], way: str, message: Any) -> tuple[What, object]:
    """Bring a message to the agent, and return what its sender sees."""
    try:
        match way:
            case "ask":
                return "answered", await handle.ask(message)
            case "send":
                await handle.send(message)
            case _:
                handle.send_nowait(message)
    except (AgentClosed, MailboxFull) as error:
        return "refused" if getattr(error, "fate", None) is None else "lost", error
    except (AgentCrashed, MessageDropped, ReplyDropped) as error:
        return "lost", error
    except Refusal as error:
        return "declined", error
    return "accepted", None
