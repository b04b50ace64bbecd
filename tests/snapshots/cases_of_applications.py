"""Errors about running an application."""

import math
from functools import partial
from typing import Any

import trio
from provoking import case, raised_at_once_by

from exeunt import run


async def main() -> None: ...


never: Any = main


@case("an application without a main function")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, "main")


@case("an application that is given a coroutine")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, main())


@case("a grace that is no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, never, grace="10")


@case("a negative grace")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, never, grace=-1)


@case("a grace that is not even a number")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, never, grace=math.nan)


@case("a report that cannot be written to")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, never, report="report.txt")


@case("an application with a strategy that there is not")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(run, never, strategy="one_for_none")


@case("an application in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    return await trio.to_thread.run_sync(partial(raised_at_once_by, run, never))
