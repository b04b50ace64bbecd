"""An agent that has its messages handled by others."""

from abc import abstractmethod
from typing import TYPE_CHECKING, NoReturn, TypeVar

from .agent import Agent

if TYPE_CHECKING:
    from .life import Life

M = TypeVar("M")


class Front(Agent[M]):
    """Has a life, a mailbox and a handle like any agent, but no turns of its own."""

    __slots__ = ()

    @abstractmethod
    async def attend(self, life: "Life") -> None:
        """See to it that what comes into the mailbox of *life* is handled.

        Return when its intake is closed and everything has been handled.
        """

    async def handle(self, message: M) -> NoReturn:
        """Do nothing: nobody calls it."""
        raise NotImplementedError
