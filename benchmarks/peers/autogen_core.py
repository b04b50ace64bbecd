"""autogen-core: asyncio, one queue for all agents, a task for each message.

A tell is a message published to a topic with one subscriber. There is no start-stop:
an agent without messages is a plain object.
"""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import autogen_core

from ..measure import Job, Stopwatch

ID = autogen_core.AgentId("counter", "default")
TOPIC = autogen_core.TopicId("topic", "default")


@dataclass
class Message:
    """A message, and an answer."""

    count: int = 1


class Counter(autogen_core.RoutedAgent):
    """Counts its messages."""

    count = 0

    def __init__(self) -> None:
        super().__init__("counts its messages")
        self.window = asyncio.Semaphore(32)

    @autogen_core.message_handler
    async def handle(
        self,
        message: Message,
        ctx: autogen_core.MessageContext,  # noqa: ARG002 - looked for by its name
    ) -> Message:
        """Handle one more."""
        self.count += message.count
        self.window.release()
        return Message(self.count)


async def tell(runtime: Any, counter: Counter, count: int) -> None:
    await runtime.add_subscription(autogen_core.TypeSubscription(TOPIC.type, ID.type))
    for _ in range(count):
        await counter.window.acquire()
        await runtime.publish_message(Message(), TOPIC)
    await runtime.stop_when_idle()
    assert counter.count == count


async def ask(runtime: Any, counter: Counter, count: int) -> None:
    for _ in range(count):
        await runtime.send_message(Message(), ID)
    await runtime.stop_when_idle()
    assert counter.count == count


async def ask_100(runtime: Any, counter: Counter, count: int) -> None:
    async def asker() -> None:
        for _ in range(count // 100):
            await runtime.send_message(Message(), ID)

    await asyncio.gather(*(asker() for _ in range(100)))
    await runtime.stop_when_idle()
    assert counter.count == count


def _job(work: Callable[[Any, Counter, int], Awaitable[None]]) -> Job:
    async def main(count: int, stopwatch: Stopwatch) -> None:
        runtime = autogen_core.SingleThreadedAgentRuntime()
        counter = Counter()
        await counter.register_instance(runtime, ID)
        with stopwatch:
            runtime.start()
            await work(runtime, counter, count)

    return lambda count, stopwatch: asyncio.run(main(count, stopwatch))


JOBS = {"tell": _job(tell), "ask": _job(ask), "ask-100": _job(ask_100)}
