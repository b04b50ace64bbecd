"""What the team lets its user know while it works."""

import attrs

from ..briefs.dividing import Division


@attrs.frozen
class Planned:
    """The architect has divided the work."""

    division: Division
    by: str


@attrs.frozen
class Drafting:
    """A worker has begun to write."""

    function: str
    attempt: int
    model: str


@attrs.frozen
class Judged:
    """An attempt has its verdict.

    Attributes:
        function: What was attempted.
        attempt: Which attempt it was.
        model: Who made it.
        passed: Whether it passed the gate.
        why: If not, what was wrong with it.
        tokens: What it took.

    """

    function: str
    attempt: int
    model: str
    passed: bool
    why: str
    tokens: int


@attrs.frozen
class Doubted:
    """The gate of a function has been tried with wrong code.

    Attributes:
        function: Whose gate it is.
        passed: How many of the mutants it let through.
        tried: How many there were that do something else.

    """

    function: str
    passed: int
    tried: int


@attrs.frozen
class Settled:
    """A function is done with, one way or the other.

    Attributes:
        function: Which one.
        accepted: Whether there is a source that was accepted.
        attempts: How many attempts it took.
        why: If there is none, what was in the way.

    """

    function: str
    accepted: bool
    attempts: int
    why: str = ""


@attrs.frozen
class Restructured:
    """A function that nobody could write has been given helpers."""

    function: str
    helpers: tuple[str, ...]


News = Planned | Drafting | Judged | Doubted | Settled | Restructured
"""Whatever the team publishes on its topic."""
