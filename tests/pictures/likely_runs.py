"""Runs as a runtime might have had them: one main task and a few agents."""

from hypothesis import strategies as st
from scripted import Script

from exeunt._model import events as ev

AGENTS = ("Anna", "Berta", "Carla")
FATES = ("handled", "handled", "failed", "interrupted")


class Stage:
    """Keeps the rules of mailboxes while a run is made up."""

    def __init__(self) -> None:
        self.script = Script()
        self.script.task("main", None, main=True)
        self.script.opens("crew", None, "main")
        self.inside: dict[str, list[str]] = {}
        self.outside: dict[str, list[str]] = {}
        self.at: dict[str, str] = {}
        self.asks: set[str] = set()
        self.sent = 0
        for name in AGENTS:
            self.script.starts(name, "crew", "Agent", 2, by="main")
            self.script.ready(name)
            self.inside[name], self.outside[name] = [], []

    def offer(self, name: str, kind: str) -> None:
        self.sent += 1
        text = f"m{self.sent}m"
        self.script.offers(text, "main", name, kind)
        if kind == "ask":
            self.asks.add(text)
        if len(self.inside[name]) < 2:
            self.script.accepts(text)
            self.inside[name].append(text)
        else:
            self.script.waits(text)
            self.outside[name].append(text)

    def begin(self, name: str) -> None:
        if name in self.at or not self.inside[name]:
            return
        self.at[name] = self.inside[name].pop(0)
        self.script.begins(self.at[name], name)
        if self.outside[name]:
            text = self.outside[name].pop(0)
            self.script.accepts(text)
            self.inside[name].append(text)

    def end(self, name: str, fate: str) -> None:
        if name not in self.at:
            return
        text = self.at.pop(name)
        error = "ValueError: no" if fate == "failed" else None
        if fate == "failed":
            doing = f"handling {text}"
            self.script.agent(ev.AgentFailed, name, error=error, doing=doing)
        self._answer(text, None if fate == "handled" else f"AgentCrashed: {name}")
        self.script.ends(text, fate, error)
        if fate == "failed":
            self.script.agent(ev.AgentRestarted, name, restarts=1)
            self.script.ready(name)

    def _answer(self, text: str, error: str | None) -> None:
        if text in self.asks:
            self.script.message(ev.AskAnswered, text, error=error)

    def lose(self, name: str, fate: str) -> None:
        """Let a message come to nothing."""
        if fate == "withdrawn" and self.outside[name]:
            self.script.ends(self.outside[name].pop(), "withdrawn")
        elif fate in {"dropped", "abandoned"} and self.inside[name]:
            self.script.ends(self.inside[name].pop(0), fate)
        elif fate == "refused":
            self.sent += 1
            self.script.offers(f"m{self.sent}m", "main", name)
            self.script.ends(f"m{self.sent}m", "refused", "MailboxFull: full")

    def leave(self) -> None:
        self.script.cancels("crew", "deadline", "enough")
        for name in AGENTS:
            if name in self.at:
                self.end(name, "interrupted")
            self.script.leaves(name)
            for text in self.inside[name]:
                self.script.ends(text, "undelivered")
            for text in self.outside[name]:
                self.script.ends(text, "refused", "AgentClosed: too late")
            self.script.left(name, "cancelled")
        self.script.closes("crew")
        self.script.task_ends("main", "returned")


ACTIONS = st.one_of(
    st.tuples(
        st.just("offer"), st.sampled_from(AGENTS), st.sampled_from(["send", "ask"])
    ),
    st.tuples(st.just("begin"), st.sampled_from(AGENTS), st.none()),
    st.tuples(st.just("end"), st.sampled_from(AGENTS), st.sampled_from(FATES)),
    st.tuples(
        st.just("lose"),
        st.sampled_from(AGENTS),
        st.sampled_from(["withdrawn", "dropped", "abandoned", "refused"]),
    ),
)


@st.composite
def likely_runs(draw: st.DrawFn, *, most: int = 25) -> list[ev.Event]:
    """Made of what might happen, with some time between."""
    stage = Stage()
    for action, name, how in draw(st.lists(ACTIONS, max_size=most)):
        stage.script.now += draw(st.sampled_from([0, 0, 0.0005, 0.25, 3]))
        getattr(stage, action)(name, *([how] if how else []))
    if draw(st.booleans()):
        stage.leave()
    return stage.script.events
