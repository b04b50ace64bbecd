"""Errors about watching ends, about timers, and about postponing and becoming."""

from collections.abc import Callable
from math import inf
from typing import Any

import trio
from provoking import Counter, Do, Doer, case, done_by_a_doer, raised_at_once_by

from exeunt import Agent, Context, Outcome, start


async def raised_in_a_turn(
    nursery: trio.Nursery, call: Callable[[Context, Do], object]
) -> BaseException:
    """Return what a call raises in a doer's turn."""

    async def act(doer: Doer, request: Do) -> BaseException:
        return raised_at_once_by(call, doer.context, request)

    return await done_by_a_doer(nursery, act)


def make(outcome: Outcome) -> object:
    return outcome


@case("a watch of what is no handle")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_turn(
        nursery,
        lambda context, _: context.watch("counter", make),  # type: ignore[arg-type]
    )


@case("a watch without a function")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter)
    return await raised_in_a_turn(
        nursery,
        lambda context, _: context.watch(counter, "it left"),  # type: ignore[arg-type]
    )


@case("a watch of one's own end")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_turn(
        nursery, lambda context, _: context.watch(context.handle, make)
    )


@case("a watch in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    async def watch(doer: Doer, request: Do) -> BaseException:
        context = doer.context
        watch = context.watch
        return await trio.to_thread.run_sync(
            raised_at_once_by, watch, context.handle, make
        )

    return await done_by_a_doer(nursery, watch)


def timer_case(name: str, verb: str, *args: Any, **options: Any) -> None:
    """Register a case in which a timer is set as it cannot be."""

    async def provoke(nursery: trio.Nursery) -> BaseException:
        return await raised_in_a_turn(
            nursery,
            lambda context, _: getattr(context.timers, verb)(*args, **options),
        )

    case(name)(provoke)


timer_case("a timer key that is not hashable", "once", ["key"], "tick", after=1)
timer_case("a cancelled timer key that is not hashable", "cancel", ["key"])
timer_case("a timer after what is no number", "once", "key", "tick", after="1")
timer_case("a timer in the past", "once", "key", "tick", after=-1)
timer_case("a timer that never ticks", "once", "key", "tick", after=inf)
timer_case("a repeat without a delay", "repeat", "key", "tick", delay=0)
timer_case("a repeat that never ticks", "repeat", "key", "tick", delay=inf)
timer_case("a repeat after what is no number", "repeat", "key", "tick", delay=None)
timer_case("a rate whose period is no number", "at_rate", "key", "tick", period=True)
timer_case("a rate without a period", "at_rate", "key", "tick", period=0)
timer_case(
    "a rate that catches up on half a tick",
    "at_rate",
    "key",
    "tick",
    period=1,
    catch_up=0.5,
)
timer_case(
    "a rate that catches up on fewer than no ticks",
    "at_rate",
    "key",
    "tick",
    period=1,
    catch_up=-1,
)
timer_case("a silence of no length", "when_quiet", "key", "tick", seconds=0)


@case("a message that is postponed in the turn of another")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_turn(nursery, lambda context, _: context.postpone("later"))


@case("a message that is postponed when its reply was deferred")
async def _(nursery: trio.Nursery) -> BaseException:
    async def act(doer: Doer, request: Do) -> BaseException:
        reply = doer.context.defer(request)
        error = raised_at_once_by(doer.context.postpone, request)
        reply.send(error)
        return error

    return await done_by_a_doer(nursery, act)


class Postponer(Agent[Any]):
    """Postpones whatever comes, and notes what that raises."""

    def __init__(self, errors: list[BaseException]) -> None:
        self.errors = errors

    async def handle(self, message: Any) -> None:
        try:
            self.context.postpone(message)
            if isinstance(message, Do):
                self.context.defer(message)
        except Exception as error:
            self.errors.append(error)


@case("a reply that is deferred when its request was postponed")
async def _(nursery: trio.Nursery) -> BaseException:
    errors: list[BaseException] = []
    postponer = await start(nursery, Postponer, errors, name="postponer")

    async def nothing(doer: Doer, request: Do) -> None: ...

    await postponer.send(Do(nothing))
    await postponer.aclose()
    return errors[0]


@case("a message more than may be postponed")
async def _(nursery: trio.Nursery) -> BaseException:
    errors: list[BaseException] = []
    postponer = await start(nursery, Postponer, errors, name="postponer", capacity=2)
    for number in range(3):
        await postponer.send(number)
    await postponer.aclose()
    return errors[0]


@case("a handler that is no async function")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_in_a_turn(
        nursery,
        lambda context, _: context.become(print),  # type: ignore[arg-type]
    )
