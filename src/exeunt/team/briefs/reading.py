"""A brief as it is written, in Markdown, and as the team reads it."""

import doctest
import re

import attrs

from .function import Example, Function

_TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)
_SECTION = re.compile(r"^## +`?(.+?)`? *$", re.MULTILINE)
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^``` *$", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"`(\w+)`")


@attrs.frozen
class Brief:
    """What somebody wants to have.

    Attributes:
        name: What the package is to be called.
        purpose: What it is for.
        functions: What it has to offer.

    """

    name: str
    purpose: str
    functions: tuple[Function, ...]

    def __getitem__(self, name: str) -> Function:
        """Find a function by its name."""
        return next(each for each in self.functions if each.name == name)

    def with_example(self, name: str, example: Example) -> "Brief":
        """Add what a bug has taught to the examples of a function, in front.

        There a worker gets to see it.

        Args:
            name: The function that has the bug.
            example: What it should do.

        """
        old = self[name]
        new = attrs.evolve(old, examples=(example, *old.examples))
        functions = [new if each is old else each for each in self.functions]
        return attrs.evolve(self, functions=tuple(functions))


def read(text: str) -> Brief:
    """Read a brief; whether it makes sense is asked elsewhere.

    Args:
        text: Markdown: a title, what it is for, and a section for each function, with
            its signature as the heading, what it does, and examples as doctests.

    """
    title = _TITLE.search(text)
    start = title.end() if title else 0
    purpose, *rest = _SECTION.split(text[start:])
    pairs = list(zip(rest[::2], rest[1::2], strict=True))
    names = {header.partition("(")[0].strip() for header, _ in pairs}
    return Brief(
        _identifier(title[1]) if title else "",
        " ".join(purpose.split()),
        tuple(_function(header, body, names) for header, body in pairs),
    )


def _identifier(title: str) -> str:
    """Make a title a name that can be imported."""
    return re.sub(r"\W+", "_", title.strip("` ").lower()).strip("_")


def _function(header: str, body: str, names: set[str]) -> Function:
    """Read one section."""
    prose = " ".join(_FENCE.sub("", body).split())
    own = header.partition("(")[0].strip()
    named = dict.fromkeys(_NAMED.findall(prose))
    examples = [
        example for block in _FENCE.findall(body) for example in _examples(block)
    ]
    uses = tuple(name for name in named if name in names and name != own)
    return Function(header, prose, tuple(examples), uses)


def _examples(block: str) -> list[Example]:
    """Read the doctests of a fenced block."""
    return [
        Example(each.source.strip(), raises=each.exc_msg.split(":")[0].strip())
        if each.exc_msg
        else Example(each.source.strip(), each.want.rstrip("\n"))
        for each in doctest.DocTestParser().get_examples(block)
    ]
