"""Errors about functions that block, in threads and in worker processes."""

import os
import signal
from typing import Any

import pytest
import trio
from provoking import Do, Doer, case, do_nothing, done_by_a_doer, raised_by


async def raised_in_a_thread(nursery: trio.Nursery, fn: Any) -> BaseException:
    async def call(doer: Doer, _: Do) -> BaseException:
        return await raised_by(doer.context.run_in_thread, fn)

    return await done_by_a_doer(nursery, call)


async def raised_in_a_process(fn: Any, *args: object) -> BaseException:
    try:
        from exeunt.processes import run_in_process  # noqa: PLC0415
    except ImportError as error:
        pytest.skip(str(error))
    return await raised_by(run_in_process, fn, *args)


@case("a thread for what is no function")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_thread(nursery, 42)


@case("a thread for an async function")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_thread(nursery, do_nothing)


@case("a process for what is no function")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(None)


@case("a process for an async function")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(do_nothing)


class Unpicklable:
    """Says so in the same words on every Python."""

    def __reduce__(self) -> Any:
        raise TypeError("cannot pickle this")

    def __call__(self) -> None: ...

    def __repr__(self) -> str:
        return "<something>"


@case("a process for a function that cannot be pickled")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(Unpicklable())


@case("a process for arguments that cannot be pickled")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(len, Unpicklable())


@case("a worker process that ends by itself")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(os._exit, 3)


@case("a worker process that cannot begin")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(os._exit, 1)


@case("a worker process that is killed")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_process(signal.raise_signal, signal.SIGKILL)
