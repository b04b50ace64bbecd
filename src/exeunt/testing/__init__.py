"""Help for the tests of programs that use exeunt, or Trio alone.

To search orders of steps: `explore`, `replay`, `Schedule`; for all of them, `prove` and
`touch`. To disturb: the sweeps with `victim`, `FaultPlan` and its faults, `failpoint`.
To test one agent: `Probe`, `expect_closed`, or `rehearse`, whose values are in
``exeunt.testing.effects``. To hold one against laws: `check_agent`, `check_mailbox`,
`Scenario`. To fail early: `fail_when_stalled`, `nothing_leaks`. With Hypothesis, from
the extra ``exeunt[testing]``: ``exeunt.testing.strategies`` draws schedules, messages,
faults and scenarios, ``exeunt.testing.machine`` holds an agent against a model. Under
pytest, the plugin ``exeunt.testing.pytest_plugin`` is there by itself.
"""

from ..stalls.failing import Stalled, fail_when_stalled
from .complaints import NotExplored, SingleSchedule
from .conformance import (
    Conformance,
    Kept,
    LawBroken,
    check_agent,
    check_mailbox,
)
from .doubles.expecting import Unexpected, expect_closed
from .doubles.probe import Probe, Standing
from .doubles.rehearsal import CannotRehearse, Rehearsal, rehearse
from .doubles.stand_in import Script, StandIn
from .exploring.decorating import explored
from .exploring.exploration import Exploration, Finding, NotDeterministic
from .exploring.explore import explore, find_failure, replay
from .faults.failpoints import failing, failpoint
from .faults.faulty import Faulty, faulty
from .faults.plan import (
    CrashAfter,
    CrashBefore,
    Delay,
    Drop,
    Duplicate,
    FailAt,
    Fault,
    FaultPlan,
    InjectedCrash,
    random_faults,
)
from .leaks import Leaked, nothing_leaks
from .proving import Proof, Unproved, prove, touch
from .scenarios.record import Entry, Record, Result
from .scenarios.scenario import End, Line, Scenario
from .schedules.conductor import UncontrolledSchedule
from .schedules.schedule import Schedule
from .sweeping.oracle import LedgerBroken
from .sweeping.sweep import Sweep
from .sweeping.sweeps import sweep_cancellation, sweep_crashes, sweep_interrupts
from .sweeping.victims import victim

__all__ = [
    "CannotRehearse",
    "Conformance",
    "CrashAfter",
    "CrashBefore",
    "Delay",
    "Drop",
    "Duplicate",
    "End",
    "Entry",
    "Exploration",
    "FailAt",
    "Fault",
    "FaultPlan",
    "Faulty",
    "Finding",
    "InjectedCrash",
    "Kept",
    "LawBroken",
    "Leaked",
    "LedgerBroken",
    "Line",
    "NotDeterministic",
    "NotExplored",
    "Probe",
    "Proof",
    "Record",
    "Rehearsal",
    "Result",
    "Scenario",
    "Schedule",
    "Script",
    "SingleSchedule",
    "Stalled",
    "StandIn",
    "Standing",
    "Sweep",
    "UncontrolledSchedule",
    "Unexpected",
    "Unproved",
    "check_agent",
    "check_mailbox",
    "expect_closed",
    "explore",
    "explored",
    "fail_when_stalled",
    "failing",
    "failpoint",
    "faulty",
    "find_failure",
    "nothing_leaks",
    "prove",
    "random_faults",
    "rehearse",
    "replay",
    "sweep_cancellation",
    "sweep_crashes",
    "sweep_interrupts",
    "touch",
    "victim",
]
