"""Bugs in the registry."""

from bugs import Bug

from exeunt import registry

BUGS = [
    Bug(
        "an agent that has left is still found",
        "registry: who is found is there",
        registry._Entry.release,
        "del self.entries[self.key]",
        "pass",
    ),
    Bug(
        "an agent that was taken out takes its successor out when it leaves",
        "registry: who is found is there",
        registry.Registry.remove,
        "entry.life.unwatch(entry)",
        "pass",
    ),
    Bug(
        "of those who wait for a key, only one is told",
        "registry: who is found is there",
        registry.Registry.put,
        "awaited.lot.unpark_all()",
        "awaited.lot.unpark()",
    ),
    Bug(
        "an agent that has left can still be put there",
        "registry: who is found is there",
        registry.Registry.put,
        "if handle.closed:",
        "if False:",
    ),
]
