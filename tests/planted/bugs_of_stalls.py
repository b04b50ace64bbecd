"""Bugs in finding out who waits, and the law that has to find them."""

from bugs import Bug

from exeunt.stalls import of_trio, rings

_LAW = "stalls: exactly the rings"

BUGS = [
    Bug(
        "nobody stands in the way of who wants a lock",
        _LAW,
        of_trio._lock,
        "(owner,), (owner,)",
        "(), (owner,)",
    ),
    Bug(
        "a ring is told for each of its tasks",
        _LAW,
        rings.rings,
        "taken.update(ring)",
        "pass",
    ),
    Bug(
        "whoever waits for one of a ring is taken for a part of it",
        _LAW,
        rings._shortest,
        "if after == origin:",
        "if after in way:",
    ),
]
