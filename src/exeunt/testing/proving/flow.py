"""What goes in at one end of a Trio object and comes out at the other.

A `send` and a `receive` on one channel can change places, and so can an `acquire` and a
`release` of one lock, although each does something else if the other has not been
there: it waits. After both, all is the same. This holds because in Trio it is a
checkpoint too if it need not wait: so each takes one step to come and one to go on.

What must not get lost is that the receiver's *next* step follows the sender's. If the
receiver has waited, it is the sender that wakes it, which Trio tells. If the message
was there already, it is noted here.
"""

from typing import Protocol

import attrs

from .footprint import How
from .recorder import Recorder


class Pending(Protocol):
    """An operation that may wait."""

    def done(self, looking: Recorder) -> None:
        """Hear that it is done, in the step that goes on."""
        ...

    def given_up(self) -> None:
        """Hear that it has failed, or was cancelled."""
        ...


@attrs.define(eq=False)
class Entry:
    """One that has come to one end of a flow."""

    flow: "Flow"
    step: int
    comes_out: bool

    def done(self, looking: Recorder) -> None:
        """Note which step at the other end it needed."""
        flow = self.flow
        needed: float = flow.came_out.index(self) if self.comes_out else 0
        others = flow.went_in
        if not self.comes_out:
            needed, others = flow.went_in.index(self) - flow.room, flow.came_out
        if 0 <= needed < len(others):
            looking.steps[-1].after.add(others[int(needed)].step)

    def given_up(self) -> None:
        """Forget that it has come."""
        (self.flow.came_out if self.comes_out else self.flow.went_in).remove(self)


@attrs.define(eq=False)
class Flow:
    """A channel, or something that hands out tokens.

    Attributes:
        number: the number of the object.
        room: how many more can have gone in than have come out, without waiting.
    """

    number: int
    room: float
    went_in: list[Entry] = attrs.field(factory=list[Entry])
    came_out: list[Entry] = attrs.field(factory=list[Entry])
    closed: bool = False

    def wait_in(self, looking: Recorder) -> Entry:
        """Put something in, and wait for room."""
        self._touch(looking, "in", How.WRITE)
        looking.wait_at(("waiting", self.number))
        return self._enter(looking)

    def wait_out(self, looking: Recorder) -> Entry:
        """Take something out, and wait until there is something."""
        self._touch(looking, "out", How.WRITE)
        looking.wait_at(("waiting", self.number))
        return self._leave(looking)

    def put(self, looking: Recorder, works: bool) -> None:
        """Put something in if there is room."""
        self._touch(looking, "in", How.WRITE if works else How.READ)
        if not works or len(self.went_in) >= self.room:
            # There may be no room before something has been taken out.
            looking.touch(("out", self.number), How.READ)
        if works:
            self._enter(looking)

    def take(self, looking: Recorder, works: bool) -> None:
        """Take something out if there is something."""
        self._touch(looking, "out", How.WRITE if works else How.READ)
        looking.touch(("in", self.number), How.READ)
        if works:
            self._leave(looking)

    def give_back(self, looking: Recorder) -> None:
        """Take a token out, which never waits."""
        self._touch(looking, "out", How.WRITE)
        self._leave(looking)

    def look(self, looking: Recorder) -> None:
        """See how much is there, and who waits."""
        self._touch(looking, "in", How.READ)
        looking.touch(("out", self.number), How.READ)
        looking.touch(("ends", self.number), How.READ)

    def open(self, looking: Recorder) -> None:
        """Add one to those that can put in or take out."""
        looking.touch(("ends", self.number), How.ADD)

    def close(self, looking: Recorder, *, last: bool) -> None:
        """Take one of those away; it matters to the others if it is the last."""
        looking.touch(("ends", self.number), How.ADD)
        if last:
            looking.touch(("open", self.number), How.WRITE)
            self.closed = True

    def _touch(self, looking: Recorder, part: str, how: int) -> None:
        looking.touch((part, self.number), how)
        looking.touch(("open", self.number), How.READ)
        looking.touch(("waiting", self.number), How.READ)
        if self.closed:  # it would not be, had any of its ends not been closed
            looking.touch(("ends", self.number), How.READ)

    def _enter(self, looking: Recorder) -> Entry:
        entry = Entry(self, looking.here(), comes_out=False)
        self.went_in.append(entry)
        return entry

    def _leave(self, looking: Recorder) -> Entry:
        entry = Entry(self, looking.here(), comes_out=True)
        self.came_out.append(entry)
        return entry


@attrs.define(eq=False)
class Flag:
    """An event, once set for ever. Waiting and setting can change places."""

    number: int
    was_set: int | None = None

    def set(self, looking: Recorder) -> None:
        """Set it. Two that set it cannot change places: the first wakes the others."""
        looking.touch(("flag", self.number), How.WRITE)
        looking.touch(("waiting", self.number), How.READ)
        if self.was_set is None:
            self.was_set = looking.here()

    def wait(self, looking: Recorder) -> "Flag":
        """Wait until it is set."""
        looking.touch(("waiters", self.number), How.ADD)
        looking.wait_at(("waiting", self.number))
        return self

    def look(self, looking: Recorder) -> None:
        """See whether it is set."""
        looking.touch(("flag", self.number), How.READ)

    def count(self, looking: Recorder) -> None:
        """See how many wait."""
        self.look(looking)
        looking.touch(("waiters", self.number), How.READ)

    def done(self, looking: Recorder) -> None:
        """Whoever goes on after waiting follows who has set it."""
        assert self.was_set is not None
        looking.steps[-1].after.add(self.was_set)

    def given_up(self) -> None:
        """Nothing depends on who has given up waiting but the number of those."""
