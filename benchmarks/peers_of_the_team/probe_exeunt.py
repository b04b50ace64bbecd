"""exeunt: Trio; an agent is a task with a mailbox."""

import threading
import time
from collections.abc import Callable
from typing import Any

import attrs
import trio

from exeunt import Agent, Handle, Request, start
from exeunt.exceptions import AgentCrashed
from exeunt.team.budget import Budget
from exeunt.team.models.budgeted import Budgeted
from exeunt.team.models.model import Message, Model, Prompt
from exeunt.team.models.price import Price

from .probing import (
    BUG,
    ENOUGH,
    MANY,
    MESSAGES,
    PATIENCE,
    Departure,
    Turns,
    listening,
    often,
    say,
    warned,
)
from .server import Provider, seen, serving

NAME = "exeunt"
PROMPT = Prompt(messages=(Message("user", "go on"),), max_tokens=1_000)


@attrs.define
class Waiting(Agent[int]):
    """Waits in its handler, the longer the earlier a message was sent."""

    turns: Turns

    async def handle(self, message: int) -> None:
        """Take a turn."""
        with self.turns.turn(message) as seconds:
            await trio.sleep(seconds)


class Divide(Request[float]):
    """A request, or a message if it is only sent."""


class Buggy(Agent[Divide]):
    """Raises."""

    async def handle(self, _message: Divide) -> float:
        """Raise."""
        raise ValueError(BUG)


class Stuck(Agent[int]):
    """Never gets on."""

    async def handle(self, _message: int) -> None:
        """Wait for ever."""
        await trio.sleep_forever()


@attrs.define
class Asking(Agent[Prompt]):
    """Asks a model, and reads its answer piece by piece."""

    model: Model
    enough: trio.Event
    heard: int = 0

    async def handle(self, message: Prompt) -> None:
        """Read on and on."""
        async with self.model.stream(message) as pieces:
            async for _ in pieces:
                self.heard += 1
                if self.heard == ENOUGH:
                    self.enough.set()


async def at_once() -> dict[str, Any]:
    """How many handlers of one agent run at once?"""
    turns = Turns()
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Waiting, turns)
        for number in range(MESSAGES):
            await agent.send(number)
        agent.stop()
    return {"send": turns.found()}


async def swallowed() -> dict[str, Any]:
    """Who hears of an exception in a handler?"""
    found: dict[str, Any] = {}

    async def ask(agent: Handle[Divide]) -> None:
        try:
            await agent.ask(Divide())
        except AgentCrashed as error:
            found["ask"] = f"raises {type(error).__name__} from {error.__cause__!r}"

    async def send(agent: Handle[Divide]) -> None:
        await agent.send(Divide())

    with listening() as found["logs"]:
        for talk in (ask, send):
            try:
                async with trio.open_nursery() as nursery:
                    await talk(await start(nursery, Buggy))
            except* ValueError as errors:
                found[f"the nursery, after {talk.__name__}"] = f"raises {errors!r}"
    return found


async def unbounded() -> dict[str, Any]:
    """How many messages does an agent take that does not get on?"""
    accepted = 0
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Stuck)
        with trio.move_on_after(1) as patience:
            for number in range(MANY):
                await agent.send(number)
                accepted += 1
        agent.cancel()
    return {"accepted": accepted, "held_back": patience.cancelled_caught}


async def mid_stream() -> dict[str, Any]:
    """What is left of an answer that was left in its middle?"""
    return {"cancel": await often(left)}


async def left(at_a_piece: bool) -> dict[str, Any]:
    """Leave an answer once, at a time that suits or not."""
    from exeunt.team.models.client import open_client  # noqa: PLC0415 - an extra

    threads, budget = threading.active_count(), Budget(10_000)
    with serving() as port, warned() as warnings:
        async with open_client(f"http://127.0.0.1:{port}/v1", "endless") as client:
            model = Budgeted(client, budget, Price.tokens())
            found = await cancel_an_asker(port, model, threads, at_a_piece)
        found["usage"] = f"the budget counts at most {budget.spent} tokens"
    return {**found, "warnings": warnings}


async def cancel_an_asker(
    port: int, model: Model, threads: int, at_a_piece: bool
) -> dict[str, Any]:
    """Cancel an agent that reads an answer, and look around."""
    enough = trio.Event()
    tasks = trio.lowlevel.current_statistics().tasks_living
    async with trio.open_nursery() as nursery:
        agent = await start(nursery, Asking, model, enough)
        await agent.send(PROMPT)
        await (enough.wait() if at_a_piece else until(port, sent))
        departure = Departure(port, threads, seen(port).pieces[-1])
        agent.cancel()
        outcome = await agent.wait_closed()
        departure.back = time.monotonic()
    with trio.move_on_after(PATIENCE):
        await until(port, seen_off)
    return {
        "run": str(outcome),
        **departure.found(),
        "tasks_left": trio.lowlevel.current_statistics().tasks_living - tasks,
    }


def sent(provider: Provider) -> bool:
    return max(provider.pieces, default=0) >= ENOUGH


def seen_off(provider: Provider) -> bool:
    return None not in provider.left


async def until(port: int, holds: Callable[[Provider], bool]) -> None:
    """Wait until something holds of the server."""
    while not holds(seen(port)):  # noqa: ASYNC110 - it is in another process
        await trio.sleep(0.02)


async def main() -> None:
    for probe in (at_once, swallowed, mid_stream, unbounded):
        say(NAME, probe.__name__.replace("_", " "), **await probe())


if __name__ == "__main__":
    trio.run(main)
