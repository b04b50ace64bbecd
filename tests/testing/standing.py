"""Scenes in which everybody waits in the end, and a spy who looks at them then."""

import re
import signal
import socket
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import attrs
import trio
from trio.abc import Instrument
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import (
    Agent,
    Handle,
    Key,
    Pool,
    Registry,
    Reply,
    Request,
    Topic,
    open_supervisor,
    start,
    start_soon,
)
from exeunt.stalls import Stall, who_waits

Scene = Callable[[], Awaitable[object]]
SCENES: dict[str, Scene] = {}


def scene(name: str) -> Callable[[Scene], Scene]:
    """Keep a scene under the name of its section in stalls.txt."""

    def keep(play: Scene) -> Scene:
        assert name not in SCENES
        SCENES[name] = play
        return play

    return keep


class Spy(Instrument):
    """Looks when nothing is to do for the first time, then ends the scene."""

    def __init__(self) -> None:
        self.stall: Stall | None = None
        self.scope = trio.CancelScope()
        self.released = threading.Event()

    def before_io_wait(self, timeout: float) -> None:
        if timeout > 0 and self.stall is None:
            self.stall = who_waits()
            trio.lowlevel.current_trio_token().run_sync_soon(self._end)

    def _end(self) -> None:
        RELEASED.set()
        self.scope.cancel()


RELEASED = threading.Event()


def look_at(play: Scene) -> Stall:
    """Play a scene until everybody waits, and return who does for what."""
    spy = Spy()
    RELEASED.clear()

    async def main() -> None:
        with spy.scope:
            await play()

    trio.run(main, instruments=[spy], clock=MockClock())
    assert spy.stall is not None
    return spy.stall


def told(stall: object) -> str:
    """Return what a report says, but for the numbers of the lines."""
    return re.sub(r"\S*?(\w+\.py):\d+ in", r"\1 in", str(stall))


@scene("two locks")
async def two_locks() -> None:
    first, second = trio.Lock(), trio.Lock()

    async def left() -> None:
        async with first:
            await trio.lowlevel.checkpoint()
            async with second:
                pass

    async def right() -> None:
        async with second:
            await trio.lowlevel.checkpoint()
            async with first:
                pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(left)
        nursery.start_soon(right)


@scene("a lock that its nursery's own task holds")
async def lock_around_a_nursery() -> None:
    lock = trio.Lock()

    async def child() -> None:
        async with lock:
            pass

    async with lock, trio.open_nursery() as nursery:
        nursery.start_soon(child)


@scene("channels")
async def channels() -> None:
    full, _outlet = trio.open_memory_channel[int](1)
    empty = trio.open_memory_channel[int](3)[1]

    async def produce() -> None:
        while True:
            await full.send(1)

    async def consume() -> None:
        async for _ in empty:
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(produce)
        nursery.start_soon(consume)


@scene("Trio's other primitives")
async def primitives() -> None:
    condition, semaphore = trio.Condition(), trio.Semaphore(0)
    limiter, lot = trio.CapacityLimiter(1), trio.lowlevel.ParkingLot()

    async def at_the_condition() -> None:
        async with condition:
            await condition.wait()

    async def at_the_semaphore() -> None:
        async with semaphore:
            pass

    async def in_the_limiter() -> None:
        async with limiter:
            await trio.Event().wait()

    async def at_the_limiter() -> None:
        await trio.lowlevel.checkpoint()
        async with limiter:
            pass

    async def in_the_lot() -> None:
        await lot.park()

    async def in_a_trap() -> None:
        await trio.lowlevel.wait_task_rescheduled(
            lambda _: trio.lowlevel.Abort.SUCCEEDED
        )

    async with trio.open_nursery() as nursery:
        for each in (
            at_the_condition,
            at_the_semaphore,
            in_the_limiter,
            at_the_limiter,
            in_the_lot,
            in_a_trap,
        ):
            nursery.start_soon(each)


@scene("tasks without code of their own")
async def no_code() -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trio.Event().wait)
        nursery.start_soon(trio.sleep_forever, name="the porter")


@scene("a task that does not start")
async def never_started() -> None:
    async def serve(task_status: trio.TaskStatus[None]) -> None:
        del task_status
        await trio.Event().wait()

    async with trio.open_nursery() as nursery:
        await nursery.start(serve)


@scene("many children of one name")
async def many() -> None:
    async def child() -> None:
        await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(child)


@scene("a line in a generator, and one in a context manager")
async def generators() -> None:
    async def numbers() -> AsyncGenerator[int]:
        await trio.Event().wait()
        yield 1

    @asynccontextmanager
    async def resource() -> AsyncGenerator[None]:
        yield
        await trio.Event().wait()

    async def read() -> None:
        async for _ in numbers():
            pass

    async def use() -> None:
        async with resource():
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        nursery.start_soon(use)


@scene("a sleep")
async def asleep() -> None:
    await trio.sleep(36_000)


@scene("a thread")
async def thread() -> None:
    await trio.to_thread.run_sync(RELEASED.wait)


@scene("a place in the limiter of the threads")
async def place_of_a_thread() -> None:
    limiter = trio.CapacityLimiter(1)

    async def work() -> None:
        await trio.to_thread.run_sync(RELEASED.wait, limiter=limiter)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work, name="first")
        await wait_all_tasks_blocked()
        nursery.start_soon(work, name="second")


@scene("a socket")
async def reading() -> None:
    with sockets() as (mine, _others):
        await mine.recv(1)


@scene("a signal")
async def signalled() -> None:
    with trio.open_signal_receiver(signal.SIGTERM) as signals:
        async for _ in signals:
            pass


@contextmanager
def sockets() -> Iterator[tuple[trio.socket.SocketType, socket.socket]]:
    mine, others = socket.socketpair()
    with mine, others:
        mine.setblocking(False)
        yield trio.socket.from_stdlib_socket(mine), others


@attrs.frozen
class Read(Request[str]):
    title: str


@attrs.frozen
class Pages(Request[AsyncIterable[str]]):
    title: str


@attrs.frozen
class PutOff(Request[str]):
    pass


@attrs.frozen
class Hold:
    seconds: float


class Library(Agent[Read | PutOff | Hold]):
    """Handles what it is told to, slowly if at all."""

    replies: list[Reply[str]]

    async def handle(self, message: Read | PutOff | Hold) -> str:
        match message:
            case PutOff():
                self.replies = [self.context.defer(message)]
            case Read():
                await trio.Event().wait()
            case Hold(seconds):
                await trio.sleep(seconds)
            case _:
                self.unhandled(message)
        return "read"


@scene("an agent that nobody stops")
async def idle_agent() -> None:
    async with trio.open_nursery() as nursery:
        await start(nursery, Library, name="library")


@scene("askers")
async def askers() -> None:
    async with trio.open_nursery() as nursery:
        library = await start(nursery, Library, name="library", capacity=1)
        for title in ("Faust", "Egmont", "Iphigenie"):
            nursery.start_soon(library.ask, Read(title), name=f"reader of {title}")
            await wait_all_tasks_blocked()
        nursery.start_soon(library.send, Read("Urfaust"), name="sender")
        nursery.start_soon(library.wait_closed, name="heir")


@scene("a reply that was put off")
async def put_off() -> None:
    async with trio.open_nursery() as nursery:
        library = await start(nursery, Library, name="library")
        await library.ask(PutOff())


@scene("an agent that drains, but has put a reply off")
async def drains() -> None:
    async with trio.open_nursery() as nursery:
        library = await start(nursery, Library, name="library")
        nursery.start_soon(library.ask, PutOff())
        await wait_all_tasks_blocked()
        await library.aclose()


@scene("an agent that is not ready")
async def not_ready() -> None:
    class Slow(Agent[str]):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            await trio.Event().wait()
            yield

        async def handle(self, message: str) -> None: ...

    async with trio.open_nursery() as nursery:
        await start(nursery, Slow)


@attrs.frozen
class Meet:
    other: Handle[Any] = attrs.field(repr=lambda handle: handle.name)


@scene("two agents in a ring, by way of their helpers")
async def helpers() -> None:
    class Friend(Agent[Meet | Read]):
        async def handle(self, message: Meet | Read) -> str:
            if isinstance(message, Meet):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(message.other.ask, Read("me"))
            return "read"

    async with trio.open_nursery() as nursery:
        one = await start(nursery, Friend, name="one")
        two = await start(nursery, Friend, name="two")
        one.send_nowait(Meet(two))
        two.send_nowait(Meet(one))


@scene("a reader of a stream, and its agent")
async def streaming() -> None:
    class Store(Agent[Pages]):
        async def handle(self, message: Pages) -> AsyncGenerator[str]:
            return self.pages()

        async def pages(self) -> AsyncGenerator[str]:
            yield "page 1"
            await trio.Event().wait()

    async def read(store: Handle[Any], pages: int) -> None:
        async with store.stream(Pages("Faust")) as stream:
            async for _ in stream:
                pages -= 1
                if not pages:
                    await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        for name, pages in (("one", 1), ("two", 2)):
            store = await start(nursery, Store, name=f"store {name}")
            nursery.start_soon(read, store, pages, name=f"reader {name}")


PORTER = Key[str]("porter")


@scene("the other agents of the house")
async def others() -> None:
    topic = Topic[str]()
    registry = Registry()

    async def listen() -> None:
        with topic.subscribe() as news:
            async for _ in news:
                pass

    async def look_up() -> None:
        await registry.wait(PORTER)

    async def wait_for_idleness() -> None:
        async with open_supervisor() as supervisor:
            library = await supervisor.start(Library, name="library")
            library.send_nowait(Read("Faust"))
            await supervisor.idle()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(listen)
        nursery.start_soon(look_up)
        nursery.start_soon(wait_for_idleness)
        pool = start_soon(nursery, Pool(2, Library), name="pool")
        nursery.start_soon(pool.ask, Read("Egmont"), name="reader")
