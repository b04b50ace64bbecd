"""Who waits for what in a Trio run: asked, proved in tests, watched in production.

`who_waits` looks at a run from inside it. `watchdog` looks again and again. In tests,
`exeunt.testing.fail_when_stalled` ends a run in which nothing can happen any more.
"""

from .looking import who_waits
from .values import Kind, Place, Stall, Wait
from .watching import Alarm, watchdog

__all__ = ["Alarm", "Kind", "Place", "Stall", "Wait", "watchdog", "who_waits"]
