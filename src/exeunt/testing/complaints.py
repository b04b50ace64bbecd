"""What the pytest plugin warns of."""


class SingleSchedule(UserWarning):
    """A ``@given`` test of Trio code that draws no schedule.

    However many examples it runs, it sees one single order of steps, since Hypothesis
    has Trio take the same one for each example. Add ``schedule=schedules()``, from
    `exeunt.testing.strategies`, to what the test draws: an async test is then steered
    by it, without doing anything for that.
    """


class NotExplored(UserWarning):
    """A test was not explored, as it ran differently under the same schedule.

    A failure that was found so could not be shown again. Something besides the order
    of steps decides what the test does: real time, chance, a thread, a socket, the
    order of a set, or what an earlier test has left behind. Mark it with
    ``@pytest.mark.unsteered`` to have it run once under ``--explore``.
    """
