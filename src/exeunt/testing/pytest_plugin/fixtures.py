"""The fixtures: a supervisor, and probes that live in it."""

from collections.abc import AsyncGenerator, Awaitable
from typing import Any, Protocol

import pytest

from ...supervision.opening import open_supervisor
from ...supervision.supervisor import Supervisor
from ..doubles.probe import Probe

NAMES = frozenset({"probe", "supervisor"})


class StartProbe(Protocol):
    """What the fixture ``probe`` is."""

    def __call__(self, name: str = ..., **options: Any) -> Awaitable[Probe[Any]]:
        """Start a probe, and return it when it is ready.

        Args:
            name: what it is called.
            options: as for `Supervisor.start`.
        """
        ...


@pytest.fixture
async def supervisor() -> AsyncGenerator[Supervisor]:
    """An open supervisor, whose agents leave in order at the end of the test.

    The crash of an agent fails the test.
    """
    async with open_supervisor() as opened:
        yield opened


@pytest.fixture
def probe(supervisor: Supervisor) -> StartProbe:
    """A function that starts probes in the supervisor.

    Example::

        async def test_orders_are_kept(supervisor, probe):
            store = await probe("store")
            shop = await supervisor.start(Shop, store.handle)
            await shop.send(Order("a lamp"))
            assert await store.expect(Keep) == Keep("a lamp")
    """

    async def start_probe(name: str = "probe", **options: Any) -> Probe[Any]:
        started: Probe[Any] = Probe()
        await supervisor.start(started, name=name, **options)
        return started

    return start_probe


def check_fixture(name: str, request: pytest.FixtureRequest) -> None:
    """Fail a test that cannot have the fixture *name*."""
    if request.node.get_closest_marker("trio") is None:
        pytest.fail(
            f"the fixture {name!r} of exeunt is for async tests that pytest-trio runs: "
            "install pytest-trio, and mark the test with @pytest.mark.trio or set "
            "trio_mode = true",
            pytrace=False,
        )
