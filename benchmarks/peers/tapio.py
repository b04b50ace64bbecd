"""tapio: asyncio, and messages that are pydantic models.

Asking does not wait for room in its mailbox but fails, so there it is unbounded.
"""

# mypy: disable-error-code="import-not-found, misc, unused-ignore"

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import tapio

from ..measure import Job, Stopwatch


class Tell(tapio.Message):
    """Count one more."""


class Count(tapio.Message):
    """An answer."""

    count: int


class Ask(tapio.Message):
    """Count one more, and say how many."""

    reply_to: tapio.ActorRef[Count]


class Counter(tapio.AbstractBehavior[Tell | Ask]):
    """Counts its messages."""

    count = 0

    async def on_message(self, message: Tell | Ask) -> Any:
        """Handle one more."""
        self.count += 1
        if isinstance(message, Ask):
            message.reply_to.tell(Count(count=self.count))
        return tapio.Behaviors.same()


def _start(system: Any, capacity: int | None = None) -> Any:
    mailbox = tapio.MailboxConfig(capacity=capacity)
    return system.spawn_anonymous(tapio.Behaviors.setup(Counter), mailbox)


async def _ask(counter: Any) -> int:
    answer = await counter.ask(lambda reply_to: Ask(reply_to=reply_to), expect=Count)
    count: int = answer.count
    return count


async def tell(system: Any, count: int) -> None:
    counter = _start(system, capacity=32)
    message = Tell()
    for _ in range(count):
        await counter.offer(message)
    assert await _ask(counter) == count + 1


async def ask(system: Any, count: int) -> None:
    counter = _start(system)
    for _ in range(count):
        answer = await _ask(counter)
    assert answer == count


async def ask_100(system: Any, count: int) -> None:
    counter = _start(system)

    async def asker() -> None:
        for _ in range(count // 100):
            await _ask(counter)

    await asyncio.gather(*(asker() for _ in range(100)))


async def start_stop(system: Any, count: int) -> None:
    for _ in range(count):
        _start(system)
    await asyncio.sleep(0)


def _job(work: Callable[[Any, int], Awaitable[None]]) -> Job:
    async def main(count: int, stopwatch: Stopwatch) -> None:
        with stopwatch:
            async with tapio.ActorSystem("benchmark") as system:
                await work(system, count)

    return lambda count, stopwatch: asyncio.run(main(count, stopwatch))


JOBS = {
    "tell": _job(tell),
    "ask": _job(ask),
    "ask-100": _job(ask_100),
    "start-stop": _job(start_stop),
}
