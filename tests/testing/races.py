"""Programs that go wrong in some orders of their steps, each with a repaired version.

The first eight are plain Trio. Their timing is unlucky: in the fair lockstep of
Trio's batches the steps that must not meet do not meet, whatever the coin says, until
one task is slower than it used to be.
"""

from collections import deque
from collections.abc import Awaitable, Callable

import attrs
import trio
from trio.lowlevel import checkpoint

from exeunt import Agent, Handle, Request, start


@attrs.frozen
class Race:
    """One mistake, and the program without it."""

    name: str
    wrong: Callable[[], Awaitable[None]]
    right: Callable[[], Awaitable[None]]
    timers: bool = False


RACES: list[Race] = []


def race(name: str, *, timers: bool = False) -> Callable[..., None]:
    def declare(scenario: Callable[[bool], Awaitable[None]]) -> None:
        async def wrong() -> None:
            await scenario(True)

        async def right() -> None:
            await scenario(False)

        RACES.append(Race(name, wrong, right, timers))

    return declare


async def late(checkpoints: int) -> None:
    for _ in range(checkpoints):
        await checkpoint()


@race("an update is lost over a checkpoint")
async def lost_update(wrong: bool) -> None:
    account = {"balance": 100}
    lock = trio.Lock()

    async def deposit(amount: int, after: int) -> None:
        await late(after)
        if not wrong:
            await lock.acquire()
        balance = account["balance"]
        await checkpoint()
        account["balance"] = balance + amount
        if not wrong:
            lock.release()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(deposit, 10, 0)
        nursery.start_soon(deposit, 20, 4)
    assert account["balance"] == 130


@race("two locks are taken in two orders")
async def abba(wrong: bool) -> None:
    first, second = trio.Lock(), trio.Lock()

    async def transfer(one: trio.Lock, other: trio.Lock, after: int) -> None:
        await late(after)
        async with one, other:
            await checkpoint()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(transfer, first, second, 0)
        nursery.start_soon(
            transfer, *((second, first) if wrong else (first, second)), 6
        )


@race("a wake-up is lost")
async def lost_wake_up(wrong: bool) -> None:
    jobs: deque[int] = deque()
    bell = trio.Event()

    async def worker() -> None:
        nonlocal bell
        for _ in range(2):
            while not jobs:
                if wrong:
                    await checkpoint()
                bell = trio.Event()
                await bell.wait()
            jobs.popleft()

    async def producer() -> None:
        for job in range(2):
            await late(4)
            jobs.append(job)
            bell.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(worker)
        nursery.start_soon(producer)


@race("a message is lost at shutdown")
async def lost_at_shutdown(wrong: bool) -> None:
    send, receive = trio.open_memory_channel[int](5)
    handled: list[int] = []
    stopping = False

    async def consumer() -> None:
        async for number in receive:
            await checkpoint()
            handled.append(number)
            if wrong and stopping:
                return

    async with trio.open_nursery() as nursery:
        nursery.start_soon(consumer)
        for number in range(3):
            await send.send(number)
            await late(2)
        stopping = True
        send.close()
    assert handled == [0, 1, 2]


@race("a cancellation leaks a slot of the pool")
async def cancellation_leak(wrong: bool) -> None:
    slots = trio.Semaphore(1, max_value=1)
    scope = trio.CancelScope()

    async def borrower() -> None:
        with scope:
            if wrong:
                await slots.acquire()
                await checkpoint()
                try:
                    await late(1)
                finally:
                    slots.release()
            else:
                async with slots:
                    await late(2)

    async def canceller() -> None:
        await late(8)
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(borrower)
        nursery.start_soon(canceller)
    assert slots.value == 1


@race("four checkpoints are thought to be enough")
async def fairness(wrong: bool) -> None:
    done = trio.Event()

    async def work() -> None:
        await late(2)
        done.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(work)
        if wrong:
            await late(6)
        else:
            await done.wait()
        assert done.is_set()


@race("the last of three is thought to come last")
async def three_in_order(wrong: bool) -> None:
    registered: list[str] = []
    open_ = trio.Event()

    async def register(name: str, after: int) -> None:
        await late(after)
        registered.append(name)
        if name == "leader" and not wrong:
            open_.set()

    async def elect() -> None:
        if wrong:
            await late(9)
            assert registered != ["c", "b"], "the leader has not come"
        else:
            await open_.wait()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(register, "leader", 1)
        nursery.start_soon(register, "b", 3)
        nursery.start_soon(register, "c", 5)
        nursery.start_soon(elect)


@race("a late answer is taken for the next one", timers=True)
async def late_answer(wrong: bool) -> None:
    send, receive = trio.open_memory_channel[tuple[int, int]](9)
    answers, answered = trio.open_memory_channel[tuple[int, int]](9)

    async def server() -> None:
        async for number, value in receive:
            await late(2)
            await answers.send((number, value * value))

    async def ask(number: int, value: int) -> int | None:
        with trio.move_on_after(5):
            await send.send((number, value))
            while True:
                of, answer = await answered.receive()
                if wrong or of == number:
                    return answer
        return None

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server)
        for number, value in enumerate((2, 3)):
            assert await ask(number, value) in {None, value * value}
        nursery.cancel_scope.cancel()


@attrs.frozen
class Put:
    value: int


class Take(Request[int]):
    """Asks for what there is."""


@attrs.frozen
class Add:
    amount: int


class Account(Agent[Put | Take | Add]):
    """Holds a number, and knows how to add."""

    value = 0

    async def handle(self, message: Put | Take | Add) -> int | None:
        match message:
            case Put(value):
                self.value = value
            case Add(amount):
                self.value += amount
            case Take():
                return self.value
        return None


@race("two agents' clients read, then write")
async def read_then_write(wrong: bool) -> None:
    async def client(
        account: Handle[Put | Take | Add], amount: int, after: int
    ) -> None:
        await late(after)
        if wrong:
            await account.send(Put(await account.ask(Take()) + amount))
        else:
            await account.send(Add(amount))

    async with trio.open_nursery() as nursery:
        account = await start(nursery, Account)
        async with trio.open_nursery() as clients:
            clients.start_soon(client, account, 1, 0)
            clients.start_soon(client, account, 2, 12)
        assert await account.ask(Take()) == 3
        account.stop()


@attrs.frozen
class News:
    text: str


@attrs.define
class Reader(Agent[News]):
    """Reads the news in the order in which they come."""

    read: list[str]

    async def handle(self, message: News) -> None:
        self.read.append(message.text)


@attrs.define
class Forwarder(Agent[News]):
    """Passes the news on."""

    reader: Handle[News]

    async def handle(self, message: News) -> None:
        await self.reader.send(message)


@race("a message is thought not to be overtaken")
async def overtaking(wrong: bool) -> None:
    read: list[str] = []
    async with trio.open_nursery() as nursery:
        reader = await start(nursery, Reader, read)
        forwarder = await start(nursery, Forwarder, reader)
        await forwarder.send(News("question"))
        await late(8)
        await (reader if wrong else forwarder).send(News("answer"))
        await forwarder.aclose()
        await reader.aclose()
    assert read == ["question", "answer"]


@race("an agent is stopped before the one that still sends to it")
async def stopped_too_early(wrong: bool) -> None:
    read: list[str] = []
    async with trio.open_nursery() as nursery:
        reader = await start(nursery, Reader, read)
        forwarder = await start(nursery, Forwarder, reader)
        for number in range(2):
            await forwarder.send(News(str(number)))
        await late(8)
        if wrong:
            reader.stop()
        await forwarder.aclose()
        reader.stop()
    assert read == ["0", "1"]


@attrs.frozen
class Fetch(Request[str]):
    key: str


@attrs.define
class Cache(Agent[Fetch]):
    """Keeps what was fetched, and fetches with help of its own."""

    tasks: trio.Nursery
    wrong: bool
    fetched: list[str] = attrs.field(factory=list)
    pages: dict[str, str | None] = attrs.field(factory=dict)

    async def handle(self, message: Fetch) -> str:
        page = self.pages.get(message.key)
        if page is not None:
            return page
        reply = self.context.defer(message)
        if message.key not in self.pages or self.wrong:
            self.tasks.start_soon(self.fetch, message.key, reply)
            if not self.wrong:
                self.pages[message.key] = None
        else:
            reply.send("later")
        return ""

    async def fetch(self, key: str, reply: object) -> None:
        await late(2)
        self.fetched.append(key)
        self.pages[key] = key.upper()
        reply.send(key.upper())  # type: ignore[attr-defined]


@race("a page is fetched twice")
async def fetched_twice(wrong: bool) -> None:
    fetched: list[str] = []

    async def visitor(cache: Handle[Fetch], after: int) -> None:
        await late(after)
        await cache.ask(Fetch("page"))

    async with trio.open_nursery() as nursery:
        cache = await start(nursery, Cache, nursery, wrong, fetched)
        async with trio.open_nursery() as visitors:
            visitors.start_soon(visitor, cache, 0)
            visitors.start_soon(visitor, cache, 14)
        cache.stop()
    assert fetched == ["page"]
