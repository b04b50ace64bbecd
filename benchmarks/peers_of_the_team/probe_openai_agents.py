"""OpenAI Agents SDK: asyncio; an agent is a description, and a run of it is a call."""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
from typing import Any

import agents
from openai import AsyncOpenAI

from .probing import (
    BUG,
    ENOUGH,
    MESSAGES,
    Turns,
    finish,
    flood,
    leave,
    listening,
    often,
    raised_by,
    say,
    warned,
)
from .server import seen, serving

NAME = "openai-agents"
RUNS = 200  # for what has no mailbox: so many runs at once


def client_of(port: int) -> AsyncOpenAI:
    """Return a client of the server at *port*."""
    return AsyncOpenAI(api_key="none", base_url=f"http://127.0.0.1:{port}/v1")


def agent_with(client: AsyncOpenAI, *tools: Any) -> Any:
    """Return an agent that asks through *client*."""
    model = agents.OpenAIChatCompletionsModel("endless", client)
    return agents.Agent(name="agent", model=model, tools=list(tools))


async def at_once(client: AsyncOpenAI) -> None:
    turns = Turns()

    @agents.function_tool
    async def work(context: agents.RunContextWrapper[int], text: str) -> str:
        """Take a turn."""
        with turns.turn(context.context) as seconds:
            await asyncio.sleep(seconds)
        return text

    agent = agent_with(client, work)
    runs = (agents.Runner.run(agent, "go", context=n) for n in range(MESSAGES))
    await asyncio.gather(*runs)
    say(NAME, "at once", runs_of_one_agent=turns.found())


async def swallowed(port: int, client: AsyncOpenAI) -> None:
    found = {}
    for failure in ("default", None):
        options: Any = {} if failure else {"failure_error_function": None}

        @agents.function_tool(**options)
        async def work(text: str) -> str:
            """Raise."""
            raise ValueError(BUG, text)

        told = len(seen(port).told)
        with listening() as logs:
            run = agents.Runner.run(agent_with(client, work), "go")
            raised = await raised_by(run)
        found[f"failure_error_function={failure}"] = {
            "run": raised[:100],
            "logs": logs,
            "model_was_told": seen(port).told[told:],
        }
    say(NAME, "swallowed", **found)


async def unbounded(client: AsyncOpenAI) -> None:
    entered = 0

    @agents.function_tool
    async def work(text: str) -> str:
        """Wait for ever."""
        nonlocal entered
        entered += 1
        await asyncio.Event().wait()
        return text

    agent, runs = agent_with(client, work), []

    async def begin(_number: int) -> None:
        runs.append(asyncio.create_task(agents.Runner.run(agent, "go")))
        await asyncio.sleep(0)

    found = await flood(begin, RUNS)
    before = -1
    while entered not in (before, RUNS):
        before = entered
        await asyncio.sleep(1)
    say(NAME, "unbounded", mailbox="none", runs=found, tools_at_once=entered)
    for run in runs:
        run.cancel()
    await asyncio.wait(runs)


async def mid_stream() -> None:
    found = {}
    for way in ("task", "cancel()", "break"):

        async def once(at_a_piece: bool, way: str = way) -> dict[str, Any]:
            return await left_by(way, at_a_piece)

        found[way] = await often(once)
    say(NAME, "mid stream", **found)


async def left_by(way: str, at_a_piece: bool) -> dict[str, Any]:
    with serving() as port, warned() as warnings:
        client = client_of(port)
        result = agents.Runner.run_streamed(agent_with(client), "go on")
        heard, stop = asyncio.Event(), asyncio.Event()

        async def read() -> None:
            count = 0
            async for _ in result.stream_events():
                count += 1
                if count == ENOUGH:
                    heard.set()
                if stop.is_set():
                    break

        cancel = {"task": None, "cancel()": result.cancel, "break": stop.set}[way]
        found = await leave(port, read(), heard if at_a_piece else None, cancel)
        found["usage"] = f"{result.context_wrapper.usage.total_tokens} tokens"
        await client.close()
        await asyncio.sleep(0.1)
        found["connections_when_closed"] = seen(port).connections
    return {**found, "warnings": warnings}


async def main() -> None:
    agents.set_tracing_disabled(disabled=True)
    with serving() as port:
        async with client_of(port) as client:
            await at_once(client)
            await swallowed(port, client)
            await mid_stream()
            await unbounded(client)
    finish()


if __name__ == "__main__":
    asyncio.run(main())
