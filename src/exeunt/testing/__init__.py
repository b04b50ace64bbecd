"""Help for the tests of programs that use exeunt, or Trio alone.

`Schedule` decides which task runs next; `exeunt.testing.strategies` draws schedules
with Hypothesis and needs the extra ``exeunt[testing]``.
"""

from .running import Stalled, UncontrolledSchedule
from .schedule import Schedule

__all__ = ["Schedule", "Stalled", "UncontrolledSchedule"]
