"""What a supervisor is told, checked where it is told."""

from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any, TypeGuard

from .._core.agent import Agent
from .._core.handle import Handle
from .._core.inside import life_of
from .._core.setting import Setting, check_factory, check_number, name_of
from .._model.restarts import Backoff, Budget, Restart, Strategy
from .._model.uses import ring_closed_by
from .child import Child
from .group import Group
from .troupe import Troupe


def strategy(word: Any) -> Strategy:
    """Return the strategy of this name."""
    if word not in tuple(Strategy):
        raise ValueError(f"strategy is one of {_words(Strategy)}, not {word!r}")
    return Strategy(word)


def budget(max_restarts: object, within: float) -> Budget:
    """Return the budget of so many restarts."""
    if not isinstance(max_restarts, int) or isinstance(max_restarts, bool):
        raise TypeError(f"max_restarts is a number, an int, not {max_restarts!r}")
    if max_restarts < 0:
        raise ValueError(f"max_restarts is 0 or more, not {max_restarts}")
    if not check_number("within", within) > 0:
        raise ValueError(f"within is a positive number of seconds, not {within}")
    return Budget(max_restarts, within)


def check_backoff(backoff: object) -> None:
    """Complain about what is no backoff."""
    if backoff is not None and not isinstance(backoff, Backoff):
        raise TypeError(f"backoff is an exeunt.Backoff, not {backoff!r}")


def begin(
    troupe: Troupe,
    factory: Callable[..., Agent[Any]],
    args: tuple[object, ...],
    setting: Setting,
    uses: Sequence[Handle[Any]] | None,
    restart: Any,
    restart_on: object,
    group: object,
) -> Child:
    """Bring an agent into being, if all that is said of it is in order."""
    check_factory(factory)
    setting.check()
    if troupe.leaving:
        raise RuntimeError(
            f"cannot start agent {setting.name or name_of(factory)!r}: "
            "its supervisor is leaving. Start agents while its block is running"
        )
    if restart not in tuple(Restart):
        raise ValueError(f"restart is one of {_words(Restart)}, not {restart!r}")
    if group is not None and not (isinstance(group, Group) and group.is_of(troupe)):
        raise ValueError(
            f"{group!r} is no group of this supervisor: supervisor.group(...) makes one"
        )
    used = None if uses is None else children_of(troupe, uses)
    if group is not None:
        _check_ring(troupe, group, used)
    setting.name = troupe.name_for(setting.name, name_of(factory))
    child = Child(
        troupe,
        factory,
        args,
        setting,
        Restart(restart),
        kinds(restart_on),
        group,
        used,
    )
    child.begin()
    troupe.children[setting.name] = child
    return child


def child_of(troupe: Troupe, handle: object) -> Child:
    """Return the agent of the supervisor that *handle* leads to."""
    life = life_of(handle, "what can be used or dismissed")
    child = life.keeper
    if not isinstance(child, Child) or child.troupe is not troupe:
        raise ValueError(
            f"agent {life.name!r} is not one of this supervisor's: "
            "only they can be used or dismissed"
        )
    if child not in troupe:
        raise ValueError(f"agent {life.name!r} has left already")
    return child


def children_of(troupe: Troupe, handles: Any) -> list[Child]:
    """Return the agents of the supervisor that *handles* lead to."""
    if not _is_list(handles):
        raise TypeError(f"uses is a list of Handles, not {handles!r}")
    return [child_of(troupe, handle) for handle in handles]


def declare(child: Child, used: list[Child]) -> None:
    """Let *child* use these, unless that closes a ring."""
    before, child.uses = child.uses, []
    try:
        _check_ring(child.troupe, child.group or child, used)
    except ValueError:
        child.uses = before
        raise
    child.uses = used


def _check_ring(troupe: Troupe, node: Child | Group, used: list[Child] | None) -> None:
    """Complain if *node* closed a ring by using these, or all that came before it."""
    graph = troupe.graph()
    if node not in graph:
        return  # nobody can use what is not there yet
    if used is None:
        others = [*takewhile(lambda each: each is not node, graph)]
    else:
        others = [each.group or each for each in used]
    for other in others:
        if other is node and node.members() != [node]:
            continue  # inside a group
        ring = ring_closed_by(node, other, graph)
        if ring:
            names = " -> ".join(c.name for n in [*ring, node] for c in n.members()[:1])
            raise ValueError(
                f"these agents would use each other in a ring: {names}. None of them "
                "could leave first: put them into one group, supervisor.group(...)"
            )


def check_unused(child: Child) -> None:
    """Complain if another agent has declared that it uses this one."""
    users = [c.name for c in child.troupe.children.values() if child in (c.uses or ())]
    if users:
        raise ValueError(
            f"agent {child.name!r} is used by {', '.join(map(repr, users))}: "
            "dismiss the users first"
        )


def kinds(restart_on: Any) -> tuple[type[Exception], ...]:
    """Return the kinds of exceptions after which an agent is started again."""
    chosen = _as_tuple(restart_on)
    for kind in chosen:
        if not isinstance(kind, type) or not issubclass(kind, Exception):
            raise TypeError(
                "restart_on is an Exception class or a tuple of such, and "
                f"{kind!r} is none: KeyboardInterrupt and its like end the program"
            )
    return chosen


def _is_list(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str)


def _as_tuple(given: Any) -> tuple[Any, ...]:
    return given if _is_tuple(given) else (given,)


def _is_tuple(given: object) -> TypeGuard[tuple[Any, ...]]:
    return isinstance(given, tuple)


def _words(words: type[Strategy] | type[Restart]) -> str:
    return ", ".join(repr(str(word)) for word in words)
