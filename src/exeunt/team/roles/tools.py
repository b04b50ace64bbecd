"""What an engineer works with, and the rules it works by."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import attrs

from exeunt import Topic

from ..budget import OverBudget
from ..journal import CannotRemember
from ..models.errors import ModelError
from ..models.model import Model
from ..sandbox import Sandbox
from .news import News

T = TypeVar("T")

IN_VAIN = (OverBudget, ModelError, CannotRemember)
"""Nothing is left to spend, nobody answers, or nothing can be written down any more:
what no other try would change. It ends in a verdict that says so."""


class Memory(Protocol):
    """Where costly results are kept, so that nothing has to be done twice."""

    async def remember(
        self, kind: str, key: str, work: Callable[[], Awaitable[T]], /
    ) -> T:
        """Return what the work gave the first time; do it, if there was none."""
        ...


class NoMemory:
    """Keeps nothing, for a team that works but once."""

    async def remember(
        self, _kind: str, _key: str, work: Callable[[], Awaitable[T]], /
    ) -> T:
        """Do the work."""
        return await work()


@attrs.frozen(kw_only=True)
class Policy:
    """The mechanisms that make mediocre workers good, and how they are set.

    Attributes:
        width: How many drafts of a function are in work at once.
        p_min: A worker that is right less often than this is not worth its price.
        delta: How unlikely it has to be that a worker is better than that, before the
            next is asked.
        doubt: How many mutants of an accepted draft the gate is tried with; 0 for none.
        leak: The share of them that may pass. If more do, the gate is weak.
        lead: How many drafts a behaviour has to lead by where the gate is weak.
        splits: How often a function may be given helpers.
        plans: How many plans the architect may propose.

    """

    width: int = 2
    p_min: float = 0.2
    delta: float = 0.05
    doubt: int = 8
    leak: float = 0.2
    lead: int = 2
    splits: int = 1
    plans: int = 3


@attrs.frozen(kw_only=True)
class Tools:
    """All that a member of the team needs from outside.

    Attributes:
        ladder: The models to ask, the cheapest first.
        sandbox: Where their code runs.
        memory: What is known already.
        news: Where the user hears of it.
        policy: The rules.

    """

    ladder: tuple[Model, ...]
    sandbox: Sandbox
    memory: Memory = attrs.Factory(NoMemory)
    news: Topic[News] = attrs.Factory(Topic[News])
    policy: Policy = attrs.Factory(Policy)
