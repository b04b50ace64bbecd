"""All the agents of one supervisor, and what has gone wrong with them."""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs
import trio

from .._core.failures import as_group
from .._core.journal import Journal, journal_here
from .._core.trio_private import cancel_scope
from .._model import uses
from .._model.lifecycle import Reason
from .._model.outcome import Outcome
from .._model.restarts import Backoff, Budget, Strategy
from .._model.words import shown
from .belongings import Belongings
from .muster import Idler, Muster
from .restarting import restart

if TYPE_CHECKING:
    from .child import Child
    from .group import Group

_FLAT = "_exeunt_flat"  # marks the groups that a supervisor has raised


@attrs.define(eq=False)
class Troupe:
    """The agents of one supervisor."""

    strategy: Strategy
    budget: Budget
    backoff: Backoff | None
    nursery: trio.Nursery = attrs.field(init=False)
    journal: Journal | None = attrs.field(factory=journal_here)
    body: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    draining: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    belongings: Belongings = attrs.field(factory=Belongings)
    leaving: bool = False
    hurried: bool = False  # to be cancelled, not drained
    why: str | None = None
    children: "dict[str, Child]" = attrs.field(factory=dict[str, "Child"])
    failures: list[BaseException] = attrs.field(factory=list[BaseException])
    _early: deque[Outcome] = attrs.field(factory=lambda: deque[Outcome](maxlen=100))
    _last: list[Outcome] = attrs.field(factory=list[Outcome])
    _numbers: dict[str, int] = attrs.field(factory=dict[str, int])

    # Who waits for several at once.
    broken: "set[Child]" = attrs.field(factory=set["Child"])  # come again with others
    mending: trio.CancelScope | None = None
    mustered: Muster | None = None  # for the one that starts them again
    last_muster: Muster | None = None  # for the one that sees them off
    idlers: list[Idler] = attrs.field(factory=list[Idler])

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """How they left: lately and badly, or at the end."""
        return (*self._early, *self._last)

    def __contains__(self, child: object) -> bool:
        name: str = getattr(child, "name", "")
        return self.children.get(name) is child

    def name_for(self, wanted: str | None, usual: str) -> str:
        """Return a name that nobody has."""
        if wanted is not None:
            if wanted in self.children:
                raise ValueError(f"there is an agent {wanted!r} on stage already")
            return wanted
        name = usual
        while name in self.children:
            self._numbers[usual] = number = self._numbers.get(usual, 1) + 1
            name = f"{usual}-{number}"
        return name

    def graph(self) -> "dict[Child | Group, list[Child | Group] | None]":
        """Return who uses whom, in the order of starting; a group is one."""
        found: dict[Child | Group, list[Child | Group] | None] = {}
        for child in self.children.values():
            node = child.group or child
            used = found.setdefault(node, [])
            if child.uses is None:
                found[node] = None
            elif used is not None:
                nodes = (each.group or each for each in child.uses)
                used.extend(each for each in nodes if each is not node)
        return found

    def waves(self) -> "list[list[Child | Group]]":
        """Return who leaves together, the first to leave first."""
        return uses.waves(self.graph())

    def present(self, wave: "Iterable[Child | Group]") -> "list[Child]":
        """Return the agents of a wave that have not left by themselves."""
        return [c for node in wave for c in node.members() if c in self]

    def victims(self) -> "list[list[Child]]":
        """Return who is started again with those that are broken, wave by wave."""
        graph = self.graph()
        if self.strategy is Strategy.ONE_FOR_ALL:
            chosen = set(graph)
        else:
            out = [c for c in self.children.values() if c.waiting or c in self.broken]
            chosen = uses.users_of({each.group or each for each in out}, graph)
        return [
            self.present(node for node in wave if node in chosen)
            for wave in uses.waves(graph)
        ]

    def broke(self, child: "Child") -> None:
        """Start *child* again, which has crashed, and others with it if need be."""
        if self.strategy is Strategy.ONE_FOR_ONE or self.leaving:
            child.gate = None  # it comes in alone
            return
        child.gate = trio.Event()
        self.broken.add(child)
        if self.mending is None:
            self.mending = trio.CancelScope(shield=True)  # `leave` cancels it
            self.nursery.start_soon(restart, self, name="restarts of a supervisor")

    def arrived(self, child: "Child") -> None:
        """Hear that *child* waits to come in again, or has come in, or has left."""
        if self.mustered is not None:
            self.mustered.report(child)

    def settled(self, child: "Child") -> None:
        """Hear that an agent may have nothing left to do."""
        for idler in self.idlers:
            idler.settled(child)

    async def idle(self, children: "Iterable[Child]") -> None:
        """Wait until none of *children* has anything to do."""
        while not (idler := Idler(children)).done:
            self.idlers.append(idler)
            try:
                await idler.wait()
            finally:
                self.idlers.remove(idler)

    def lose(self, child: "Child", error: BaseException | None) -> None:
        """Hear that *child* has left for good."""
        del self.children[child.life.name]
        self.broken.discard(child)
        self.note(child.life.outcome)
        if error is not None:
            self.fail(error)
        self.arrived(child)
        if self.last_muster is not None:
            self.last_muster.report(child)

    def note(self, outcome: Outcome) -> None:
        """Keep an outcome that somebody may want to see."""
        if self.leaving:
            self._last.append(outcome)
        elif outcome.undelivered or outcome.reason is not Reason.STOPPED:
            self._early.append(outcome)

    def exhausted(self) -> None:
        """The restarts are used up: what was forgiven is not, any more."""
        for failure in self.budget.failures:
            self.fail(failure)

    def fail(self, error: BaseException) -> None:
        """Something has failed for good: the scene is over."""
        parts = [error]
        group = as_group(error)
        if group is not None and getattr(group, _FLAT, False):
            parts = list(group.exceptions)
        known = {id(failure) for failure in self.failures}
        self.failures += [part for part in parts if id(part) not in known]
        self.hurry(shown(error))

    def hurry(self, reason: str | None) -> None:
        """End the body, and cancel everybody in order rather than have them drain."""
        if self.journal is not None and not self.hurried:
            self.journal.hurried(self.nursery, reason)
        self.hurried = True
        self.why = self.why or reason
        cancel_scope(self.body, reason)
        cancel_scope(self.draining, reason)

    def failure(self) -> BaseException | None:
        """Return all that has failed, in one flat group, the first one first."""
        if not self.failures:
            return None
        group = BaseExceptionGroup("a supervisor's scene has failed", self.failures)
        setattr(group, _FLAT, True)
        return group
