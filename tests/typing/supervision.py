"""What type checkers have to know of supervisors. Checked, never run."""

from collections.abc import Mapping
from typing import Any, assert_type

import attrs

from exeunt import Agent, Backoff, Handle, Outcome, Request, Supervisor, open_supervisor


@attrs.frozen
class Total(Request[int]):
    pass


@attrs.define
class Counter(Agent[int | Total]):
    total: int = 0

    async def handle(self, message: int | Total) -> int | None:
        return self.total


@attrs.define
class Reporter(Agent[str]):
    counter: Handle[int | Total]
    every: float

    async def handle(self, message: str) -> None: ...


def parity(message: int | Total) -> bool:
    return message == 0


async def supervising() -> None:
    async with open_supervisor(
        strategy="rest_for_one", max_restarts=5, within=60, backoff=Backoff(first=1)
    ) as supervisor:
        assert_type(supervisor, Supervisor)
        counter = await supervisor.start(Counter, restart="permanent", uses=[])
        assert_type(counter, Handle[int | Total])
        assert_type(await counter.ask(Total()), int)
        reporter = supervisor.start_soon(
            Reporter, counter, 1.5, restart="transient", restart_on=(OSError, KeyError)
        )
        assert_type(reporter, Handle[str])
        pair = supervisor.group(settle=5)
        await supervisor.start(Counter, group=pair, uses=[counter, reporter])
        await supervisor.start(Counter, overflow="latest", key=parity)
        supervisor.declare_uses(reporter, uses=(counter,))
        supervisor.dismiss(reporter)
        assert_type(await supervisor.idle(), None)
        assert_type(supervisor.agents, Mapping[str, Handle[Any]])
        assert_type(supervisor.outcomes, tuple[Outcome, ...])
        supervisor.cancel("enough")
        supervisor.stop()


async def refused(supervisor: Supervisor, counter: Handle[int | Total]) -> None:
    open_supervisor(strategy="one_for_two")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    open_supervisor("one_for_one")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    open_supervisor(backoff=0.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await supervisor.start(Counter, restart="always")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await supervisor.start(Counter, restart_on=KeyboardInterrupt)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await supervisor.start(Counter, uses=counter)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await supervisor.start(Counter, uses=[Counter])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await supervisor.start(Reporter, counter)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    supervisor.start_soon(Counter, group="pair")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    supervisor.group()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    supervisor.dismiss("counter")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Backoff(0.1, jitter="full")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
