"""A team under more load than it can take, event by event, in no time at all.

It shows what a bound is worth: all who ask come at random, whoever is let in waits for
a free worker in order of arrival, and what is late was done for nothing.
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from random import Random
from typing import Protocol

import attrs

from .admission import Admitted, Full


class Doorkeeper(Protocol):
    """Whoever decides about letting work in."""

    def try_admit(self) -> Admitted | Full:
        """Let a job in, or not."""
        ...

    def left(self, took: float | None = None) -> None:
        """Note that a job has left."""
        ...


@attrs.define
class Constant:
    """Lets in up to a number that somebody once chose; infinite for no bound."""

    limit: float = inf
    inside: int = attrs.field(default=0, init=False)

    def try_admit(self) -> Admitted | Full:
        """Let a job in if there are fewer than the number."""
        if self.inside >= self.limit:
            return Full(0.0)
        self.inside += 1
        return Admitted(0.0)

    def left(self, took: float | None = None) -> None:  # noqa: ARG002 - it learns nothing
        """Note that a job has left."""
        self.inside -= 1


@attrs.frozen
class Day:
    """What became of those who asked.

    Attributes:
        on_time: Jobs that were done within the deadline.
        late: Jobs that were done later, and so for nothing.
        refused: Jobs that were not let in.
        inside: Jobs that were not done when the last one had come.
        most: How many jobs were inside at the same time, at the most.
        goodput: The jobs done on time, as a share of what the team could have done.

    """

    on_time: int
    late: int
    refused: int
    inside: int
    most: int
    goodput: float


def exponential(random: Random, mean: float) -> float:
    """Draw a time of work that says nothing of what is left of it."""
    return random.expovariate(1 / mean)


@attrs.define
class _Team:
    """Workers, and the jobs that wait for them: when each came, and its work."""

    free: int
    waiting: deque[tuple[float, float]] = attrs.field(
        factory=deque[tuple[float, float]]
    )
    busy: list[tuple[float, float, float]] = attrs.field(
        factory=list[tuple[float, float, float]]
    )

    def come(self, now: float, work: float) -> None:
        """Take a job in."""
        self.waiting.append((now, work))
        self._start(now)

    def done_until(self, now: float) -> Iterator[tuple[float, float]]:
        """Give how long each job was inside that is done by now, and its work."""
        while self.busy and self.busy[0][0] <= now:
            done, came, work = heapq.heappop(self.busy)
            self.free += 1
            self._start(done)
            yield done - came, work

    def _start(self, now: float) -> None:
        while self.free and self.waiting:
            came, work = self.waiting.popleft()
            heapq.heappush(self.busy, (now + work, came, work))
            self.free -= 1

    def __len__(self) -> int:
        return len(self.waiting) + len(self.busy)


def simulate(
    door: Doorkeeper,
    *,
    load: float,
    workers: int = 4,
    service: float = 30.0,
    deadline: float = 120.0,
    jobs: int = 2_000,
    seed: int = 0,
    draw: Callable[[Random, float], float] = exponential,
) -> Day:
    """Live through a day in which so many ask for work, at random times.

    Args:
        door: who lets them in.
        load: how much is asked for, as a share of what the team can do.
        workers: how many jobs can be in work at once.
        service: how many seconds of work a job takes in the mean.
        deadline: within how many seconds after it has come a job has to be done.
        jobs: how many ask.
        seed: what the draws begin with.
        draw: draws the work of a job, given its mean.

    Example::

        from exeunt.team.mechanisms.overload import Constant, simulate

        assert simulate(Constant(limit=10), load=3).goodput > 0.85
        assert simulate(Constant(), load=3).goodput < 0.05
    """
    random = Random(seed)  # noqa: S311 - it is a simulation
    team, now, refused, most = _Team(workers), 0.0, 0, 0
    times: list[float] = []
    for _ in range(jobs):
        now += random.expovariate(load * workers / service)
        # Drawn in any case, so that all doors see the same jobs come.
        work = draw(random, service)
        for took, worked in team.done_until(now):
            times.append(took)
            door.left(worked)
        if isinstance(door.try_admit(), Full):
            refused += 1
        else:
            team.come(now, work)
        most = max(most, len(team))
    on_time = sum(took <= deadline for took in times)
    could = workers * now / service
    return Day(on_time, len(times) - on_time, refused, len(team), most, on_time / could)
