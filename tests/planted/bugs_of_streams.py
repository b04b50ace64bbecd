"""Bugs in the streams."""

from bugs import Bug

from exeunt._core import stream

BUGS = [
    Bug(
        "an item is made before it is wanted",
        "streams: in order and on demand",
        stream.Stream._wanted,
        "await self._demand.park()",
        "await checkpoint_if_cancelled()",
    ),
    Bug(
        "an item is lost when the wait for it was cancelled",
        "streams: in order and on demand",
        stream.Stream._feed,
        "if not self._left:",
        "if not self.parked:\n            self._item = NOTHING\n        else:",
    ),
    Bug(
        "the block is left before the turn has ended",
        "streams: the turn ends before the block",
        stream.Stream.leave,
        "await self.park()",
        "pass",
    ),
    Bug(
        "leaving can be cut short",
        "streams: the turn ends before the block",
        stream.Stream._on_cancel,
        "if self._left:",
        "if False:",
    ),
    Bug(
        "a turn is not cancelled with the reader that enters",
        "streams: the turn ends before the block",
        stream.Stream.__dict__["linked"].fget,
        "return True",
        "return False",
    ),
    Bug(
        "leaving cancels the agent",
        "streams: the agent goes on",
        stream.Stream.leave,
        "self.turn.cancel()",
        "self.life.scope.cancel()",
    ),
    Bug(
        "an agent that waits for its reader is no edge",
        "streams: rings are deadlocks",
        stream.Stream._wanted,
        "Demand(self._reader, self.message)",
        "Demand(None)",
    ),
    Bug(
        "an agent still waits for its reader when the item is wanted",
        "streams: rings are deadlocks",
        stream.Stream._next,
        "self._demand.release()\n        self._wait()",
        "self._wait()\n        self._demand.release()",
    ),
]
