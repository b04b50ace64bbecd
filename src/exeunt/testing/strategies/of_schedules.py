"""A Hypothesis strategy for orders of steps."""

from hypothesis import strategies as st

from ..schedules.schedule import Schedule

_CHOICES = st.integers(0, 11)


def schedules() -> st.SearchStrategy[Schedule]:
    """Draw schedules: orders in which the tasks of a Trio program take their steps.

    A plain ``@given`` test of Trio code sees one single order, however many examples
    it runs, since Hypothesis reseeds Trio's generator for each. A drawn schedule is
    part of the example: it is varied like all the rest, printed with the failure, and
    shrunk, as a rule to the few steps at which the order matters.

    It is drawn before the run. Drawing inside the run would let Hypothesis end an
    example from within Trio's scheduler.

    Returns:
        A strategy for `Schedule`. It shrinks towards first come, first served.

    Example::

        @given(schedule=schedules())
        def test_nothing_gets_lost(schedule):
            schedule.run(scenario)
    """
    # Short lists by nature: without the long ones no late step would ever be unusual.
    short = st.lists(_CHOICES, max_size=12)
    long = st.lists(_CHOICES, min_size=20, max_size=120)
    return st.one_of(short, long).map(Schedule)
