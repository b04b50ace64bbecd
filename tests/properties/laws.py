"""The laws, by number. Each is a property test, and each can be held against a bug.

`law` makes a test of a check, and keeps the check with its strategies under the law's
number, so that the planted bugs can be tried on it.
"""

from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import given, strategies as st

Check = Callable[..., None]


@attrs.frozen
class Law:
    """One law: what must hold, and of what."""

    name: str
    check: Check
    strategies: dict[str, st.SearchStrategy[Any]]

    def test(self) -> Callable[[], None]:
        """Make a new property test of it."""
        if not self.strategies:
            return self.check

        # Hypothesis marks the function it is given, so each test gets its own.
        def holds(**drawn: Any) -> None:
            self.check(**drawn)

        return given(**self.strategies)(holds)


LAWS: dict[str, Law] = {}


def law(name: str, **strategies: st.SearchStrategy[Any]) -> Callable[[Check], Any]:
    """Declare that the decorated check holds whatever is drawn."""

    def declare(check: Check) -> Callable[[], None]:
        assert name not in LAWS
        LAWS[name] = Law(name, check, strategies)
        return given(**strategies)(check) if strategies else check

    return declare
