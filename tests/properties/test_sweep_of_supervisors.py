"""Cancel at every step of a supervised scene: the account stays exact."""

from contextlib import ExitStack

import attrs
import pytest
from test_laws_of_supervised_ends import check_no_leaks
from test_laws_of_supervisors import check_account
from troupes import (
    STRATEGIES,
    Deed,
    Exit,
    Line,
    Part,
    Troupe,
    in_silence,
    perform,
)

from exeunt.testing.sweeping.sweeps import sweep_cancellation
from exeunt.testing.sweeping.victims import victim

pytestmark = pytest.mark.filterwarnings("ignore::exeunt.exceptions.CleanupOverran")


SWEPT = Troupe(
    parts=(
        Part((), "transient", 1, 0, 1),
        Part((0,), "permanent", 0, 1, 0),
        Part(None, "transient", 2, 0, 1),
    ),
    lines=(
        Line(0, 2, 0, asked=True, work=1, relay=2, deed=Deed.RETURN),
        Line(1, 1, 0, asked=True, work=2, relay=1, deed=Deed.RAISE),
        Line(2, 1, 1, asked=False, work=1, relay=1, deed=Deed.RETURN),
        Line(0, 0, 0, asked=True, work=0, relay=0, deed=Deed.RETURN),
    ),
    strategy="one_for_one",
    max_restarts=3,
    exit=Exit.BODY,
    at=2,
    victim=0,
    nested=0,
)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_cancel_at_every_step_of_a_supervised_scene(strategy: str) -> None:
    troupe = attrs.evolve(SWEPT, strategy=strategy)
    with in_silence():
        swept = sweep_cancellation(_play, troupe, schedules=2)
    assert swept.points > 100


async def _play(troupe: Troupe) -> None:
    with ExitStack() as marks:
        it = await perform(troupe, lambda it: marks.enter_context(victim(it.outer)))
    assert it.error is None
    check_account(it)
    check_no_leaks(it)
