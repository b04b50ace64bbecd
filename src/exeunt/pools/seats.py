"""Who of a pool takes which message."""

from collections import deque
from collections.abc import Callable, Hashable
from itertools import count
from typing import TYPE_CHECKING, Any

import attrs
import trio

from .._core.ask import message_of
from .._model.words import shown

if TYPE_CHECKING:
    from .sharing import Shared, Tap


@attrs.define(eq=False)
class Seat:
    """The place of one worker."""

    tap: "Tap | None" = None
    own: deque[tuple[int, Hashable, Any]] = attrs.field(factory=deque[Any])
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

    def sit(self) -> Seat:
        """Give a seat to one more worker."""
        self.free.append(seat := Seat())
        return seat

    def vacate(self, seat: Seat) -> None:
        """Let no new message go to this seat."""
        if seat in self.free:
            self.free.remove(seat)

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
        self._homeless: deque[Any] = deque()  # came while there was no seat
        self._numbers = count()

    def open(self, mailbox: "Shared") -> None:
        """Be the seats of the pool with this mailbox, and take over what is in it."""
        super().open(mailbox)
        self._homeless.extend(mailbox.empty())
        self.waiting = len(self._homeless)
        mailbox.inlet = Routed(mailbox.inlet, self)

    def reopen(self) -> None:
        """Be the seats of the same pool, which is started again."""
        super().reopen()
        self._homeless.extend(self.clear())
        self.waiting = len(self._homeless)

    def sit(self) -> Seat:
        """Give a seat to one more worker."""
        seat = super().sit()
        while self._homeless:
            self._put(self._homeless.popleft())
        return seat

    def check(self, message: object) -> None:
        """Complain about a message for which there is no seat."""
        self._key(message)

    def route(self, item: object) -> None:
        """Put *item* where its key belongs.

        Raises:
            trio.WouldBlock: as many messages wait as may.
        """
        self.check(message_of(item))
        if self.waiting >= self.mailbox.capacity:
            raise trio.WouldBlock
        self.waiting += 1
        self._put(item)

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
        seats = dict.fromkeys(seat for seat, _ in self._owners.values())
        entries = sorted(entry for seat in seats for entry in seat.own)
        for seat in seats:
            seat.own.clear()
        left = [*self._homeless, *(item for _, _, item in entries)]
        self._homeless.clear()
        self._owners.clear()
        self.waiting = 0
        return left

    def _put(self, item: object) -> None:
        key = self._key(message_of(item))
        if not self.free and key not in self._owners:
            self._homeless.append(item)
            return
        seat, number = self._owners.get(key) or (self._seat_for(key), 0)
        self._owners[key] = seat, number + 1
        seat.own.append((next(self._numbers), key, item))
        if seat.tap is not None:
            seat.tap.wake()

    def _seat_for(self, key: Hashable) -> Seat:
        return self.free[hash(key) % len(self.free)]

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
        key = self._key_of(message)
        try:
            hash(key)
        except TypeError:
            raise TypeError(
                f"the key of {shown(message)} is not hashable: {shown(key)}. A pool "
                "with a key needs a hashable one for every message"
            ) from None
        return key


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
