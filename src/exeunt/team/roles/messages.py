"""What the members of the team ask each other, and what they answer."""

from collections.abc import Mapping

import attrs

from exeunt import Request

from ..briefs.dividing import Division
from ..briefs.function import Function
from ..briefs.reading import Brief
from ..package import Package


@attrs.frozen
class Delivered:
    """The work is done: every example holds, of the whole package.

    Attributes:
        package: What was built.
        sources: The accepted source of each function.
        questions: What the brief leaves open: inputs on which sources differed that
            were all accepted.

    """

    package: Package
    sources: Mapping[str, str]
    questions: tuple[str, ...] = ()


@attrs.frozen
class Rejected:
    """The work was not begun.

    Attributes:
        reasons: What is in the way, in words for whoever wanted it.
        retry_after: In how many seconds there may be room, if that is the reason.

    """

    reasons: tuple[str, ...]
    retry_after: float | None = None


@attrs.frozen
class Escalated:
    """The team could not do all of it, and says what it could not.

    Attributes:
        missing: What is not done, each with the reason.
        sources: What was accepted all the same, by the name of the function.
        questions: What the brief leaves open.

    """

    missing: Mapping[str, str]
    sources: Mapping[str, str]
    questions: tuple[str, ...] = ()


Verdict = Delivered | Rejected | Escalated


@attrs.frozen
class Deliver(Request[Verdict]):
    """Ask the manager for a package.

    Attributes:
        brief: What is wanted.
        present: The sources that there are, if the package is to be mended. What still
            does all that the brief says stays as it is.

    """

    brief: Brief
    present: Mapping[str, str] = attrs.Factory(dict[str, str])


@attrs.frozen
class Plan(Request[Division]):
    """Ask the architect how to divide a brief."""

    brief: Brief


@attrs.frozen
class Split(Request[tuple[Function, ...]]):
    """Ask the architect for helpers for a function that nobody could write.

    The answer may be empty: there is no good idea.
    """

    function: Function


@attrs.frozen
class Built:
    """A source that the engineer stands for.

    Attributes:
        source: The function, and what it brings along.
        attempts: How many attempts it took.
        questions: Inputs on which other accepted sources did something else.

    """

    source: str
    attempts: int
    questions: tuple[str, ...] = ()


@attrs.frozen
class Stuck:
    """There is no source to stand for.

    Attributes:
        why: What is in the way.
        attempts: How many attempts were made.
        final: Whether more tries of whatever kind are in vain: nothing is left of the
            budget, or nobody answers.

    """

    why: str
    attempts: int
    final: bool = False


@attrs.frozen
class Build(Request[Built | Stuck]):
    """Ask an engineer for a function.

    Attributes:
        function: Its contract.
        used: The contracts of what it may call.
        modules: The modules that it may import from, by their names.
        uses: Which names it takes from which of them.
        neighbours: The sources that its own module has already.
        others: The names that other functions have, or will have.
        present: What stands there now, if it is a bug that is to be mended.

    """

    function: Function
    used: tuple[Function, ...] = ()
    modules: Mapping[str, str] = attrs.Factory(dict[str, str])
    uses: Mapping[str, tuple[str, ...]] = attrs.Factory(dict[str, tuple[str, ...]])
    neighbours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    present: str | None = None
