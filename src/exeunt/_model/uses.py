"""Who uses whom, and so who leaves before whom.

An agent that is started without a word about what it uses may use everything that was
started before it. So nobody need declare anything, and the order of leaving is the
reverse of the order of starting, as in OTP. Where the uses are declared, agents that
have nothing to do with each other leave together.

The order is worked out by levels. An agent stands one level above the highest that it
uses, so it leaves before all of them when the highest level leaves first. For the
agents that may use everything, the highest level so far is kept while going through
them in the order of their start; so the whole takes time in proportion to the number
of agents and declared uses, and not to its square.

After Kahn, "Topological sorting of large networks", CACM 5 (1962).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

N = TypeVar("N", bound=Hashable)

Uses = Mapping[N, Sequence[N] | None]
"""What each one uses, in the order of starting; None: all that started before it."""


def waves(uses: Uses[N]) -> list[list[N]]:
    """Return who leaves together, the first to leave first.

    Within a wave the last to start comes first. What is used but not in *uses* has
    left already and counts for nothing.

    Raises:
        ValueError: the declared uses close a ring.
    """
    levels = _levels(uses)
    found: list[list[N]] = [[] for _ in range(max(levels.values(), default=-1) + 1)]
    for one in reversed(list(uses)):
        found[-1 - levels[one]].append(one)
    return [wave for wave in found if wave]


def _levels(uses: Uses[N]) -> dict[N, int]:
    levels: dict[N, int] = {}
    highest = -1
    for one, used in uses.items():
        if used is None:
            levels[one] = highest + 1
        else:
            _place(one, uses, levels)
        highest = max(highest, levels[one])
    return levels


def _place(one: N, uses: Uses[N], levels: dict[N, int]) -> None:
    """Find the level of *one*, after those of all that it uses, without recursion.

    It may use some that started later, but none that may use everything: that would
    be a ring.
    """
    way = {one: iter(uses[one] or ())}
    while way:
        here = next(reversed(way))
        for used in way[here]:
            if used in uses and used not in levels:
                if used in way:
                    raise ValueError("the uses close a ring")
                way[used] = iter(uses[used] or ())
                break
        else:
            del way[here]
            below = (levels[used] for used in uses[here] or () if used in uses)
            levels[here] = 1 + max(below, default=-1)


def users_of(start: Iterable[N], uses: Uses[N]) -> set[N]:
    """Return *start* and all that use them, directly or not."""
    found = set(start)
    grown = True
    while grown:
        grown = False
        seen = False
        for one, used in uses.items():
            if one not in found and (seen if used is None else found & set(used)):
                found.add(one)
                grown = True
            seen = seen or one in found
    return found


def ring_closed_by(user: N, used: N, uses: Uses[N]) -> list[N]:
    """Return the ring that *user* would close by using *used*, or nothing.

    Each in the ring uses the next one, and the last the first.
    """
    order = list(uses)
    user_of = {used: user}
    waiting = [used]
    while waiting and user not in waiting:
        here = waiting.pop()
        below = uses[here]
        for each in order[: order.index(here)] if below is None else below:
            if each not in user_of:
                user_of[each] = here
                waiting.append(each)
    if not waiting:
        return []
    ring = [user]
    while user_of[ring[0]] != user:
        ring.insert(0, user_of[ring[0]])
    return [user, *ring[:-1]]
