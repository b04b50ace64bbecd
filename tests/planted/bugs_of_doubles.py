"""Bugs in the test kit's own doubles: fault plans, rehearsals, probes."""

from bugs import Bug

from exeunt.testing.doubles import probe, rehearsal, rehearsed, stand_in
from exeunt.testing.faults import faulty

FAULTS = "faults: what was planned, and nothing else"
REHEARSAL = "rehearsal: as on stage"
PROBE = "probe: each message once, in its order"

BUGS = [
    Bug(
        "a fault strikes again and again",
        FAULTS,
        faulty.Progress._due,
        "self._met[fault.of] == fault.nth",
        "self._met[fault.of] >= fault.nth",
    ),
    Bug(
        "messages of all classes are counted together",
        FAULTS,
        faulty.Progress._count,
        "{f.of for f in self.faults if isinstance(message, f.of)}",
        "{f.of for f in self.faults}",
    ),
    Bug(
        "a behaviour that the agent chooses slips past the plan",
        FAULTS,
        faulty._StruckLife.become,
        "super().become(self.handler)",
        "super(_StruckLife, self).become(handler)",
    ),
    Bug(
        "a duplicate comes behind what waits",
        FAULTS,
        faulty.Progress.echo,
        "life.side().returned.appendleft(message)",
        "life.mailbox.inlet.send_nowait(message)",
    ),
    Bug(
        "a crash after the turn comes before it",
        FAULTS,
        faulty.Struck.handle,
        "crash = fault",
        "raise _crash(fault, 'after', message, life)",
    ),
    Bug(
        "a delay takes no time",
        FAULTS,
        faulty.Struck.handle,
        "await trio.sleep(seconds)",
        "await trio.sleep(0)",
    ),
    Bug(
        "a rehearsed agent keeps its first behaviour",
        REHEARSAL,
        rehearsed.Rehearsed.become,
        "super().become(handler)",
        "super()",
    ),
    Bug(
        "what is sent in a rehearsal is forgotten",
        REHEARSAL,
        stand_in._Notepad.send_nowait,
        "note(Sent(self.life.name, item))",
        "pass",
    ),
    Bug(
        "a refusal in a rehearsal is a crash",
        REHEARSAL,
        rehearsal.Rehearsal._perform,
        "refusal = None if error is None else lone_refusal(error)",
        "refusal = None",
    ),
    Bug(
        "a message that was expected comes again",
        PROBE,
        probe.Probe.expect,
        "self._arrivals.taken += 1",
        "pass",
    ),
    Bug(
        "a probe does not hear of what comes while it waits",
        PROBE,
        probe.Probe._take,
        "self._more.set()",
        "pass",
    ),
    Bug(
        "a probe that expects nothing calls its silence a message",
        PROBE,
        probe.Probe.expect_nothing_for,
        "if came is not None:",
        "if self._arrivals.all:",
    ),
]
