"""Hypothesis strategies for scenarios and their parts."""

from collections.abc import Collection
from typing import Any, get_args

from hypothesis import strategies as st

from ..scenarios.scenario import Crash, End, EndWay, Line, Scenario
from ..scenarios.vocabulary import is_request
from .of_messages import Strategies, drawn_by_type

_END_WAYS: tuple[EndWay, ...] = get_args(EndWay)


def lines(
    of: Any,
    strategies: Strategies | None = None,
    *,
    senders: int = 3,
    crashes: Collection[Crash] = (),
) -> st.SearchStrategy[Line]:
    """Draw lines of a scenario: who brings which message how, and when.

    Requests are asked, and what is none is sent, with or without waiting for room.
    Some senders lose patience. Times are a few whole seconds, so that much falls into
    the same instant.

    Args:
        of: as for `messages`.
        strategies: as for `messages`.
        senders: how many senders there are at the most.
        crashes: how handlers may be made to fail, such as ``["before", "after"]``.

    Returns:
        A strategy for `Line`.

    Raises:
        TypeError: as for `messages`.
        ValueError: as for `messages`, or there is no sender.

    Example::

        @given(line=lines(Service), schedule=schedules())
        def test_one_line_is_handled(line, schedule):
            record = schedule.run(Scenario([line]).play, Service)
            assert not record.crashes
    """
    if senders < 1:
        raise ValueError(f"somebody has to speak: senders is 1 or more, not {senders}")
    drawn = drawn_by_type(of, strategies)
    asked = [drawn[each] for each in drawn if is_request(each)]
    sent = [drawn[each] for each in drawn if not is_request(each)]
    kinds = [(sent, ("send", "send_nowait")), (asked, ("ask",))]
    drawn_lines = [
        st.builds(
            Line,
            st.one_of(some),
            way=st.sampled_from(ways),
            sender=st.integers(0, senders - 1),
            after=st.integers(0, 2),
            patience=st.sampled_from((None, 0, 1, 2)),
            crash=st.sampled_from((None, None, *crashes)),
        )
        for some, ways in kinds
        if some
    ]
    return st.one_of(drawn_lines)


def ends(ways: Collection[EndWay] = _END_WAYS) -> st.SearchStrategy[End]:
    """Draw ends: who ends the agent how, and when.

    Args:
        ways: which ways to choose from.

    Returns:
        A strategy for `End`. It shrinks towards the first of *ways*, at once.

    Example::

        @given(end=ends(["stop", "aclose"]), schedule=schedules())
        def test_nothing_accepted_is_lost(end, schedule):
            scenario = Scenario([Line(Set(42))], [end])
            record = schedule.run(scenario.play, Service)
            assert not record.outcome.undelivered
    """
    return st.builds(End, st.sampled_from(list(ways)), at=st.integers(0, 5))


def scenarios(
    of: Any,
    strategies: Strategies | None = None,
    *,
    most: int = 8,
    senders: int = 3,
    ending: Collection[EndWay] = _END_WAYS,
    crashes: Collection[Crash] = (),
) -> st.SearchStrategy[Scenario]:
    """Draw scenarios: senders with their lines, who ends the agent, what goes wrong.

    Args:
        of: as for `messages`.
        strategies: as for `messages`.
        most: how many lines there are at the most.
        senders: how many senders there are at the most.
        ending: in which ways the agent may be ended before everybody has spoken.
        crashes: as for `lines`.

    Returns:
        A strategy for `Scenario`. It shrinks towards few lines and none that ends.

    Raises:
        TypeError: as for `messages`.
        ValueError: as for `messages`, or there is no sender.

    Example::

        @given(scenario=scenarios(Service), schedule=schedules())
        def test_it_never_crashes(scenario, schedule):
            assert not schedule.run(scenario.play, Service).crashes
    """
    line = lines(of, strategies, senders=senders, crashes=crashes)
    return st.builds(
        Scenario,
        lines=st.lists(line, max_size=most).map(tuple),
        ends=st.lists(ends(ending), max_size=2).map(tuple) if ending else st.just(()),
        capacity=st.integers(0, 3),
    )
