"""Errors about supervisors."""

from math import inf
from typing import Any

import trio
from provoking import Counter, Wait, case, raised_at_once_by, raised_by

from exeunt import Backoff, Handle, Supervisor, open_supervisor, start


def opened(**options: Any) -> BaseException:
    """Return what opening a supervisor raises."""
    return raised_at_once_by(open_supervisor, **options)


async def started(**options: Any) -> BaseException:
    """Return what starting an agent on a supervisor raises."""
    async with open_supervisor() as supervisor:
        return await raised_by(supervisor.start, Counter, name="counter", **options)
    raise AssertionError


@case("a strategy that there is not")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(strategy="one_for_two")


@case("a strategy that is no string")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(strategy=None)


@case("a number of restarts that is none")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(max_restarts="3")


@case("a number of restarts that is a truth value")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(max_restarts=True)


@case("a negative number of restarts")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(max_restarts=-1)


@case("restarts within no number of seconds")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(within="5")


@case("restarts within no time")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(within=0)


@case("a backoff that is none")
async def _(nursery: trio.Nursery) -> BaseException:
    return opened(backoff=0.5)


@case("a backoff of no number of seconds")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Backoff, first="1")


@case("a backoff without an end")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Backoff, most=inf)


@case("a backoff that shrinks")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Backoff, first=10, most=1)


@case("a backoff whose jitter is no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Backoff, jitter="full")


@case("a backoff whose jitter is no share")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Backoff, jitter=1.5)


@case("a supervisor that is made by hand")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Supervisor)


@case("a restart that there is not")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(restart="always")


@case("a restart on what is no exception")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(restart="transient", restart_on="OSError")


@case("a restart on Ctrl-C")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(restart_on=(OSError, KeyboardInterrupt))


@case("a group that is none")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(group="pair")


@case("a group of another supervisor")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as other:
        return await started(group=other.group(settle=1))
    raise AssertionError


@case("a group that settles for ever")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        return raised_at_once_by(supervisor.group, settle=inf)
    raise AssertionError


@case("uses that are no list")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(uses="db")


@case("uses of what is no handle")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(uses=[Counter])


@case("uses of a stranger")
async def _(nursery: trio.Nursery) -> BaseException:
    async with await start(nursery, Counter, name="stranger") as stranger:
        return await started(uses=[stranger])
    raise AssertionError


@case("uses of one that has left")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        gone = await supervisor.start(Counter, name="gone")
        await gone.aclose()
        return await raised_by(supervisor.start, Counter, uses=[gone])
    raise AssertionError


@case("uses that close a ring")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        handles: list[Handle[Any]] = []
        for name in "abc":
            handles.append(
                await supervisor.start(Counter, name=name, uses=handles[-1:])
            )
        return raised_at_once_by(supervisor.declare_uses, handles[0], handles[2:])
    raise AssertionError


@case("uses of oneself")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        a = await supervisor.start(Counter, name="a")
        return raised_at_once_by(supervisor.declare_uses, a, [a])
    raise AssertionError


@case("a group that uses its users")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        pair = supervisor.group(settle=1)
        a = await supervisor.start(Counter, name="a", group=pair, uses=[])
        web = await supervisor.start(Counter, name="web", uses=[a])
        return await raised_by(supervisor.start, Counter, group=pair, uses=[web])
    raise AssertionError


@case("a name that another agent has")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        await supervisor.start(Counter, name="counter")
        return await raised_by(supervisor.start, Counter, name="counter")
    raise AssertionError


@case("a start on a supervisor that has left")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        pass
    return await raised_by(supervisor.start, Counter, name="counter")


@case("a start_soon on a supervisor that is leaving")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        pass
    return raised_at_once_by(supervisor.start_soon, Counter)


@case("a dismissal of what is no handle")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        return raised_at_once_by(supervisor.dismiss, "counter")
    raise AssertionError


@case("a dismissal of a stranger")
async def _(nursery: trio.Nursery) -> BaseException:
    async with (
        open_supervisor() as supervisor,
        await start(nursery, Counter, name="stranger") as stranger,
    ):
        return raised_at_once_by(supervisor.dismiss, stranger)
    raise AssertionError


@case("a dismissal of one that is used")
async def _(nursery: trio.Nursery) -> BaseException:
    async with open_supervisor() as supervisor:
        db = await supervisor.start(Counter, name="db")
        await supervisor.start(Counter, name="web", uses=[db])
        return raised_at_once_by(supervisor.dismiss, db)
    raise AssertionError


@case("a permanent agent that is stopped once too often")
async def _(nursery: trio.Nursery) -> BaseException:
    async def stop_it() -> None:
        async with open_supervisor(max_restarts=0) as supervisor:
            counter = await supervisor.start(
                Counter, name="counter", restart="permanent"
            )
            counter.stop()
            await trio.sleep_forever()

    return await raised_by(stop_it)


@case("a message for a group that is leaving")
async def _(nursery: trio.Nursery) -> BaseException:
    found: list[BaseException] = []

    async def send_late() -> None:
        await trio.testing.wait_all_tasks_blocked()
        found.append(await raised_by(counter.send, "late"))

    async with open_supervisor() as supervisor:
        group = supervisor.group(settle=1)
        counter = await supervisor.start(Counter, name="counter", group=group)
        await counter.send(Wait())
        nursery.start_soon(send_late)
    return found[0]
