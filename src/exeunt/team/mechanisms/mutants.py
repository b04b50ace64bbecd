"""Small mistakes in a source that is right, to see which of them a gate notices.

The classical operators (DeMillo, Lipton and Sayward, "Hints on Test Data Selection",
1978): they rest on the two hypotheses that programs are nearly right and that tests
which find small mistakes find large ones too. Some mutants do the same as before, which
nobody can decide for all; so the share that passes a gate is an upper estimate.
"""

import ast
import copy
from collections.abc import Iterator
from itertools import islice

import attrs

from .mistakes import is_idle, mistakes


@attrs.frozen
class Mutant:
    """A source with one mistake in it.

    Attributes:
        source: The source.
        mistake: What was changed, in words.
        line: In which line of the original.

    """

    source: str
    mistake: str
    line: int


def mutants(source: str, most: int = 50) -> tuple[Mutant, ...]:
    r"""Make one small mistake at a time in a source.

    Args:
        source: what is right.
        most: how many mutants to make at the most; they are then taken from all over
            the source, and not only from its beginning.

    Returns:
        Mutants, no two alike, none like the source, and the same ones each time.

    Raises:
        SyntaxError: the source is no Python.

    Example::

        from exeunt.team.mechanisms.mutants import mutants

        found = mutants("def older(a, b):\n    return a > b")
        assert [each.mistake for each in found] == [
            "nothing is returned",
            "> became >=",
            "> became <=",
        ]
        assert found[1].source == "def older(a, b):\n    return a >= b"
    """
    tree = ast.parse(source)
    seen = {ast.unparse(tree)}
    found: list[Mutant] = []
    for place, node in enumerate(_places(tree)):
        for number, (mistake, _) in enumerate(mistakes(node)):
            text = _mutated(tree, place, number)
            if text not in seen:
                seen.add(text)
                found.append(Mutant(text, mistake, getattr(node, "lineno", 0)))
    chosen = min(most, len(found))
    return tuple(found[n * len(found) // chosen] for n in range(chosen))


def _mutated(tree: ast.Module, place: int, number: int) -> str:
    """Write the tree with the mistake of this number at this place."""
    mutated = copy.deepcopy(tree)
    node = next(islice(_places(mutated), place, None))
    _, fields = next(islice(mistakes(node), number, None))
    for field, value in fields.items():
        setattr(node, field, value)
    return ast.unparse(mutated)


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    """Visit all that is done: no annotations, docstrings or imports."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not is_idle(child) and child not in _annotations(tree):
            yield from _places(child)


def _annotations(node: ast.AST) -> list[ast.AST | None]:
    return [getattr(node, "annotation", None), getattr(node, "returns", None)]
