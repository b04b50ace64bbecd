"""What type checkers have to know of watching, timers and postponing. Never run."""

from typing import assert_type

import attrs

from exeunt import Agent, Context, Handle, Outcome, Request, Timers


@attrs.frozen
class Left:
    outcome: Outcome


class Query(Request[int]):
    pass


class Client(Agent[Query | Left | str]):
    async def handle(self, message: Query | Left | str) -> int | None:
        self.context.postpone(message)
        self.context.become(self.connected)
        return None

    async def connected(self, message: Query | Left | str) -> int | None:
        return None

    def not_async(self, message: str) -> None:
        pass


def read(text: str) -> str:
    return text


def watching(context: Context, worker: Handle[str]) -> None:
    assert_type(context.watch(worker, Left), None)
    context.watch(worker, lambda outcome: outcome.reason)
    assert_type(context.unwatch(worker), None)
    context.watch(worker, read)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    context.watch("worker", Left)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    context.unwatch("worker")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def timing(context: Context) -> None:
    timers = context.timers
    assert_type(timers, Timers)
    assert_type(timers.once("key", "tick", after=1), None)
    assert_type(timers.repeat(("key", 2), "tick", delay=0.5), None)
    assert_type(timers.at_rate(3, "tick", period=1, catch_up=2), None)
    assert_type(timers.when_quiet("key", "tick", seconds=1), None)
    assert_type(timers.cancel("key"), bool)
    assert_type("key" in timers, bool)
    timers.once("key", "tick", 1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    timers.once([], "tick", after=1)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    timers.repeat("key", "tick", delay="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    timers.at_rate("key", "tick", period=1, catch_up=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def becoming(client: Client) -> None:
    client.context.become(client.not_async)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
