"""What type checkers have to know of blocking work. Checked, never run."""

from typing import assert_type

import trio

from exeunt import Agent
from exeunt.exceptions import WorkerDied
from exeunt.processes import run_in_process


def repeat(text: str, times: int) -> list[str]:
    return [text] * times


async def wait() -> None: ...


class Worker(Agent[str]):
    async def handle(self, message: str) -> list[str]:
        assert_type(self.context.limiter, trio.CapacityLimiter)
        lines = await self.context.run_in_thread(repeat, message, 3)
        assert_type(lines, list[str])
        await self.context.run_in_thread(repeat, message, 3, abandon_on_cancel=True)
        await self.context.run_in_thread(repeat, 3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        await self.context.run_in_thread(repeat, message, 3, limiter=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        return lines


async def computing(limiter: trio.CapacityLimiter) -> None:
    assert_type(await run_in_process(repeat, "a line", 3), list[str])
    assert_type(await run_in_process(repeat, "a line", 3, limiter=limiter), list[str])
    await run_in_process(repeat, "a line")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await run_in_process(repeat, "a line", "3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await run_in_process(repeat, "a line", 3, limiter=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def failing(error: WorkerDied) -> None:
    assert_type(error.exitcode, int | None)
