"""Who sees every agent of a run: what it is sent, and each of its turns."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import attrs
from trio.lowlevel import RunVar, enable_ki_protection

from ..._core.handle import Handle
from ..._core.life import Life
from ..._model.lifecycle import Reason
from ...exceptions import Refusal
from ..faults.plan import InjectedCrash
from .blows import Blow

Handler = Callable[[Any], Awaitable[object]]


@attrs.define(eq=False)
class Witness:
    """Sees the agents of one run, and has one of them crash if that is the blow.

    What the runtime counts can so be held against what others have seen.

    Attributes:
        blows: among them the crash.
        lives: of all the agents, in the order in which they began.
        sent: every message whose sender was told that it was accepted.
        begun: every message whose turn has begun, with the life in which it has.
        late: the agents that have begun a turn although they were cancelled.
        struck: what has crashed, in words.
    """

    blows: tuple[Blow, ...]
    lives: list[Life] = attrs.field(factory=list[Life])
    sent: list[object] = attrs.field(factory=list[object])
    begun: list[tuple[Life, object]] = attrs.field(factory=list[tuple[Life, object]])
    late: list[Life] = attrs.field(factory=list[Life])
    struck: list[str] = attrs.field(factory=list[str])

    def meet(self, life: Life) -> None:
        """See a life that begins."""
        self.lives.append(life)
        life.__class__ = _SeenLife
        life.handle.__class__ = _SeenHandle

    def sees(self, life: Life) -> bool:
        """Return whether all the turns of *life* are seen."""
        return type(life) is _SeenLife

    async def turn(self, life: Life, handler: Handler, message: Any) -> object:
        """Have *message* handled, unless this is where the agent crashes."""
        number = len(self.begun)
        self.begun.append((life, message))
        if life.reason is Reason.CANCELLED:
            self.late.append(life)
        self._crash("crash-before", number, life, message)
        crashes = Blow("crash-after", number) in self.blows
        answer: object = None
        try:
            answer = await handler(message)
        except Refusal:
            if not crashes:
                raise
        self._crash("crash-after", number, life, message)
        return answer

    def _crash(self, kind: Any, number: int, life: Life, message: object) -> None:
        if Blow(kind, number) in self.blows:
            when = kind.removeprefix("crash-")
            what = f"{when} {type(message).__name__} in {life.name!r}"
            self.struck.append(what)
            raise InjectedCrash(f"injected {what}")


witness: RunVar[Witness] = RunVar("exeunt witness")


class _SeenLife(Life):
    """A life whose every turn is seen, whatever the agent's behaviour has become."""

    __slots__ = ()

    @property
    def handler(self) -> Any:
        """The handler, by way of the witness."""
        handler = _HANDLER.__get__(self)
        return None if handler is None else partial(witness.get().turn, self, handler)

    @handler.setter
    def handler(self, handler: Any) -> None:
        _HANDLER.__set__(self, handler)


_HANDLER: Any = Life.__dict__["handler"]


class _SeenHandle(Handle[Any]):  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    """A handle which lets it be known what was accepted by way of it."""

    __slots__ = ()

    @enable_ki_protection
    async def send(self, message: Any) -> None:
        await super().send(message)
        witness.get().sent.append(message)

    @enable_ki_protection
    def send_nowait(self, message: Any) -> None:
        super().send_nowait(message)
        witness.get().sent.append(message)
