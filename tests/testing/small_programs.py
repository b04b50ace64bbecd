"""Small Trio programs drawn at random, and the programs of a table of measurements.

Each task keeps a log of its own, and the logs are the outcome. So tasks share nothing
but Trio's primitives.
"""

from collections.abc import Awaitable, Callable
from random import Random

import attrs
import trio

Program = Callable[[], Awaitable[object]]
Deed = Callable[["Stage", int, list[object]], Awaitable[None]]
Script = tuple[tuple[tuple[str, int], ...], ...]


@attrs.define
class Stage:
    """What the tasks of a program share: two of most things."""

    channels: list[tuple[trio.MemorySendChannel[int], trio.MemoryReceiveChannel[int]]]
    events: list[trio.Event]
    locks: list[trio.Lock]
    semaphore: trio.Semaphore
    limiter: trio.CapacityLimiter
    condition: trio.Condition
    scopes: list[trio.CancelScope]


async def send(stage: Stage, which: int, _log: list[object]) -> None:
    await stage.channels[which][0].send(0)


async def receive(stage: Stage, which: int, log: list[object]) -> None:
    log.append(await stage.channels[which][1].receive())


async def send_nowait(stage: Stage, which: int, _log: list[object]) -> None:
    stage.channels[which][0].send_nowait(1)


async def receive_nowait(stage: Stage, which: int, log: list[object]) -> None:
    log.append(stage.channels[which][1].receive_nowait())


async def close_sending(stage: Stage, which: int, _log: list[object]) -> None:
    stage.channels[which][0].close()


async def close_receiving(stage: Stage, which: int, _log: list[object]) -> None:
    stage.channels[which][1].close()


async def use_a_clone(stage: Stage, which: int, _log: list[object]) -> None:
    with stage.channels[which][0].clone():
        await trio.lowlevel.checkpoint()


async def look_at_channel(stage: Stage, which: int, log: list[object]) -> None:
    seen = stage.channels[which][0].statistics()
    log.append((seen.current_buffer_used, seen.tasks_waiting_receive))


async def set_event(stage: Stage, which: int, _log: list[object]) -> None:
    stage.events[which].set()


async def wait_for_event(stage: Stage, which: int, _log: list[object]) -> None:
    await stage.events[which].wait()


async def look_at_event(stage: Stage, which: int, log: list[object]) -> None:
    log.append(stage.events[which].is_set())


async def lock(stage: Stage, which: int, _log: list[object]) -> None:
    async with stage.locks[which]:
        await trio.lowlevel.checkpoint()


async def lock_nowait(stage: Stage, which: int, _log: list[object]) -> None:
    stage.locks[which].acquire_nowait()
    await trio.lowlevel.checkpoint()
    stage.locks[which].release()


async def acquire(stage: Stage, _which: int, log: list[object]) -> None:
    await stage.semaphore.acquire()
    log.append(stage.semaphore.value)


async def release(stage: Stage, _which: int, _log: list[object]) -> None:
    stage.semaphore.release()


async def borrow(stage: Stage, _which: int, log: list[object]) -> None:
    async with stage.limiter:
        log.append(stage.limiter.statistics().tasks_waiting)


async def wait_for_notice(stage: Stage, _which: int, log: list[object]) -> None:
    with trio.move_on_after(3):
        async with stage.condition:
            await stage.condition.wait()
            log.append("noticed")


async def notify(stage: Stage, _which: int, _log: list[object]) -> None:
    async with stage.condition:
        stage.condition.notify()


async def cancel(stage: Stage, which: int, _log: list[object]) -> None:
    stage.scopes[which].cancel()


async def receive_in_time(stage: Stage, which: int, log: list[object]) -> None:
    with trio.move_on_after(which):
        log.append(await stage.channels[0][1].receive())


async def sleep(_stage: Stage, which: int, _log: list[object]) -> None:
    await trio.sleep(which)


async def begin_others(stage: Stage, which: int, log: list[object]) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(send, stage, which, [])
        nursery.start_soon(look_at_event, stage, which, log)


async def crash(_stage: Stage, which: int, _log: list[object]) -> None:
    raise KeyError(which)


DEEDS: dict[str, Deed] = {
    deed.__name__: deed
    for deed in (
        *(send, receive, send_nowait, receive_nowait, close_sending, close_receiving),
        *(use_a_clone, look_at_channel, set_event, wait_for_event, look_at_event),
        *(lock, lock_nowait, acquire, release, borrow, wait_for_notice, notify),
        *(cancel, receive_in_time, sleep, begin_others, crash),
    )
}
CLOSED = (trio.ClosedResourceError, trio.BrokenResourceError, trio.EndOfChannel)


def drawn(seed: int) -> Program:
    """Return a program of two or three tasks that do one to three things each."""
    random = Random(seed)
    tasks = random.choice([2, 2, 3])
    lengths = [1, 2, 2, 3] if tasks == 2 else [1, 1, 2]
    script: Script = tuple(
        tuple(
            (random.choice([*DEEDS]), random.randrange(2))
            for _ in range(random.choice(lengths))
        )
        for _ in range(tasks)
    )
    return playing(script, random.choice([0, 1, 2]))


def playing(script: Script, room: int) -> Program:
    async def program() -> object:
        stage = Stage(
            channels=[trio.open_memory_channel[int](room) for _ in range(2)],
            events=[trio.Event(), trio.Event()],
            locks=[trio.Lock(), trio.Lock()],
            semaphore=trio.Semaphore(1),
            limiter=trio.CapacityLimiter(1),
            condition=trio.Condition(),
            scopes=[trio.CancelScope() for _ in range(max(2, len(script)))],
        )
        logs: list[list[object]] = [[] for _ in script]
        with trio.move_on_after(10) as patience:
            async with trio.open_nursery() as nursery:
                for task in range(len(script)):
                    nursery.start_soon(play, stage, script, task, logs[task])
        return logs, patience.cancelled_caught

    program.__qualname__ = f"{script} with room for {room}"
    return program


async def play(stage: Stage, script: Script, task: int, log: list[object]) -> None:
    with stage.scopes[task]:
        for name, which in script[task]:
            try:
                await DEEDS[name](stage, which, log)
            except (trio.WouldBlock, *CLOSED) as error:
                log.append(type(error).__name__)
        log.append("done")


# The programs of the table.


def senders(count: int, messages: int) -> Program:
    """Return what lets some tasks send to one that receives."""

    async def program() -> object:
        inlet, outlet = trio.open_memory_channel[tuple[int, int]](0)

        async def tell(sender: int) -> None:
            for number in range(messages):
                await inlet.send((sender, number))

        async with trio.open_nursery() as nursery:
            for sender in range(count):
                nursery.start_soon(tell, sender)
            return [await outlet.receive() for _ in range(count * messages)]

    return program


def askers(count: int, asks: int = 1) -> Program:
    """Return what lets some tasks ask one, each with a channel for the answer."""

    async def program() -> object:
        inlet, outlet = trio.open_memory_channel[
            tuple[int, trio.MemorySendChannel[int]]
        ](count)
        served: list[int] = []

        async def serve() -> None:
            for _ in range(count * asks):
                asker, answer = await outlet.receive()
                served.append(asker)
                await answer.send(asker)

        async def ask(asker: int) -> None:
            for _ in range(asks):
                answer, mine = trio.open_memory_channel[int](1)
                await inlet.send((asker, answer))
                assert await mine.receive() == asker

        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            for asker in range(count):
                nursery.start_soon(ask, asker)
        return served

    return program


def pipeline(stages: int, items: int) -> Program:
    """Return what passes items on from stage to stage, until it is closed."""

    async def program() -> object:
        async def pass_on(
            here: trio.MemoryReceiveChannel[int], there: trio.MemorySendChannel[int]
        ) -> None:
            async with here, there:
                async for item in here:
                    await there.send(item + 1)

        async with trio.open_nursery() as nursery:
            inlet, outlet = trio.open_memory_channel[int](0)
            first = inlet
            for _ in range(stages):
                there, further = trio.open_memory_channel[int](0)
                nursery.start_soon(pass_on, outlet, there)
                outlet = further
            async with first:
                for item in range(items):
                    await first.send(item)
            return [item async for item in outlet]

    return program


def ring_of_mailboxes(jobs: int, room: int, *, repaired: bool) -> Program:
    """Return a boss and a worker with a mailbox each: can both be full at once?"""

    async def program() -> None:
        to_worker, of_worker = trio.open_memory_channel[int](room)
        to_boss, of_boss = trio.open_memory_channel[int](room)

        async def work() -> None:
            async with to_boss:
                async for job in of_worker:
                    await to_boss.send(job)

        async def hand_out() -> None:
            async with to_worker:
                for job in range(jobs):
                    await to_worker.send(job)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(work)
            if repaired:
                nursery.start_soon(hand_out)
            else:
                await hand_out()
            done = [job async for job in of_boss]
        assert done == [*range(jobs)]

    return program
