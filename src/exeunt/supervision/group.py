"""Agents that use each other, so that none of them can leave before the others."""

from typing import TYPE_CHECKING, final

import attrs
import trio

if TYPE_CHECKING:
    from .child import Child
    from .troupe import Troupe


@final
@attrs.define(eq=False, repr=False)
class Group:
    """Agents that leave as one, from `Supervisor.group`."""

    _troupe: "Troupe"
    _settle: float  # seconds

    def __repr__(self) -> str:
        return f"<Group of {len(self.members())} agents>"

    def is_of(self, troupe: "Troupe") -> bool:
        """Return whether it is a group of this supervisor."""
        return self._troupe is troupe

    def members(self) -> "list[Child]":
        """Return its agents that have not left yet."""
        return [c for c in self._troupe.children.values() if c.group is self]

    async def drain(self) -> None:
        """Close it to outsiders, wait until nothing goes on inside, and stop it.

        Which may never be, so there is a time after which its agents are cancelled.
        """
        members = self.members()
        lives = {child.life for child in members}
        for life in lives:
            life.mailbox.close_to_outsiders(lives, life.refusal)
        with trio.move_on_after(self._settle) as patience:
            await self._troupe.idle(members)
        for life in lives:
            if patience.cancelled_caught:
                life.cancel(f"its group did not settle within {self._settle:g} s")
            else:
                life.stop()
