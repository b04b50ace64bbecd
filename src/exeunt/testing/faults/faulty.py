"""Agents with which things go wrong as planned, and which need not know of it.

The factory is wrapped, so that what it makes is an agent like any other: it starts in
a nursery, under a supervisor or in a pool, and every rule of the runtime holds for it.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, ParamSpec, TypeVar, final

import attrs
import trio

from ..._core.agent import Agent
from ..._core.ask import Ask, Stage, message_of
from ..._core.front import Front
from ..._core.life import Life
from ..._core.setting import name_of
from ..._model.words import shown
from ...exceptions import Refusal
from .failpoints import fail_here
from .plan import (
    CrashAfter,
    CrashBefore,
    Delay,
    Drop,
    Duplicate,
    FailAt,
    Fault,
    FaultPlan,
)

_KINDS = (Delay, CrashBefore, Duplicate, CrashAfter)  # as they befall one message
M = TypeVar("M")
P = ParamSpec("P")


@attrs.define(eq=False)
class Progress:
    """How far a plan has come."""

    faults: list[Fault]
    turns: int = 0
    struck: list[Fault] = attrs.field(factory=list[Fault])
    _met: Counter[Any] = attrs.field(factory=Counter[Any])
    _echoes: list[object] = attrs.field(factory=list[object])

    def turn(self, message: object) -> list[Fault]:
        """Note that the turn of *message* begins, and return what befalls it."""
        return self._count(message, lambda fault: not isinstance(fault, Drop))

    def drops(self, message: object) -> bool:
        """Return whether *message*, which would come next, is dropped instead."""
        drop = any(isinstance(fault, Drop) for fault in self._due(message))
        if drop:
            self._count(message, lambda fault: isinstance(fault, Drop))
        return drop

    def _count(self, message: object, possible: Callable[[Fault], bool]) -> list[Fault]:
        due = [fault for fault in self._due(message) if possible(fault)]
        self.turns += 1
        self._met.update({f.of for f in self.faults if isinstance(message, f.of)})
        self.struck += due
        return due

    def _due(self, message: object) -> list[Fault]:
        return [
            fault
            for fault in self.faults
            if isinstance(message, fault.of) and self._met[fault.of] == fault.nth
        ]

    def echo(self, life: Life, message: object) -> None:
        """Have *message* come a second time, as if its sender had sent it twice."""
        if life.turn is not message:  # it was asked, and the second time it is not
            self._echoes.append(message)
        life.side().returned.appendleft(message)

    def is_echo(self, life: Life, message: object) -> bool:
        """Return whether this turn is that of a request which nobody has asked."""
        rest = [each for each in self._echoes if each is not message]
        echo = len(rest) < len(self._echoes) and life.turn is message
        if echo:
            self._echoes = rest
        return echo


@final
class Faulty(Generic[P, M]):
    """A factory of agents with which things go wrong as planned. Got from `faulty`.

    Attributes:
        factory: the factory that it wraps.
        plan: what goes wrong.
    """

    def __init__(self, factory: Callable[P, Agent[M]], plan: FaultPlan) -> None:
        self.factory = factory
        self.plan = plan
        self.__name__: str = name_of(factory)  # what the agents are called
        self._progress = Progress([f for f in plan.faults if isinstance(f, Fault)])

    def __repr__(self) -> str:
        return f"<faulty {self.__name__}, {self.plan}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Agent[M]:
        """Make an agent, as the factory does; `exeunt.start` calls this."""
        agent = self.factory(*args, **kwargs)
        if isinstance(agent, Front):
            raise TypeError(
                "faults befall those who handle messages, and a pool has others do "
                "that: plan for these, as in Pool(4, faulty(Worker, plan))"
            )
        made: object = agent
        if not isinstance(made, Agent) or hasattr(made, "_life"):
            return agent  # about which the runtime complains
        return Struck(agent, self.plan, self._progress)

    @property
    def turns(self) -> int:
        """How many messages the agents have begun to handle, or have dropped."""
        return self._progress.turns

    @property
    def struck(self) -> tuple[Fault, ...]:
        """The faults that have come to pass, in their order."""
        return tuple(self._progress.struck)


def faulty(factory: Callable[P, Agent[M]], plan: FaultPlan) -> Faulty[P, M]:
    """Make a factory whose agents are those of *factory*, but things go wrong.

    Give it to `exeunt.start`, to a supervisor or to a pool in place of *factory*; the
    agent itself is not changed. Each fault comes to pass once, and messages are counted
    across restarts and among all agents that the new factory makes. So make one for
    each agent, and in a test that runs a scenario many times, one for each run.

    What an agent has handled by a behaviour of its own choice (`Context.become`), its
    timers' ticks and the notices of others' ends count as messages too.

    Args:
        factory: as for `exeunt.start`.
        plan: what goes wrong.

    Returns:
        The new factory. It says how many ``turns`` there were, and which faults have
        ``struck``.

    Raises:
        TypeError: *factory* cannot be called, or *plan* is no `FaultPlan`; at the start
            of an agent, if that is a pool, which has others handle its messages.
        ValueError: at the start of an agent, if the plan drops a message and the
            agent's mailbox never does.

    Example::

        slow = faulty(Service, FaultPlan([Delay(0, seconds=2)]))
        service = await start(nursery, slow)
    """
    if not callable(factory):
        raise TypeError(f"faulty wraps a factory of agents, not {factory!r}")
    if not isinstance(plan, FaultPlan):
        raise TypeError(f"faulty takes a FaultPlan, not {plan!r}")
    return Faulty(factory, plan)


class Struck(Agent[M]):
    """Stands before an agent: whatever its behaviour, messages come through here."""

    __slots__ = ("_plan", "_progress", "agent", "behaviour")

    def __init__(self, agent: Agent[M], plan: FaultPlan, progress: Progress) -> None:
        self.agent: Agent[M] = agent
        self._plan = plan
        self._progress = progress
        self.behaviour: Callable[[Any], Awaitable[object]] = agent.handle

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """Let the agent share this life, and be its lifespan."""
        life, faults = self._life, self._plan.faults
        object.__setattr__(self.agent, "_life", life)  # it may be frozen
        if any(isinstance(fault, Drop) for fault in faults):
            _put_sieve(life, self._progress)
        fails = tuple(fault for fault in faults if isinstance(fault, FailAt))
        if fails:
            fail_here(fails)
        life.__class__ = _StruckLife
        return self.agent.lifespan()

    async def handle(self, message: M) -> object:
        """Handle *message*, with what befalls it."""
        life, progress = self._life, self._progress
        echo = progress.is_echo(life, message)
        crash: CrashAfter | None = None
        for fault in sorted(progress.turn(message), key=_rank):
            match fault:
                case Delay(seconds=seconds):
                    await trio.sleep(seconds)
                case CrashBefore():
                    raise _crash(fault, "before", message, life)
                case Duplicate():
                    progress.echo(life, message)
                case CrashAfter():
                    crash = fault
                case _:
                    pass
        answer: object = None
        try:
            answer = await self.behaviour(message)
        except Refusal:
            if crash is None and not echo:
                raise
        if crash is not None:
            raise _crash(crash, "after", message, life)
        return answer


def _rank(fault: Fault) -> int:
    return [isinstance(fault, kind) for kind in _KINDS].index(True)


class _StruckLife(Life):
    """The life of such an agent: a new behaviour comes in behind the faults."""

    __slots__ = ()

    def become(self, handler: Callable[[Any], Awaitable[object]]) -> None:
        """Let *handler* have the next message, when the plan has had it."""
        struck: Struck[Any] = self.handler.__self__
        while isinstance(struck.agent, Struck):
            struck = struck.agent
        struck.behaviour = handler
        super().become(self.handler)


@attrs.define
class _Sieve:
    """An outlet that drops what the plan says, where a policy would."""

    outlet: Any
    life: Life
    progress: Progress

    def receive_nowait(self) -> object:
        """Take out the next message that is not dropped."""
        while True:
            item: object = self.outlet.receive_nowait()
            left = isinstance(item, Ask) and item.stage is Stage.ABANDONED
            if left or not self.progress.drops(message_of(item)):
                return item
            self.life.drop(item)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.outlet, name)


def _put_sieve(life: Life, progress: Progress) -> None:
    if not getattr(life.mailbox, "drops", False):
        raise ValueError(
            f"the plan drops a message of agent {life.name!r}, whose mailbox loses "
            "none: start it with overflow='drop_newest', 'drop_oldest' or 'latest', "
            "or plan without Drop"
        )
    outlet = life.mailbox.outlet
    while isinstance(outlet, _Sieve):
        if outlet.progress is progress:
            return  # it is started again
        outlet = outlet.outlet
    life.mailbox.outlet = _Sieve(life.mailbox.outlet, life, progress)


def _crash(
    fault: CrashBefore | CrashAfter, when: str, message: object, life: Life
) -> Exception:
    turn = f"the turn of {shown(message)} in agent {life.name!r}"
    return fault.error(f"injected {when} {turn}")
