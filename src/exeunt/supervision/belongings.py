"""What belongs to a supervisor besides its agents, and ends when they have left."""

from typing import Any, TypeVar

from ..registry import Registry
from ..topics.topic import Topic

M = TypeVar("M")


class Belongings:
    """A registry and topics, as they are asked for."""

    def __init__(self) -> None:
        self.registry: Registry = Registry()
        self._topics: dict[tuple[type[Any], str], Topic[Any]] = {}
        self._closed = False

    def topic(self, kind: type[M], name: str) -> Topic[M]:
        """Return the topic of this kind and name."""
        topic = self._topics.get((kind, name))
        if topic is None:
            self._topics[kind, name] = topic = Topic[Any]()
            if self._closed:
                topic.close()
        return topic

    def close(self) -> None:
        """End all of it."""
        self._closed = True
        self.registry.close()
        for topic in self._topics.values():
            topic.close()
