"""Who of a pool takes which message."""

from collections import deque
from collections.abc import Callable, Hashable
from itertools import count
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import attrs
import trio

from .._core.ask import message_of
from .._core.lane import NOTHING
from .._core.overflow import checked_key
from .._model.lifecycle import State

if TYPE_CHECKING:
    from .sharing import Shared, Tap

Entry = tuple[int, Any, Any]  # its number, its key, and what came into the mailbox


@attrs.define(eq=False)
class Seat:
    """The place of one worker."""

    tap: "Tap | None" = None
    own: deque[Entry] = attrs.field(factory=deque[Entry])
    key: Hashable = None  # of the message that it took last
    busy: bool = False  # and which may still be being handled


class Seats:
    """Without a key: whoever is free takes the next message."""

    waiting = 0  # messages that are at a seat
    keyed = False

    def __init__(self) -> None:
        self.free: list[Seat] = []  # for whom there are new messages
        self.mailbox: Shared

    def open(self, mailbox: "Shared") -> None:
        """Be the seats of the pool with this mailbox."""
        self.mailbox = mailbox

    def reopen(self) -> None:
        """Be the seats of the same pool, which is started again."""
        self.free.clear()

    def sit(self, *seats: Seat) -> None:
        """Let new messages go to these seats."""
        self.free += [seat for seat in seats if seat not in self.free]

    def vacate(self, seat: Seat) -> None:
        """Let no new message go to this seat."""
        if seat in self.free:
            self.free.remove(seat)

    def leave(self, seat: Seat) -> None:
        """Have the others take what is at this seat: its worker has ended."""
        self.vacate(seat)

    def check(self, message: object) -> None:
        """Complain about a message for which there is no seat."""

    def take(self, seat: Seat) -> object:
        """Return the next message for the worker on *seat*."""
        del seat
        return self.mailbox.outlet.receive_nowait()

    def clear(self) -> list[Any]:
        """Return what is still at the seats, the oldest first."""
        return []


class KeyedSeats(Seats):
    """With a key: all messages that have the same go to the same worker.

    A key goes to the seat that it falls on by its hash. But while messages of it wait
    at a seat, or one is being handled, it stays there, whoever comes or goes: so they
    are handled in order and never two at a time, through any change of the size.
    """

    keyed = True

    def __init__(self, key_of: Callable[[Any], Hashable]) -> None:
        super().__init__()
        self._key_of = key_of
        self._owners: dict[Hashable, tuple[Seat, int]] = {}  # and how many messages
        self._homeless: deque[Entry] = deque()  # came while there was no seat
        self._numbers = count()

    def open(self, mailbox: "Shared") -> None:
        """Be the seats of the pool with this mailbox, and take over what is in it."""
        _check_mailbox(mailbox)
        super().open(mailbox)
        # No key is known of what came before the seats.
        self._homeless.extend(
            (next(self._numbers), NOTHING, item) for item in mailbox.empty()
        )
        self.waiting: int = len(self._homeless)
        over = mailbox.life.state not in {State.STARTING, State.RUNNING}
        mailbox.inlet = Routed(mailbox.inlet, self, closed=over)

    def reopen(self) -> None:
        """Be the seats of the same pool, which is started again."""
        super().reopen()
        self._homeless.extend(self._pick_up())

    def sit(self, *seats: Seat) -> None:
        """Let new messages go to these seats, and what has waited for one."""
        super().sit(*seats)
        self._house()

    def leave(self, seat: Seat) -> None:
        """Have the others take what is at this seat: its worker has ended."""
        super().leave(seat)
        self._release(seat)
        for _, key, _ in seat.own:
            self._owners.pop(key, None)
        self._homeless.extend(seat.own)
        seat.own.clear()
        self._house()

    def check(self, message: object) -> None:
        """Complain about a message for which there is no seat."""
        self._key(message)

    def route(self, item: object) -> None:
        """Put *item* where its key belongs.

        Raises:
            trio.WouldBlock: as many messages wait as may.
        """
        key = self._key(message_of(item))
        if self.waiting >= self.mailbox.capacity:
            raise trio.WouldBlock
        self._put((next(self._numbers), key, item))
        self.waiting += 1

    def take(self, seat: Seat) -> object:
        """Return the next message for the worker on *seat*."""
        self._release(seat)
        if not seat.own:
            raise trio.WouldBlock
        self.waiting -= 1
        _, seat.key, item = seat.own.popleft()
        seat.busy = True
        if self.mailbox.line:
            self.mailbox.admit()
        return item

    def clear(self) -> list[Any]:
        """Return what is still at the seats, the oldest first."""
        self.waiting = 0
        return [item for _, _, item in self._pick_up()]

    def _pick_up(self) -> list[Entry]:
        seats = {seat for seat, _ in self._owners.values()}
        left = [*self._homeless, *(entry for seat in seats for entry in seat.own)]
        for seat in seats:
            seat.own.clear()
            seat.busy = False
        self._homeless.clear()
        self._owners.clear()
        return sorted(left, key=itemgetter(0))

    def _house(self) -> None:
        """Give what has no seat to those that are free."""
        while self._homeless and self.free:
            number, key, item = self._homeless[0]
            if key is NOTHING:
                key = self._key(message_of(item))
            self._put((number, key, item))
            self._homeless.popleft()

    def _put(self, entry: Entry) -> None:
        _, key, _ = entry
        owner = self._owners.get(key)
        if owner is None and not self.free:
            self._homeless.append(entry)
            return
        seat, number = owner or (self.free[hash(key) % len(self.free)], 0)
        self._owners[key] = seat, number + 1
        seat.own.append(entry)
        if seat.tap is not None:
            seat.tap.wake()

    def _release(self, seat: Seat) -> None:
        if not seat.busy:
            return
        seat.busy = False
        _, number = self._owners[seat.key]
        if number == 1:
            del self._owners[seat.key]
        else:
            self._owners[seat.key] = seat, number - 1

    def _key(self, message: Any) -> Hashable:
        return checked_key(
            self._key_of, message, "In a pool with a key, every message needs"
        )


def _check_mailbox(mailbox: "Shared") -> None:
    if mailbox.capacity == 0:
        raise ValueError(
            "a pool with a key needs a capacity of 1 or more: its messages are put "
            "aside for the worker of their key"
        )
    if mailbox.drops:
        raise ValueError(
            "a pool with a key has overflow='wait' or 'refuse': to drop a message "
            "would break the order of its key"
        )


@attrs.define
class Routed:
    """An inlet that leads to the seats."""

    inlet: Any
    seats: KeyedSeats
    closed: bool = False

    def send_nowait(self, item: object) -> None:
        """Put *item* where its key belongs."""
        if self.closed:
            raise trio.ClosedResourceError
        self.seats.route(item)

    def close(self) -> None:
        """Accept nothing more."""
        self.closed = True
        self.inlet.close()
