"""LangGraph: a graph of steps over one state; a step is a call."""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
import operator
from typing import Annotated, Any, TypedDict

from langchain_openai import ChatOpenAI
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

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

NAME = "langgraph"
SENDS = 1_000  # for what has no mailbox: so many sends in one step


class State(TypedDict):
    """What the steps share."""

    done: Annotated[list[int], operator.add]


def graph_of(node: Any, many: int = 1) -> Any:
    """Return a graph that sends *many* messages to one node, in one step."""
    graph = StateGraph(State)
    graph.add_node("node", node)
    graph.add_conditional_edges(
        START, lambda _: [Send("node", number) for number in range(many)], ["node"]
    )
    graph.add_edge("node", END)
    return graph.compile()


async def at_once() -> None:
    found = {}
    for limit in (None, 1):
        turns = Turns()

        async def wait(number: int, turns: Turns = turns) -> dict[str, list[int]]:
            with turns.turn(number) as seconds:
                await asyncio.sleep(seconds)
            return {"done": [number]}

        graph = graph_of(wait, MESSAGES)
        config = {"max_concurrency": limit} if limit else {}
        state = await graph.ainvoke({"done": []}, config)
        found[f"Send, max_concurrency={limit}"] = {
            **turns.found(),
            "results_in_order": state["done"] == sorted(state["done"]),
        }
    say(NAME, "at once", **found)


async def swallowed() -> None:
    async def fail(_number: int) -> dict[str, list[int]]:
        raise ValueError(BUG)

    with listening() as logs:
        raised = await raised_by(graph_of(fail).ainvoke({"done": []}))
    say(NAME, "swallowed", ainvoke=raised, logs=logs)


async def unbounded() -> None:
    entered = 0

    async def wait(_number: int) -> dict[str, list[int]]:
        nonlocal entered
        entered += 1
        await asyncio.Event().wait()
        return {"done": []}

    found = {}
    for limit in (None, 32):
        entered = 0
        config = {"max_concurrency": limit} if limit else {}
        graph = graph_of(wait, SENDS)
        run = asyncio.create_task(graph.ainvoke({"done": []}, config))
        await asyncio.sleep(3)
        found[f"max_concurrency={limit}"] = {"sent": SENDS, "nodes_at_once": entered}
        run.cancel()
        await asyncio.wait([run])
    runs: list[asyncio.Task[Any]] = []

    async def begin(_number: int) -> None:
        runs.append(asyncio.create_task(graph_of(wait).ainvoke({"done": []})))
        await asyncio.sleep(0)

    entered = 0
    begun = await flood(begin, SENDS)
    await asyncio.sleep(1)
    say(NAME, "unbounded", mailbox="none", Send=found, runs=begun, at_once=entered)
    for run in runs:
        run.cancel()
    await asyncio.wait(runs)


async def mid_stream() -> None:
    found = {}
    for way in ("task", "break"):

        async def once(at_a_piece: bool, way: str = way) -> dict[str, Any]:
            return await left_by(way, at_a_piece)

        found[way] = await often(once)
    say(NAME, "mid stream", **found)


async def left_by(way: str, at_a_piece: bool) -> dict[str, Any]:
    with serving() as port, warned() as warnings:
        model = ChatOpenAI(
            model="endless",
            api_key="none",
            base_url=f"http://127.0.0.1:{port}/v1",
            streaming=True,
        )
        heard, stop, usages = asyncio.Event(), asyncio.Event(), []

        async def ask(_number: int) -> dict[str, list[int]]:
            await model.ainvoke("go on")
            return {"done": [1]}

        async def read() -> None:
            pieces = graph_of(ask).astream({"done": []}, stream_mode="messages")
            async for piece, _about in pieces:
                usages.append(piece.usage_metadata)
                if len(usages) == ENOUGH:
                    heard.set()
                if stop.is_set():
                    break

        cancel = stop.set if way == "break" else None
        found = await leave(port, read(), heard if at_a_piece else None, cancel)
        found["usage"] = str([usage for usage in usages if usage])
        await model.root_async_client.close()
        await asyncio.sleep(0.1)
        found["connections_when_closed"] = seen(port).connections
    return {**found, "warnings": warnings}


async def main() -> None:
    await at_once()
    await swallowed()
    await mid_stream()
    await unbounded()
    finish()


if __name__ == "__main__":
    asyncio.run(main())
