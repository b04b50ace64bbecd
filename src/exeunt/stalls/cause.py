"""What recognises a wait gives back."""

from collections.abc import Callable

import attrs
from trio.lowlevel import Task

from .values import Kind

NameOf = Callable[[Task], str]


@attrs.frozen
class Cause:
    """What one task waits for, with the tasks themselves.

    ``needs`` are the tasks that stand in its way: as long as one of them gets nowhere,
    nor does this one. ``helps`` are those of which each could wake it.
    """

    kind: Kind
    what: str
    needs: tuple[Task, ...] = ()
    helps: tuple[Task, ...] = ()
    weak: bool = False  # what is around it may tell more
