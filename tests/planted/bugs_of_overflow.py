"""Bugs in what a full mailbox does with one message more."""

from bugs import Bug

from exeunt._core import overflow

BUGS = [
    Bug(
        "the oldest message makes room, but the newest is told that it was dropped",
        "21 overflow",
        overflow.DropOldest.send_nowait,
        "self.drop(oldest)",
        "self.drop(item)",
    ),
    Bug(
        "a message that finds no room vanishes from the ledger",
        "21 overflow",
        overflow.DropNewest.send_nowait,
        "self.drop(item)",
        "pass",
    ),
    Bug(
        "the latest message of a key is dropped for the older one",
        "21 overflow",
        overflow.Latest.send_nowait,
        "older, slot.item = slot.item, item",
        "older = item",
    ),
    Bug(
        "a key keeps its place when its message has been taken out",
        "21 overflow",
        overflow.LatestOutlet.receive_nowait,
        "del self.slots[slot.key]",
        "pass",
    ),
]
