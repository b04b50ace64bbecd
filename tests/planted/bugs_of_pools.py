"""Bugs in sharing work among equal agents, and the laws that have to find them."""

from bugs import Bug

from exeunt.pools import company, seats, sharing

BUGS = [
    Bug(
        "a worker takes one more message after the pool was cancelled",
        "pools: 9 no start after cancel",
        sharing.Shared.close_intake,
        "if self.life.state is State.CLOSING:",
        "if False:",
    ),
    Bug(
        "what was put aside for a worker is lost with it",
        "pools: 1 conservation",
        seats.KeyedSeats.leave,
        "self._homeless.extend(seat.own)",
        "pass",
    ),
    Bug(
        "a key is forgotten while its last message is being handled",
        "pools: 4 order of a key",
        seats.KeyedSeats.take,
        "seat.busy = True",
        "seat.busy = True; self._release(seat)",
    ),
    Bug(
        "a key follows the number of workers at once",
        "pools: 4 order of a key",
        seats.KeyedSeats._put,
        "owner = self._owners.get(key)",
        "owner = self._owners.get(key) if not self.free else None",
    ),
    Bug(
        "a key is never forgotten",
        "pools: 26 no leaks",
        seats.KeyedSeats._release,
        "if number == 1:",
        "if False:",
    ),
    Bug(
        "the newest message of a seat comes first",
        "pools: 4 order of a key",
        seats.KeyedSeats.take,
        "seat.own.popleft()",
        "seat.own.pop()",
    ),
    Bug(
        "a worker too many drops its turn instead of finishing it",
        "pools: 6 lossless drain",
        company.Company.fill,
        "worker.life.stop()",
        "worker.life.cancel(None)",
        rare=True,
    ),
    Bug(
        "a worker leaves its pool without its account",
        "pools: 1 conservation",
        company.Account.release,
        "pool.handled += worker.handled",
        "pass",
    ),
    Bug(
        "a crashed worker's message is counted for the pool twice",
        "pools: 1 conservation",
        company.Account.release,
        "pool.failed += worker.failed",
        "pool.failed += 2 * worker.failed",
    ),
    Bug(
        "a crash comes out as another one",
        "pools: 10 a crash surfaces once",
        company.Company._employ,
        "return first",
        "return RuntimeError()",
    ),
    Bug(
        "the account forgets who still works",
        "pools: 1 conservation",
        company.Worker.begin,
        "[*self.pool.crew, self.life]",
        "[self.life]",
    ),
    Bug(
        "a pool without a key lets the last in the line in first",
        "pools: 4 order without a key",
        sharing.Tap.call_in,
        "return self._shared.call_in()",
        "self._shared.line.move_to_end(next(iter(self._shared.line)))"
        "; return self._shared.call_in()",
    ),
    Bug(
        "nobody is woken for a message",
        "pools: 5 ask totality",
        sharing.Shared.wake,
        "if self.asleep:",
        "if len(self.asleep) > 2:",
    ),
    Bug(
        "what a dismissed worker was woken for wakes nobody else",
        "pools: resizing loses nothing",
        sharing.Tap.receive_nowait,
        "shared.wake()",
        "pass",
        rare=True,
    ),
]
