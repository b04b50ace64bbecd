"""Hypothesis strategies for the messages of an agent."""

from collections.abc import Hashable, Mapping
from typing import Any, get_type_hints

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from ..scenarios.vocabulary import message_types

Strategies = Mapping[Any, st.SearchStrategy[Any]]


def messages(of: Any, strategies: Strategies | None = None) -> st.SearchStrategy[Any]:
    """Draw messages of the types that an agent handles.

    Classes of attrs, dataclasses and whatever else Hypothesis can make of its
    annotations are drawn by its own `hypothesis.strategies.from_type`.

    Args:
        of: the agent's class, which says so by ``Agent[Set | Get]``; or the types
            themselves, as in ``Set | Get``.
        strategies: what to draw in place of a type: of messages, or of the fields of
            messages. From few values some will come twice, which finds more.

    Returns:
        A strategy for messages. It shrinks towards the first of the types.

    Raises:
        TypeError: *of* does not say which messages there are, or Hypothesis cannot
            make one of them, or *strategies* are none.
        ValueError: one of *strategies* is for a type that no message needs.

    Example::

        @given(message=messages(Service, {int: st.just(42)}), schedule=schedules())
        def test_any_message_is_handled(message, schedule):
            schedule.run(scenario, message)
    """
    return st.one_of(*drawn_by_type(of, strategies).values())


def drawn_by_type(
    of: Any, strategies: Strategies | None
) -> dict[Any, st.SearchStrategy[Any]]:
    """Return a strategy for each type of messages that *of* stands for."""
    types = message_types(of)
    strategies = {} if strategies is None else strategies
    _check(strategies, types)
    return {each: _drawn(each, strategies) for each in types}


def _drawn(type_: Any, strategies: Strategies) -> st.SearchStrategy[Any]:
    if type_ in strategies:
        return strategies[type_]
    fields = {
        name: strategies[hint]
        for name, hint in _fields(type_).items()
        if hint in strategies
    }
    drawn = st.builds(type_, **fields) if fields else st.from_type(type_)
    try:
        drawn.validate()
    except (HypothesisException, TypeError) as error:
        name = getattr(type_, "__name__", repr(type_))
        raise TypeError(
            f"Hypothesis cannot make a {name} of its annotations ({error}): "
            f"say how, as in messages(..., {{{name}: st.builds({name}, ...)}})"
        ) from error
    return drawn


def _fields(type_: Any) -> dict[str, Hashable]:
    """Return the types of the arguments of *type_*, as far as they are known."""
    if not isinstance(type_, type):
        return {}
    try:
        hints = get_type_hints(vars(type_)["__init__"])
    except (KeyError, NameError, TypeError):
        return {}
    return {
        name: hint
        for name, hint in hints.items()
        if name != "return" and isinstance(hint, Hashable)
    }


def _check(strategies: Strategies, types: tuple[Any, ...]) -> None:
    if not isinstance(strategies, Mapping):
        raise TypeError(f"strategies come as {{type: strategy}}, not as {strategies!r}")
    needed = {*types, *(hint for each in types for hint in _fields(each).values())}
    for type_, strategy in strategies.items():
        name = getattr(type_, "__name__", repr(type_))
        if not isinstance(strategy, st.SearchStrategy):
            raise TypeError(f"{name} is drawn from a strategy, not from {strategy!r}")
        if type_ not in needed:
            raise ValueError(
                f"{name} is the type neither of a message nor of a message's field"
            )
