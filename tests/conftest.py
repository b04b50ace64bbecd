"""How long Hypothesis looks, what Ctrl-C does, what is left out, what is garbage.

Here, since the laws are imported by other tests too.
"""

import gc
import logging
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

# A program in the background may have been told to ignore it; the tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The profile of an ordinary run, and the one of "nox -s laws".
_COMMON: dict[str, Any] = {
    "deadline": None,  # neighbours are noisy
    "suppress_health_check": [HealthCheck.too_slow],
    # Explaining a failure traces Trio's scheduler and is slow and long.
    "phases": [*set(Phase) - {Phase.explain}],
}
settings.register_profile("default", max_examples=100, **_COMMON)
settings.register_profile("laws", max_examples=2_000, **_COMMON)


@pytest.fixture(autouse=True)
def logger_as_before() -> Iterator[None]:
    """Undo what a program does to the logger that is run within a test."""
    logger = logging.getLogger("exeunt")
    before = logger.disabled, [*logger.handlers], logger.level
    yield
    logger.disabled, logger.handlers[:], logger.level = before


def pytest_collection_finish() -> None:
    """Let the collector of garbage look past what is there until the end."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what is slow, unless markers are chosen by hand."""
    if not config.getoption("markexpr"):
        slow = [item for item in items if item.get_closest_marker("slow")]
        items[:] = [item for item in items if item not in slow]
        config.hook.pytest_deselected(items=slow)
