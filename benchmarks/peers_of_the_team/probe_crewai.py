"""CrewAI: an agent is a description; crews and agents are kicked off, by call."""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
import os
import sys
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

os.environ |= {"CREWAI_DISABLE_TELEMETRY": "true", "OTEL_SDK_DISABLED": "true"}
os.environ |= {"CREWAI_TRACING_ENABLED": "false"}

import crewai
from crewai.tools import tool

from .probing import (
    BUG,
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

NAME = "crewai"
RUNS = 200  # for what has no mailbox: so many runs at once


def agent_with(port: int, *tools: Any, stream: bool = False) -> Any:
    """Return an agent whose model is the server at *port*."""
    model = crewai.LLM(
        model="openai/gpt-4o-mini",  # so that it takes tools
        base_url=f"http://127.0.0.1:{port}/v1",
        api_key="none",
        stream=stream,
    )
    return crewai.Agent(
        role="agent",
        goal="go on",
        backstory="none",
        llm=model,
        tools=list(tools),
        cache=False,
    )


def crew_of(agent: Any) -> Any:
    """Return a crew of one, with one task."""
    task = crewai.Task(description="go on", expected_output="any", agent=agent)
    return crewai.Crew(agents=[agent], tasks=[task])


async def at_once(port: int) -> None:
    turns, numbers = Turns(), iter(range(MESSAGES))

    @tool
    async def work(text: str) -> str:
        """Take a turn."""
        with turns.turn(next(numbers)) as seconds:
            await asyncio.sleep(seconds)
        return text

    agent = agent_with(port, work)
    runs = [agent.kickoff_async(f"go {n}") for n in range(MESSAGES)]
    raised = await asyncio.gather(*map(raised_by, runs))
    say(NAME, "at once", runs_of_one_agent=turns.found(), runs=sorted(set(raised)))


async def swallowed(port: int) -> None:
    @tool
    def work(text: str) -> str:
        """Raise."""
        raise ValueError(BUG, text)

    found = {}
    for name, run in {
        "agent.kickoff_async": agent_with(port, work).kickoff_async("go"),
        "crew.kickoff_async": crew_of(agent_with(port, work)).kickoff_async(),
    }.items():
        told = len(seen(port).told)
        with listening() as logs, redirect_stdout(StringIO()) as printed:
            raised = await raised_by(run)
        found[name] = {
            "run": raised,
            "logs": logs,
            "printed": BUG in printed.getvalue(),
            "model_was_told": seen(port).told[told:],
        }
    say(NAME, "swallowed", **found)


async def unbounded(port: int) -> None:
    entered = 0

    @tool
    async def work(text: str) -> str:
        """Wait for ever."""
        nonlocal entered
        entered += 1
        await asyncio.Event().wait()
        return text

    agent, runs = agent_with(port, work), []

    async def begin(_number: int) -> None:
        runs.append(asyncio.create_task(agent.kickoff_async("go")))
        await asyncio.sleep(0)

    found = await flood(begin, RUNS)
    await asyncio.sleep(5)
    say(NAME, "unbounded", mailbox="none", runs=found, tools_at_once=entered)


async def mid_stream() -> None:
    found = {}
    for way in ("agent.kickoff_async", "crew.akickoff", "crew.kickoff_async"):

        async def once(_at_a_piece: bool, way: str = way) -> dict[str, Any]:
            return await left_by(way)

        found[way] = await often(once, moments=["at any time"])
    say(NAME, "mid stream", **found)


async def left_by(way: str) -> dict[str, Any]:
    with serving() as port, warned() as warnings:
        agent = agent_with(port, stream=True)
        if way == "agent.kickoff_async":
            run = agent.kickoff_async("go on")
        else:
            run = getattr(crew_of(agent), way.partition(".")[2])()
        found = await leave(port, run)
        usage = agent.llm.get_token_usage_summary()
        found["usage"] = f"{usage.total_tokens} tokens"
    return {**found, "warnings": warnings}


async def main() -> None:
    with serving() as port:
        await at_once(port)
        await swallowed(port)
        await mid_stream()
        await unbounded(port)
    finish()


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # it draws boxes
        asyncio.run(main())
