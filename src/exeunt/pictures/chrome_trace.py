"""A run for Perfetto, chrome://tracing and speedscope: their trace events, as JSON.

Each agent and task is a track, on which its life, its turns and its waits are slices;
arrows go from the sending of a message to its turn, counters show the mailboxes, and
scopes are asynchronous slices. On a virtual clock much happens at the same time: there
each event is put a nanosecond after the one before, so that their order can be seen.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import attrs

from .._model import events as ev
from .parts import Figure, Message, Scope, Turn
from .scene import Scene
from .telling.phrases import brief, called, named, titled
from .telling.sentences import sentence

_Json = dict[str, object]
_PROGRAM = 1


def chrome_trace(events: Sequence[ev.Event], *, title: str = "") -> str:
    """Give a run as a file of trace events.

    Args:
        events: what happened, in order.
        title: what the program is called.

    Returns:
        A JSON text, one trace event a line, in the order of their times.
    """
    trace = _Trace(Scene.of(events))
    told = sorted(trace.made(), key=_time)
    head = [*_names(trace.scene, title)]
    lines = ",\n".join(
        json.dumps(one, separators=(",", ":"), allow_nan=False) for one in head + told
    )
    return f'{{"displayTimeUnit":"ms","traceEvents":[\n{lines}\n]}}\n'


def _names(scene: Scene, title: str) -> Iterator[_Json]:
    yield _meta("process_name", 0, {"name": brief(title) or "a run"})
    for place, figure in enumerate(scene.lanes(), 1):
        track = _track(figure.number)
        yield _meta("thread_name", track, {"name": named(scene, figure.number)})
        yield _meta("thread_sort_index", track, {"sort_index": place})


def _meta(name: str, track: int, args: Mapping[str, object]) -> _Json:
    return {"name": name, "ph": "M", "pid": _PROGRAM, "tid": track, "args": args}


def _track(number: int) -> int:
    """The track of an agent or task; 0 is the program's own."""
    return number + 1


def _time(one: _Json) -> float:
    ts = one["ts"]
    assert isinstance(ts, float)
    return ts


@attrs.define
class _Slice:
    """A stretch of somebody's track, in nanoseconds."""

    begin: int
    end: int
    name: str
    kind: str
    args: Mapping[str, object]


class _Trace:
    """Makes trace events out of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._at: dict[int, int] = {}
        now = -1
        for event in scene.events:
            now = max(round(event.t * 1e9), now + 1)
            self._at[event.seq] = now
        self._end = now + 1
        self._slices: dict[int, list[_Slice]] = {who: [] for who in scene.figures}

    def made(self) -> Iterator[_Json]:
        """All trace events; of those at one time, the slices first."""
        for figure in self.scene.figures.values():
            self._live(figure)
        for message in self.scene.messages.values():
            self._pass(message)
        for wait in self.scene.waits:
            what = sentence(self.scene, wait.begun) or ""
            self._add(wait.who, wait.begun, wait.ended, what, "wait")
        for who, slices in self._slices.items():
            yield from _nested(_track(who), slices)
        for message in self.scene.messages.values():
            yield from self._arrow(message)
        for scope in self.scene.scopes.values():
            yield from self._scope(scope)
        yield from self._counters()
        yield from self._instants()

    def _add(
        self,
        who: int,
        begin: ev.Event | None,
        end: ev.Event | None,
        name: str,
        kind: str,
        args: Mapping[str, object] | None = None,
    ) -> None:
        begins = 0 if begin is None else self._at[begin.seq]
        ends = self._end if end is None else self._at[end.seq]
        if ends > begins:
            one = _Slice(begins, ends, name, kind, args or {})
            self._slices[who].append(one)

    def _live(self, figure: Figure) -> None:
        who, name = figure.number, named(self.scene, figure.number)
        about = {"type": figure.type, "capacity": figure.capacity}
        args = about if figure.kind == "agent" else {}
        self._add(who, figure.started, figure.left, name, figure.kind, args)
        if figure.leaving:
            self._add(who, figure.leaving, figure.left, "cleans up", "cleanup")

    def _pass(self, message: Message) -> None:
        text, dst = titled(message), named(self.scene, message.dst)
        for turn in message.turns:
            args = self._about(message, turn)
            self._add(turn.agent, turn.begun, turn.ended, text, "turn", args)
        if message.src is None or message.offered is None:
            return
        if message.kind == "ask":
            what = f"waits for {dst} to answer {text}"
            answered = message.answered
            self._add(message.src, message.offered, answered, what, "wait")
        if message.waits:
            what = f"waits for room at {dst}"
            self._add(message.src, message.waits, message.room, what, "wait")

    def _about(self, message: Message, turn: Turn) -> Mapping[str, object]:
        """What to know of a turn."""
        ended = turn.ended
        fate = ended.fate if isinstance(ended, ev.MessageEnded) else "postponed"
        about: dict[str, object] = {"message": message.number}
        if message.src is not None:
            about["from"] = named(self.scene, message.src)
        if message.accepted:
            about["waited"] = round(turn.begun.t - message.accepted.t, 9)
        about["fate"] = fate if ended else "still being handled"
        if message.error and ended is message.ended:
            about["error"] = brief(message.error, 200)
        return about

    def _arrow(self, message: Message) -> Iterator[_Json]:
        if message.src is None or not message.offered or not message.turns:
            return
        begun = message.turns[0].begun
        name = titled(message)
        for ph, track, event in (
            ("s", message.src, message.offered),
            ("f", begun.agent, begun),
        ):
            one = self._one(name, ph, event, _track(track), cat="message")
            one["id"] = message.number
            yield one | ({"bp": "e"} if ph == "f" else {})

    def _one(
        self, name: str, ph: str, event: ev.Event | None, track: int, cat: str
    ) -> _Json:
        at = self._end if event is None else self._at[event.seq]
        fixed: _Json = {"name": name, "cat": cat, "ph": ph, "ts": at / 1000}
        return fixed | {"pid": _PROGRAM, "tid": track}

    def _scope(self, scope: Scope) -> Iterator[_Json]:
        name = called(self.scene, scope.number)
        owner = 0 if scope.owner is None else _track(scope.owner)
        first = scope.opened or (self.scene.events[0] if self.scene.events else None)
        for ph, event in (("b", first), ("e", scope.closed)):
            one = self._one(name, ph, event, owner, cat="scope")
            yield one | {"id": scope.number}

    def _counters(self) -> Iterator[_Json]:
        """How many messages lie in each mailbox, whenever that changes."""
        inside: dict[int, int] = {}
        depth: dict[int, int] = {}
        for event in self.scene.events:
            match event:
                case ev.MessageAccepted() | ev.MessagePostponed():
                    dst = self.scene.messages[event.message].dst
                    if dst is None or event.message in inside:
                        continue
                    inside[event.message] = dst
                    depth[dst] = depth.get(dst, 0) + 1
                case ev.MessageBegun() | ev.MessageEnded() if event.message in inside:
                    dst = inside.pop(event.message)
                    depth[dst] -= 1
                case _:
                    continue
            name = f"mailbox of {named(self.scene, dst)}"
            one = self._one(name, "C", event, _track(dst), cat="mailbox")
            yield one | {"args": {"messages": depth[dst]}}

    def _instants(self) -> Iterator[_Json]:
        for event in self.scene.events:
            match event:
                case ev.AgentFailed() | ev.AgentRestarted() | ev.AgentStopping():
                    track, reach = _track(event.agent), "t"
                case ev.ScopeCancelled():
                    track, reach = 0, "g"
                case ev.Noted(who=who) | ev.StepWasLong(who=who):
                    track, reach = 0 if who is None else _track(who), "t"
                case _:
                    continue
            name = sentence(self.scene, event) or ""
            yield self._one(name, "i", event, track, cat="event") | {"s": reach}


def _nested(track: int, slices: list[_Slice]) -> Iterator[_Json]:
    """The slices of a track; one that sticks out of another is cut off."""
    around: list[_Slice] = []
    for one in sorted(slices, key=lambda one: (one.begin, -one.end)):
        while around and around[-1].end <= one.begin:
            around.pop()
        if around:
            one.end = min(one.end, around[-1].end)
        around.append(one)
        fixed: _Json = {"name": one.name, "cat": one.kind, "ph": "X"}
        times = {"ts": one.begin / 1000, "dur": (one.end - one.begin) / 1000}
        yield fixed | times | {"pid": _PROGRAM, "tid": track, "args": one.args}
