"""Errors about answers that come item by item."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import trio
from provoking import Counter, Do, Doer, Total, case, raised_at_once_by, raised_by

from exeunt import Handle, start


async def read(handle: Handle[Any], request: Any) -> list[object]:
    async with handle.stream(request) as items:
        return [item async for item in items]


def streaming(async_fn: Callable[[Doer, Do], AsyncGenerator[object]]) -> Do:
    async def answer(doer: Doer, request: Do) -> object:
        return async_fn(doer, request)

    return Do(answer)


async def failing(doer: Doer, request: Do) -> AsyncGenerator[int]:
    yield 1
    raise ZeroDivisionError("no more items")


async def endless(doer: Doer, request: Do) -> AsyncGenerator[int]:
    while True:
        yield 1


async def deferring(doer: Doer, request: Do) -> AsyncGenerator[object]:
    yield raised_at_once_by(doer.context.defer, request)


@case("a stream of what is no request")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return raised_at_once_by(counter.stream, "rows")


@case("a stream that is answered with a number")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return await raised_by(read, counter, Total())


@case("a stream from an agent that has been stopped")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    counter.stop()
    return await raised_by(read, counter, Total())


@case("a stream that fails")
async def _(nursery: trio.Nursery) -> BaseException:
    errors: list[BaseException] = []
    try:
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer, name="doer")
            with trio.CancelScope(shield=True):
                errors.append(await raised_by(read, doer, streaming(failing)))
    except* ZeroDivisionError:
        pass
    return errors[0]


@case("a stream whose agent is cancelled")
async def _(nursery: trio.Nursery) -> BaseException:
    doer = await start(nursery, Doer, name="doer")
    async with doer.stream(streaming(endless)) as items:
        await anext(items)
        doer.cancel()
        return await raised_by(anext, items)


@case("a reply that is deferred while it is streamed")
async def _(nursery: trio.Nursery) -> BaseException:
    doer = await start(nursery, Doer, name="doer")
    async with doer.stream(streaming(deferring)) as items:
        error = await anext(items)
        assert isinstance(error, BaseException)
        return error


@case("an ask of the agent from which one reads")
async def _(nursery: trio.Nursery) -> BaseException:
    async def read_and_ask(doer: Doer, request: Do) -> BaseException:
        async with source.stream(streaming(endless)):
            return await raised_by(source.ask, request)

    source = await start(nursery, Doer, name="source")
    doer = await start(nursery, Doer, name="doer")
    return await doer.ask(Do(read_and_ask))


@case("a stream that gives way to its reader")
async def _(nursery: trio.Nursery) -> BaseException:
    async def slow(doer: Doer, request: Do) -> AsyncGenerator[int]:
        await trio.sleep(2)
        yield 1

    async def nothing(doer: Doer, request: Do) -> None: ...

    async def give_up_and_ask(doer: Doer, request: Do) -> BaseException:
        async with source.stream(streaming(slow)) as items:
            with trio.move_on_after(1):
                await anext(items)
            await source.ask(Do(nothing))
            await anext(items)
            return await raised_by(anext, items)

    source = await start(nursery, Doer, name="source")
    doer = await start(nursery, Doer, name="doer")
    return await doer.ask(Do(give_up_and_ask))


@case("two tasks that wait for an item")
async def _(nursery: trio.Nursery) -> BaseException:
    async def slow(doer: Doer, request: Do) -> AsyncGenerator[int]:
        await trio.sleep(2)
        yield 1

    doer = await start(nursery, Doer, name="doer")
    async with doer.stream(streaming(slow)) as items, trio.open_nursery() as readers:
        readers.start_soon(anext, items)
        await trio.testing.wait_all_tasks_blocked()
        return await raised_by(anext, items)


@case("an item that is wanted after the block")
async def _(nursery: trio.Nursery) -> BaseException:
    doer = await start(nursery, Doer, name="doer")
    async with doer.stream(streaming(endless)) as items:
        pass
    return await raised_by(anext, items)
