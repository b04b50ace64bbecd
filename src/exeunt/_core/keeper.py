"""Who takes part in an agent's life from outside."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .life import Life


class Keeper(Protocol):
    """Who looks after an agent that does not live for itself alone."""

    def may_keep(self, life: "Life") -> bool:
        """Return whether there are crashes after which the agent is started again."""
        ...

    def keeps(self, life: "Life", failure: BaseException) -> bool:
        """Return whether the agent, which has just crashed, is started again."""
        ...

    async def let_in(self, life: "Life") -> bool:
        """Wait until the next incarnation may begin; return whether it is to."""
        ...

    def called_off(self, life: "Life") -> None:
        """Hear that there is nothing left for another incarnation to do."""

    def came_in(self, life: "Life") -> None:
        """Hear that an incarnation is ready."""

    def settled(self, life: "Life") -> None:
        """Hear that the agent may have nothing left to do."""

    def ended(self, life: "Life") -> None:
        """Hear that the life is over, and see to its error if there is one."""


class Watcher(Protocol):
    """Who wants to hear of an agent's end."""

    def release(self) -> None:
        """Hear of it."""
