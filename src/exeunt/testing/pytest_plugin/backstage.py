"""The recording of a test, without what pytest-trio does around it.

pytest-trio runs each fixture and the test itself as tasks in a nursery of its own, each
with a nursery that the fixture ``nursery`` may hand out. Whoever looks at a test wants
to see none of that: the test is the program, and a fixture is there if it does
something.
"""

from collections.abc import Iterator
from typing import Any

import attrs

from ..._model import events as ev
from ...tracing import Recording

_RUN = 0
_FIXTURE = "<fixture '"
_SCOPES = ("scope", "parent")
_OF_SCOPES = (ev.ScopeOpened, ev.ScopeCancelled, ev.ScopeClosed)
_IDLE = (ev.TaskStarted, ev.TaskEnded, ev.StoodAt)
_FIGURES = ("task", "agent", "owner", "by", "src", "who")


def without_backstage(recording: Recording, test: str) -> Recording:
    """Return *recording* as one of the test that is called so."""
    header = attrs.evolve(recording.header, title=test)
    events = recording.events
    backstage = _Backstage(events)
    if backstage.outer is not None:
        events = tuple(backstage.rid_of(test))
    return Recording(events, header)


class _Backstage:
    """Who is there because of pytest-trio."""

    def __init__(self, events: tuple[ev.Event, ...]) -> None:
        self.events = events
        opened = [each for each in events if isinstance(each, ev.ScopeOpened)]
        begun = [each for each in events if isinstance(each, ev.TaskStarted)]
        self.main = next((each.task for each in begun if each.main), None)
        self.outer = next(
            (each.scope for each in opened if each.owner == self.main), None
        )
        parts = [each for each in begun if each.scope == self.outer]
        self.fixtures = {
            each.task: each.name.removeprefix(_FIXTURE).removesuffix("'>")
            for each in parts
            if each.name.startswith(_FIXTURE)
        }
        self.test = next(
            (each.task for each in parts if each.task not in self.fixtures), None
        )
        own = {each.scope for each in opened if each.parent == self.outer}
        self.scopes = {self.outer, *own - self._inhabited()}
        self.figures = {self.main, *self.fixtures.keys() - self._busy()}

    def rid_of(self, test: str) -> Iterator[ev.Event]:
        """Go through the events that are the test's."""
        for event in self.events:
            figure = getattr(event, "task", getattr(event, "who", None))
            hidden = isinstance(event, _OF_SCOPES) and event.scope in self.scopes
            if not hidden and figure not in self.figures - {None}:
                yield self._seen_from_the_front(event, test)

    def _inhabited(self) -> set[int | None]:
        """Which nurseries somebody was started in."""
        return {
            each.scope
            for each in self.events
            if isinstance(each, ev.AgentStarted | ev.TaskStarted)
        }

    def _busy(self) -> set[int | None]:
        """Who does something that is seen."""
        busy: set[int | None] = set()
        for event in self.events:
            hidden = isinstance(event, ev.ScopeOpened) and event.scope in self.scopes
            if not hidden and not isinstance(event, _IDLE):
                values = _values_of(event)
                busy.update(values[name] for name in _FIGURES if name in values)
        return busy

    def _seen_from_the_front(self, event: ev.Event, test: str) -> ev.Event:
        values = _values_of(event)
        changed: dict[str, Any] = {
            name: _RUN for name in _SCOPES if values.get(name) in self.scopes - {None}
        }
        if isinstance(event, ev.TaskStarted) and event.task == self.test:
            changed |= {"name": test, "main": True}
        elif isinstance(event, ev.TaskStarted) and event.task in self.fixtures:
            changed["name"] = f"fixture {self.fixtures[event.task]}"
        elif isinstance(event, ev.TaskEnded) and event.task == self.test:
            changed |= self._end()
        return attrs.evolve(event, **changed) if changed else event

    def _end(self) -> dict[str, Any]:
        """How the test has ended, which pytest-trio hands over to the main task."""
        for event in reversed(self.events):
            if isinstance(event, ev.TaskEnded) and event.task == self.main:
                return {"outcome": event.outcome, "error": event.error}
        return {}


def _values_of(event: ev.Event) -> dict[str, Any]:
    """Return the fields of an event with their values."""
    return {
        field.name: getattr(event, field.name) for field in attrs.fields(type(event))
    }
