"""Help for the tests of programs that use exeunt, or Trio alone.

`explore` looks for an order of steps in which a program fails; `Schedule` is one such
order; `exeunt.testing.strategies` draws them with Hypothesis and needs the extra
``exeunt[testing]``.
"""

from .exploration import Exploration, Finding, NotDeterministic
from .exploring import explore, find_failure, replay
from .running import Stalled, UncontrolledSchedule
from .schedule import Schedule

__all__ = [
    "Exploration",
    "Finding",
    "NotDeterministic",
    "Schedule",
    "Stalled",
    "UncontrolledSchedule",
    "explore",
    "find_failure",
    "replay",
]
