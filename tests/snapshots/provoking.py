"""What the cases have in common: who appears in them, and how errors are caught."""

from collections.abc import Awaitable, Callable
from math import inf
from typing import Any

import attrs
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Request, start

Case = Callable[[trio.Nursery], Awaitable[BaseException]]
CASES: dict[str, Case] = {}


def case(name: str) -> Callable[[Case], Case]:
    """Register a case under the name of its section."""

    def register(provoke: Case) -> Case:
        assert name not in CASES
        CASES[name] = provoke
        return provoke

    return register


async def raised_by(
    async_fn: Callable[..., Awaitable[object]], *args: Any, **options: Any
) -> BaseException:
    """Call a function and return what it raises, out of its group if it is alone."""
    try:
        result = await async_fn(*args, **options)
    except ExceptionGroup as group:
        (error,) = group.exceptions
        return error
    except Exception as error:
        return error
    raise AssertionError(f"raised nothing, but returned {result!r}")


def raised_at_once_by(
    fn: Callable[..., object], *args: Any, **options: Any
) -> BaseException:
    """Call a synchronous function and return what it raises."""
    try:
        result = fn(*args, **options)
    except Exception as error:
        return error
    raise AssertionError(f"raised nothing, but returned {result!r}")


@attrs.frozen
class Add:
    number: int


@attrs.frozen
class Total(Request[int]):
    """Asks for the total."""


@attrs.frozen
class Wait:
    """Keeps the counter busy."""

    seconds: float = inf


@attrs.frozen
class Quotient(Request[int]):
    """Asks for the total divided by something, which crashes the counter."""

    divisor: int


class Counter(Agent[Any]):
    """Adds up."""

    def __init__(self) -> None:
        self.total = 0

    async def handle(self, message: Any) -> int:
        match message:
            case Add(number):
                self.total += number
            case Wait(seconds):
                await trio.sleep(seconds)
            case Quotient(0):
                raise ZeroDivisionError("no quotient")
            case Total():
                return self.total
            case _:
                self.unhandled(message)
        return self.total


@attrs.frozen
class Do(Request[Any]):
    """What a doer is to call in its own task, with itself and with this request."""

    async_fn: Callable[["Doer", "Do"], Awaitable[object]] = attrs.field(repr=False)


class Doer(Agent[Do]):
    """Does what it is asked to do."""

    async def handle(self, message: Do) -> object:
        return await message.async_fn(self, message)


async def do_nothing(doer: Doer, request: Do) -> None: ...


async def never_end(doer: Doer, request: Do) -> None:
    await trio.sleep_forever()


async def done_by_a_doer(
    nursery: trio.Nursery, async_fn: Callable[[Doer, Do], Awaitable[BaseException]]
) -> BaseException:
    """Return what *async_fn* returns in a doer's turn."""
    doer = await start(nursery, Doer, name="doer")
    error = await doer.ask(Do(async_fn))
    assert isinstance(error, BaseException)
    return error


async def end_when_blocked(end: Callable[[], object]) -> None:
    await wait_all_tasks_blocked()
    end()


async def in_another_run(
    async_fn: Callable[..., Awaitable[object]], *args: object
) -> BaseException:
    """Return what a function raises in another run, in another thread."""
    return await trio.to_thread.run_sync(trio.run, raised_by, async_fn, *args)


async def crashed(message: object) -> Handle[Any]:
    """Return the handle of a counter that has crashed on *message*."""
    try:
        async with trio.open_nursery() as nursery:
            counter = await start(nursery, Counter, name="counter")
            await counter.send(message)
    except* ZeroDivisionError:
        pass
    return counter
