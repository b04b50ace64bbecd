"""What a full mailbox does with one message more.

A policy takes the place of the channel's ends: whoever puts a message in or takes one
out need not know of it. Waiting is no policy of this kind but what the mailbox does by
itself when a channel is full; refusing is a word to those who would wait.
"""

from collections.abc import Callable, Hashable
from typing import Any, Literal, get_args

import attrs
import trio

from .._model.words import shown
from .ask import message_of

Overflow = Literal["wait", "refuse", "drop_newest", "drop_oldest", "latest"]
OVERFLOWS: tuple[str, ...] = get_args(Overflow)

Inlet = trio.MemorySendChannel[Any]
Outlet = trio.MemoryReceiveChannel[Any]
Drop = Callable[[Any], None]
KeyOf = Callable[[Any], Hashable]


def checked_key(key_of: KeyOf, message: object, who_needs: str) -> Hashable:
    """Return the key of *message*, or complain that nothing can be put under it."""
    key = key_of(message)
    try:
        hash(key)
    except TypeError:
        raise TypeError(
            f"the key of {shown(message)} is not hashable: {shown(key)}. "
            f"{who_needs} a hashable key"
        ) from None
    return key


@attrs.define
class DropNewest:
    """An inlet that gives up the message for which there is no room."""

    inlet: Inlet
    drop: Drop

    def send_nowait(self, item: object) -> None:
        """Put *item* in, or drop it."""
        try:
            self.inlet.send_nowait(item)
        except trio.WouldBlock:
            self.drop(item)

    def close(self) -> None:
        """Accept nothing more."""
        self.inlet.close()


@attrs.define
class DropOldest:
    """An inlet that gives up the message that has waited longest."""

    inlet: Inlet
    outlet: Outlet
    drop: Drop

    def send_nowait(self, item: object) -> None:
        """Put *item* in, and if need be drop another one for it."""
        try:
            self.inlet.send_nowait(item)
        except trio.WouldBlock:
            oldest = self.outlet.receive_nowait()
            self.inlet.send_nowait(item)
            self.drop(oldest)

    def close(self) -> None:
        """Accept nothing more."""
        self.inlet.close()


@attrs.define(eq=False)
class _Slot:
    """The place of a key in the queue, and the newest item that has it."""

    key: Hashable
    item: Any


_Slots = dict[Hashable, _Slot]


@attrs.define
class Latest:
    """An inlet that keeps only the newest message of each key.

    The newest takes the place of the one it drops. Had it to go to the end of the
    queue, a key that is busy enough would never come up.
    """

    inlet: Inlet
    drop: Drop
    key_of: KeyOf
    slots: _Slots = attrs.field(factory=_Slots)

    def send_nowait(self, item: object) -> None:
        """Put *item* in, and drop the one with its key."""
        key = self._key(message_of(item))
        slot = self.slots.get(key)
        if slot is None:
            slot = _Slot(key, item)
            self.inlet.send_nowait(slot)
            self.slots[key] = slot
        else:
            older, slot.item = slot.item, item
            self.drop(older)

    def has_place(self, message: object) -> bool:
        """Return whether there is a place for *message* already."""
        return self._key(message) in self.slots

    def close(self) -> None:
        """Accept nothing more."""
        self.slots = {}  # the outlet keeps them; here, each key is a new one now
        self.inlet.close()

    def _key(self, message: object) -> Hashable:
        return checked_key(
            self.key_of, message, "Where overflow='latest', every message needs"
        )


@attrs.define
class LatestOutlet:
    """The other end of `Latest`: takes the messages out of their places."""

    outlet: Outlet
    slots: _Slots

    def receive_nowait(self) -> object:
        """Take out the newest message of the key that has waited longest."""
        slot: _Slot = self.outlet.receive_nowait()
        del self.slots[slot.key]
        return slot.item

    def statistics(self) -> "trio.MemoryChannelStatistics":
        """Look into the channel."""
        return self.outlet.statistics()

    def close(self) -> None:
        """Take nothing out any more."""
        self.outlet.close()


@attrs.define
class InsideOnly:
    """An inlet that is closed for some, while others still come in."""

    inlet: Any
    is_inside: Callable[[], bool]

    def send_nowait(self, item: object) -> None:
        """Put *item* in, if its sender is one of those who may."""
        if not self.is_inside():
            raise trio.ClosedResourceError
        self.inlet.send_nowait(item)

    def close(self) -> None:
        """Accept nothing more from anybody."""
        self.inlet.close()
