"""AutoGen Core: asyncio, one queue for all agents, a task for each message."""

# ruff: noqa: ARG002 - handlers are looked for by the names of their arguments

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
from dataclasses import dataclass
from typing import Any

import autogen_core
from autogen_core import models
from autogen_ext.models.openai import OpenAIChatCompletionClient

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

NAME = "autogen-core"
ID = autogen_core.AgentId("agent", "default")
TOPIC = autogen_core.TopicId("topic", "default")


@dataclass
class Number:
    """The how manieth message it is."""

    value: int


class Waiting(autogen_core.RoutedAgent):
    """Waits in its handler, the longer the earlier a message was sent."""

    def __init__(self) -> None:
        super().__init__("waits")
        self.turns = Turns()

    @autogen_core.message_handler
    async def handle(
        self,
        message: Number,
        ctx: autogen_core.MessageContext,
    ) -> None:
        """Take a turn."""
        with self.turns.turn(message.value) as seconds:
            await asyncio.sleep(seconds)


class Buggy(autogen_core.RoutedAgent):
    """Raises."""

    def __init__(self) -> None:
        super().__init__("raises")

    @autogen_core.message_handler
    async def handle(self, message: Number, ctx: autogen_core.MessageContext) -> None:
        """Raise."""
        raise ValueError(BUG)


class Stuck(autogen_core.RoutedAgent):
    """Never gets on."""

    def __init__(self) -> None:
        super().__init__("stuck")

    @autogen_core.message_handler
    async def handle(self, message: Number, ctx: autogen_core.MessageContext) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()


class Asking(autogen_core.RoutedAgent):
    """Asks a model, and reads its answer piece by piece."""

    def __init__(self, port: int) -> None:
        super().__init__("asks")
        self.model = OpenAIChatCompletionClient(
            model="endless",
            api_key="none",
            base_url=f"http://127.0.0.1:{port}/v1",
            model_info=models.ModelInfo(
                vision=False,
                function_calling=False,
                json_output=False,
                family="unknown",
                structured_output=False,
            ),
        )
        self.heard = asyncio.Event()

    @autogen_core.message_handler
    async def handle(self, message: Number, ctx: autogen_core.MessageContext) -> None:
        """Read on and on."""
        pieces = self.model.create_stream(
            [models.UserMessage(content="go on", source="user")],
            cancellation_token=ctx.cancellation_token,
        )
        count = 0
        async for _ in pieces:
            count += 1
            if count == ENOUGH:
                self.heard.set()


async def started(agent: Any, **options: Any) -> Any:
    """Return a runtime that runs, with one agent in it, who listens to a topic."""
    runtime = autogen_core.SingleThreadedAgentRuntime(**options)
    await agent.register_instance(runtime, ID)
    await runtime.add_subscription(autogen_core.TypeSubscription(TOPIC.type, ID.type))
    runtime.start()
    return runtime


async def at_once() -> None:
    agent = Waiting()
    runtime = await started(agent)
    sends = (runtime.send_message(Number(n), ID) for n in range(MESSAGES))
    await asyncio.gather(*sends)
    await runtime.stop_when_idle()
    published = Waiting()
    runtime = await started(published)
    for number in range(MESSAGES):
        await runtime.publish_message(Number(number), TOPIC)
    await runtime.stop_when_idle()
    say(
        NAME,
        "at once",
        send_message=agent.turns.found(),
        publish=published.turns.found(),
    )


async def swallowed() -> None:
    with listening() as logs:
        runtime = await started(Buggy())
        asked = await raised_by(runtime.send_message(Number(1), ID))
        await runtime.stop()
    found: dict[str, Any] = {"send_message": asked, "send_message_logs": logs}
    for ignore in (True, False):
        with listening() as logs:
            runtime = await started(Buggy(), ignore_unhandled_exceptions=ignore)
            sent = await raised_by(runtime.publish_message(Number(1), TOPIC))
            stopped = await raised_by(runtime.stop_when_idle())
        found[f"publish, ignore_unhandled_exceptions={ignore}"] = {
            "publish_message": sent,
            "stop_when_idle": stopped,
            "logs": logs,
        }
    say(NAME, "swallowed", **found)


async def unbounded() -> None:
    runtime = await started(Stuck())
    found = await flood(lambda n: runtime.publish_message(Number(n), TOPIC))
    say(NAME, "unbounded", **found, in_queue=runtime.unprocessed_messages_count)


async def mid_stream() -> None:
    found = {}
    for way in ("task", "token"):

        async def once(at_a_piece: bool, way: str = way) -> dict[str, Any]:
            return await left_by(way, at_a_piece)

        found[way] = await often(once)
    say(NAME, "mid stream", **found)


async def left_by(way: str, at_a_piece: bool) -> dict[str, Any]:
    with serving() as port, warned() as warnings:
        agent, token = Asking(port), autogen_core.CancellationToken()
        runtime = await started(agent)
        run = runtime.send_message(Number(1), ID, cancellation_token=token)
        cancel = token.cancel if way == "token" else None
        heard = agent.heard if at_a_piece else None
        found = await leave(port, run, heard, cancel)
        found["usage"] = str(agent.model.actual_usage())
        await agent.model.close()
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
