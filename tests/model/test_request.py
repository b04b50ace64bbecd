"""Requests, and how a class says that it is linked."""

import pickle
from copy import copy
from typing import Any

import attrs
import pytest

from exeunt import Request


class Plain(Request[int]): ...


class Linked(Request[int], linked=True): ...


class StillLinked(Linked): ...


class NotAnyMore(Linked, linked=False): ...


@attrs.frozen
class Frozen(Request[int], linked=True):
    account: str


@attrs.define
class Slotted(Request[int], linked=True):
    account: str


@attrs.define(slots=False)
class WithDict(Request[int], linked=True):
    account: str


@attrs.frozen
class FrozenHeir(Frozen):
    branch: str


@attrs.frozen
class FrozenPlain(Request[int]):
    linked: bool  # the keyword takes no name away from the fields


@pytest.mark.parametrize(
    ("cls", "linked"),
    [
        (Plain, False),
        (Linked, True),
        (StillLinked, True),
        (NotAnyMore, False),
        (Frozen, True),
        (Slotted, True),
        (WithDict, True),
        (FrozenHeir, True),
        (FrozenPlain, False),
    ],
)
def test_linked_is_a_matter_of_the_class(cls: type[Request[Any]], linked: bool) -> None:
    assert cls.__linked__ is linked


def test_a_request_without_a_repr_shows_its_class() -> None:
    assert repr(Plain()) == "Plain()"
    assert repr(FrozenPlain(linked=True)) == "FrozenPlain(linked=True)"


def test_slotted_requests_have_no_dict() -> None:
    assert not hasattr(Frozen("alice"), "__dict__")


def test_requests_are_values_like_any_other() -> None:
    request = FrozenPlain(linked=False)
    assert request == FrozenPlain(linked=False)
    assert copy(request) == request
    assert pickle.loads(pickle.dumps(request)) == request


def test_other_keywords_go_to_the_next_class() -> None:
    seen: dict[str, object] = {}

    class Mixin:
        def __init_subclass__(cls, **kwargs: Any) -> None:
            seen.update(kwargs)

    class Both(Request[int], Mixin, linked=True, topic="money"): ...

    assert Both.__linked__
    assert seen == {"topic": "money"}
