"""An agent that notes what it gets and does what a test tells it, with its context."""

import inspect
from collections.abc import Callable
from typing import Any

import attrs
import trio

from exeunt import Agent, Context, Handle, Request
from exeunt._core.life import Life
from exeunt._core.setting import Setting
from exeunt._core.start import begin, ready


@attrs.frozen
class Act(Request[Any]):
    """What an actor is to do in its turn; the message is given to it, too."""

    act: Callable[[Context, "Act"], object]


class Actor(Agent[object]):
    """Does what it is told to do, and notes everything else."""

    def __init__(self, seen: list[object] | None = None) -> None:
        self.seen = [] if seen is None else seen

    async def handle(self, message: object) -> object:
        if not isinstance(message, Act):
            self.seen.append(message)
            return None
        result = message.act(self.context, message)
        return await result if inspect.isawaitable(result) else result


async def context_of(actor: Handle[object]) -> Context:
    """Return the actor's context, so that a test can be one of its helpers."""
    context: Context = await actor.ask(Act(lambda context, _: context))
    return context


def crash(context: Context, message: Act) -> None:
    """Be what crashes an actor when it is told to do it."""
    raise ValueError


async def rest(context: Context, message: Act) -> None:
    """Be what keeps an actor busy for a second when it is told to do it."""
    await trio.sleep(1)


class Patience:
    """A keeper that has every crashed agent started again at once."""

    def may_keep(self, life: Life) -> bool:
        return True

    def keeps(self, life: Life, failure: BaseException) -> bool:
        return True

    async def let_in(self, life: Life) -> bool:
        await trio.lowlevel.checkpoint()
        return True

    def called_off(self, life: Life) -> None: ...

    def came_in(self, life: Life) -> None: ...

    def settled(self, life: Life) -> None: ...

    def ended(self, life: Life) -> None: ...


async def start_patiently(
    nursery: trio.Nursery, factory: Callable[..., Agent[Any]], *args: object
) -> Handle[Any]:
    """Start an agent that is started again whenever it crashes."""
    return await ready(begin(nursery, factory, args, Setting(), Patience()))
