"""Candidates that do the same, together: what they do is compared, not what they say.

Each candidate is run on the same inputs, and what is seen of it is its behaviour. Where
many agree, they are more likely right (CodeT, arXiv 2207.10397). Where they do not, the
input on which they differ is a question to whoever wrote the specification.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from math import log2
from typing import Generic, TypeVar

import attrs

Name = TypeVar("Name", bound=Hashable)
Behaviour = tuple[str, ...]
"""What is seen of a candidate on each input, in order: a ``repr`` or an error."""


@attrs.frozen
class Cluster(Generic[Name]):
    """Candidates that do the same.

    Attributes:
        behaviour: What they do.
        members: Who they are, as they came.

    """

    behaviour: Behaviour
    members: tuple[Name, ...]

    def __len__(self) -> int:
        return len(self.members)


@attrs.frozen
class Clusters(Generic[Name]):
    """All the candidates, by what they do.

    Attributes:
        groups: The largest first; of equally large ones, the one that came first.

    """

    groups: tuple[Cluster[Name], ...]

    @property
    def largest(self) -> Cluster[Name] | None:
        """The largest one, or one of them; None if there are no candidates."""
        return self.groups[0] if self.groups else None

    @property
    def runner_up(self) -> Cluster[Name] | None:
        """The second, if there is more than one."""
        return self.groups[1] if len(self.groups) > 1 else None

    @property
    def lead(self) -> int:
        """How many more candidates the largest has than the runner-up."""
        first, second, *_ = *map(len, self.groups), 0, 0
        return first - second

    def winner(self, ahead: int = 1) -> Cluster[Name] | None:
        """Return the largest one if it is so far ahead, and None if nobody has won."""
        return self.largest if self.lead >= ahead else None

    @property
    def entropy(self) -> float:
        """How much they differ, in bits: 0 if they all do the same."""
        sizes = [len(group) for group in self.groups]
        return sum(n / sum(sizes) * log2(sum(sizes) / n) for n in sizes)

    def differing(self, inputs: Sequence[str]) -> str | None:
        """Return the first of the inputs on which the two largest differ.

        Args:
            inputs: what the candidates were run on, in the order of their behaviours.

        Raises:
            ValueError: there are more or fewer inputs than were observed.
        """
        if len(self.groups) < 2:
            return None
        first, second = (group.behaviour for group in self.groups[:2])
        each = zip(inputs, first, second, strict=True)
        return next(given for given, one, other in each if one != other)


def cluster(behaviours: Mapping[Name, Behaviour]) -> Clusters[Name]:
    """Put candidates together that do the same.

    Leave out those that could not even be imported: they all do the same.

    Args:
        behaviours: what each candidate does.

    Example::

        from exeunt.team.mechanisms.clusters import cluster

        inputs = ["half(2)", "half(3)"]
        found = cluster({"a": ("1", "1"), "b": ("1", "2"), "c": ("1", "1")})
        assert found.winner().members == ("a", "c")
        assert found.differing(inputs) == "half(3)"
    """
    sizes = Counter(behaviours.values())
    return Clusters(
        tuple(
            Cluster(
                each, tuple(name for name in behaviours if behaviours[name] == each)
            )
            for each, _ in sizes.most_common()
        )
    )
