"""The rules of scopes: nothing sticks out of its box."""

from collections.abc import Callable

from .._model import events as ev

Insider = tuple[str, int]


class Scopes:
    """Those that are open, with who and what is in them."""

    def __init__(self, blame: Callable[[ev.Event, str], None], *, lost: bool) -> None:
        self._blame = blame
        self._lost = lost
        self._inside: dict[int, set[Insider]] = {}
        self._place: dict[Insider, int | None] = {}  # the scope in which it is
        self._cancelled: set[int] = set()

    def see(self, event: ev.Event) -> None:
        """Check what happens next."""
        match event:
            case ev.ScopeOpened(scope=scope, parent=parent):
                if ("scope", scope) in self._place:
                    self._blame(event, f"scope {scope} was opened before")
                self._inside[scope] = set()
                self._enter(event, ("scope", scope), parent)
            case ev.ScopeCancelled(scope=scope):
                if self._is_open(event, scope) and scope in self._cancelled:
                    self._blame(event, f"scope {scope} was cancelled before")
                self._cancelled.add(scope)
            case ev.ScopeClosed(scope=scope):
                self._close(event, scope)
            case ev.AgentStarted(agent=number, scope=inside):
                self._enter(event, ("agent", number), inside)
            case ev.TaskStarted(task=number, scope=inside):
                self._enter(event, ("task", number), inside)
            case ev.AgentLeft(agent=number):
                self._leave(("agent", number))
            case ev.TaskEnded(task=number):
                self._leave(("task", number))
            case _:
                pass

    def _enter(self, event: ev.Event, who: Insider, scope: int | None) -> None:
        self._place[who] = scope
        if scope is not None and self._is_open(event, scope):
            self._inside[scope].add(who)

    def _leave(self, who: Insider) -> None:
        scope = self._place.get(who)
        if scope is not None:
            self._inside.get(scope, set()).discard(who)

    def _is_open(self, event: ev.Event, scope: int) -> bool:
        if scope in self._inside:
            return True
        if ("scope", scope) in self._place:
            self._blame(event, f"scope {scope} is closed")
        elif not self._lost:
            self._blame(event, f"scope {scope} was never opened")
        return False

    def _close(self, event: ev.Event, scope: int) -> None:
        if self._is_open(event, scope):
            for kind, number in sorted(self._inside.pop(scope)):
                self._blame(event, f"{kind} {number} is still in scope {scope}")
        self._leave(("scope", scope))
