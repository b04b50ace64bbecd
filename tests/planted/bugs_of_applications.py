"""Bugs in running applications, and the laws that have to find them."""

from bugs import Bug

from exeunt.application import Application, Signals

BUGS = [
    Bug(
        "the second signal is waited for without an end",
        "applications: they leave in time",
        Application._escort,
        "trio.move_on_after(self.grace)",
        "trio.CancelScope()",
    ),
    Bug(
        "the first signal drains the agents and leaves main alone",
        "applications: they leave in time",
        Application._escort,
        "self.supervisor.stop()",
        "pass",
    ),
    Bug(
        "the second signal does not end the grace",
        "applications: they leave in time",
        Signals._tell,
        "self.second.set()",
        "pass",
    ),
    Bug(
        "the first signal cancels",
        "applications: nothing is cut short early",
        Application._escort,
        "self.supervisor.stop()",
        "self.supervisor.cancel()",
    ),
    Bug(
        "that the grace has run out does not show in the status",
        "applications: the status is true",
        vars(Application)["status"].fget,
        "int(self.overran or lost)",
        "int(lost)",
    ),
    Bug(
        "the third signal is held back until everybody has left",
        "applications: the third is let through",
        Signals._come,
        "self.give_back()",
        "pass",
    ),
    Bug(
        "after the grace the next signal is held back",
        "applications: the third is let through",
        Application._escort,
        "signals.give_back()",
        "pass",
    ),
]
