"""Whether there is room for more work: the bound follows from a law, not from taste.

By Little's law (Operations Research 9, 1961) a team of E workers that take S seconds a
job has E * D / S jobs done within D seconds. E of them may be in work, so no more than
E * D / S - E can wait and still be done in time; and since no two jobs take the same,
only a share of that is let in. (To count those in work against that share as well is
the stricter reading. It leaves workers idle whenever the deadline is short: in
`overload`, at a load of 1, it has .76 done on time where this one has .85.)
"""

from math import floor

import attrs


@attrs.frozen
class Admitted:
    """There is room; *eta* is in how many seconds it should be done."""

    eta: float


@attrs.frozen
class Full:
    """There is no room; it may be worth asking again after so many seconds."""

    retry_after: float


def room(workers: int, deadline: float, service: float, share: float = 0.5) -> int:
    """Return how many jobs a team may have, waiting and in work together.

    Args:
        workers: how many jobs can be in work at once.
        deadline: within how many seconds a job has to be done.
        service: how many seconds of work a job takes in the mean.
        share: which share of what could be done in time is let in.

    Returns:
        ``workers + share * (workers * deadline / service - workers)``, rounded down,
        and never fewer than there are workers: what does not wait is done no sooner
        elsewhere.

    Example::

        from exeunt.team.mechanisms.admission import room

        assert room(workers=4, deadline=120, service=30) == 10
    """
    in_time = workers * deadline / service - workers
    return workers + max(0, floor(share * in_time))


@attrs.define
class Admission:
    """Lets work in as long as it is likely to be done in time.

    How long a job takes is learned: an average in which each job counts for less than
    the one after it.

    Args:
        workers: how many jobs can be in work at once.
        deadline: within how many seconds a job has to be done.
        service: how many seconds of work a job takes, as far as is known beforehand.
        share: which share of what could be done in time is let in.
        weight: how much the last job counts in the average, from 0 to 1.

    Example::

        from exeunt.team.mechanisms.admission import Admission, Admitted, Full

        admission = Admission(workers=1, deadline=60, service=30)
        assert admission.try_admit() == Admitted(eta=30)
        assert admission.try_admit() == Full(retry_after=30)
        admission.left(took=20)
        assert admission.service == 29
    """

    workers: int = attrs.field(validator=attrs.validators.ge(1))
    deadline: float = attrs.field(validator=attrs.validators.gt(0))
    service: float = attrs.field(validator=attrs.validators.gt(0))
    share: float = attrs.field(default=0.5, validator=attrs.validators.gt(0))
    weight: float = attrs.field(default=0.1, validator=attrs.validators.gt(0))
    inside: int = attrs.field(default=0, init=False)

    @property
    def limit(self) -> int:
        """How many jobs there may be now, waiting and in work."""
        return room(self.workers, self.deadline, self.service, self.share)

    def try_admit(self) -> Admitted | Full:
        """Let a job in, or say when to ask again."""
        too_many = self.inside + 1 - self.limit
        if too_many > 0:
            return Full(too_many * self.service / self.workers)
        waiting = max(0, self.inside + 1 - self.workers)
        self.inside += 1
        return Admitted(self.service * (1 + waiting / self.workers))

    def left(self, took: float | None = None) -> None:
        """Note that a job has left.

        Args:
            took: how many seconds of work it took; None if it was not finished.

        Raises:
            ValueError: there is none inside.
        """
        if not self.inside:
            raise ValueError("nobody can have left: there is no job inside")
        self.inside -= 1
        if took is not None:
            self.service += self.weight * (took - self.service)
