"""Events as Hypothesis draws them, from the fields of their classes."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

import attrs
from hypothesis import strategies as st

from exeunt._model.events import EVENTS, Event

NUMBERS = st.integers(min_value=0, max_value=6)
TIMES = st.floats(min_value=0, max_value=1e6)
# What breaks formats: separators, quotes, line ends of all kinds, halves of characters.
TEXTS = st.text(
    st.sampled_from("aZ 0;:#'\"`\\/<>&%{}[]()|-\n\r\t\x00\x85\u2028é漢🎭\ud800"),
    max_size=12,
) | st.sampled_from(["end", "loop", "Task(2)", "", "note", "__proto__"])
_VALUES: st.SearchStrategy[object] = st.none() | st.booleans() | NUMBERS | TEXTS | TIMES
_OF: dict[Any, st.SearchStrategy[Any]] = {
    int: NUMBERS,
    float: TIMES,
    str: TEXTS,
    bool: st.booleans(),
    NoneType: st.none(),
    object: _VALUES,
}


def of_type(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    origin, choices = get_origin(wanted), get_args(wanted)
    if origin is UnionType:
        return st.one_of(*map(of_type, choices))
    if origin is Literal:
        return st.sampled_from(choices)
    if origin is Mapping:
        return st.dictionaries(TEXTS, of_type(choices[1]), max_size=3)
    return _OF[wanted]


def of_class(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Objects of an attrs class."""
    fields = {field.name: of_type(field.type) for field in attrs.fields(kind)}
    return st.builds(kind, **fields)


def _ordered(events: list[Event]) -> list[Event]:
    """The same, with places and times that rise."""
    t, ordered = 0.0, list[Event]()
    for seq, event in enumerate(events):
        t += event.t % 2 if event.seq % 2 else 0.0
        ordered.append(attrs.evolve(event, seq=seq, t=t))
    return ordered


EVENT: st.SearchStrategy[Event] = st.one_of(*map(of_class, EVENTS.values()))
RUNS: st.SearchStrategy[list[Event]] = st.lists(EVENT, max_size=25).map(_ordered)
"""Any events in any order: more than a runtime can do."""
