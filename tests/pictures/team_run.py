"""A feature goes through the team: the run that the picture's golden bytes show."""

from collections.abc import Sequence

from scripted import Script

from exeunt._model import events as ev


def team_run() -> Sequence[ev.Event]:
    """An ask, a full mailbox, a crash, a restart, a deadline, a message left over."""
    script = Script()
    _opening(script)
    _design(script)
    _first_tasks(script)
    _crash(script)
    _full(script)
    _deadline(script)
    return script.events


def _opening(s: Script) -> None:
    s.opens("program", None, None, kind="run")
    s.task("main", "program", main=True)
    s.opens("team", "program", "main")
    s.starts("architect", "team", "Architect", by="main")
    s.starts("manager", "team", "Manager", by="main")
    s.ready("architect", "manager")
    s.sends("feature", "main", "manager")
    s.awaits("main", "manager", "end")


def _design(s: Script) -> None:
    s.begins("feature", "manager")
    s.sends("design?", "manager", "architect", "ask", cause="feature")
    s.begins("design?", "architect")
    s.now = 0.4
    s.ends("design?")
    s.message(ev.AskAnswered, "design?", error=None)
    s.opens("crew", "team", "manager", kind="supervisor", deadline=6.0)
    s.starts("engineer A", "crew", "Engineer", 2, by="manager")
    s.starts("engineer B", "crew", "Engineer", 2, by="manager")
    s.ready("engineer A", "engineer B")


def _first_tasks(s: Script) -> None:
    for n in (1, 2, 3):
        s.sends(f"Task({n})", "manager", "engineer A", cause="feature")
        if n == 1:
            s.begins("Task(1)", "engineer A")
    s.agent(ev.AgentStopping, "engineer A", how="stop", reason=None)
    for n in (4, 5, 6):
        s.sends(f"Task({n})", "manager", "engineer B", cause="feature")
        if n == 4:
            s.begins("Task(4)", "engineer B")
    s.offers("Task(7)", "manager", "engineer B", cause="feature")
    s.waits("Task(7)")


def _crash(s: Script) -> None:
    s.now = 1.4
    s.ends("Task(1)")
    s.begins("Task(2)", "engineer A")
    s.now = 2.0
    error = "ValueError: unclear spec"
    s.ends("Task(2)", "failed", error)
    s.agent(ev.AgentFailed, "engineer A", error=error, doing="handling Task(2)")


def _full(s: Script) -> None:
    s.now = 2.4
    s.ends("Task(4)")
    s.begins("Task(5)", "engineer B")
    s.accepts("Task(7)")
    s.offers("Task(8)", "manager", "engineer B", cause="feature")
    s.waits("Task(8)")
    s.now = 2.8
    s.agent(ev.AgentRestarted, "engineer A", restarts=1)
    s.ready("engineer A")
    s.begins("Task(3)", "engineer A")
    s.now = 3.6
    s.ends("Task(3)")
    s.leaves("engineer A")
    s.now = 3.9
    s.ends("Task(5)")
    s.begins("Task(6)", "engineer B")
    s.accepts("Task(8)")
    s.now = 4.1
    s.left("engineer A")
    s.awaits("manager", "engineer B", "end")


def _deadline(s: Script) -> None:
    s.now = 5.2
    s.ends("Task(6)")
    s.begins("Task(7)", "engineer B")
    s.now = 6.0
    s.cancels("crew", "deadline", "the sprint is over")
    s.ends("Task(7)", "interrupted")
    s.agent(ev.AgentStopping, "engineer B", how="cancel", reason="the sprint is over")
    s.leaves("engineer B")
    s.ends("Task(8)", "undelivered")
    s.now = 6.5
    s.left("engineer B", "cancelled")
    s.awaited("manager", "engineer B")
    s.closes("crew")
    s.ends("feature")
    for name in ("manager", "architect"):
        s.agent(ev.AgentStopping, name, how="stop", reason=None)
        s.leaves(name)
        s.left(name)
    s.awaited("main", "manager")
    s.closes("team")
    s.task_ends("main", "returned")
    s.closes("program")
