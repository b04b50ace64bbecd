"""Which messages an agent understands, read from the type that its class names."""

import sys
from types import UnionType
from typing import Any, ForwardRef, TypeVar, Union, get_args, get_origin, get_type_hints

from ..._core.agent import Agent
from ..._model.request import Request


def message_types(of: Any) -> tuple[Any, ...]:
    """Return the types of the messages that *of* stands for.

    Args:
        of: an agent's class, whose types of messages are meant; or a type of messages,
            or a union of several.

    Raises:
        TypeError: *of* says nothing of its messages.
    """
    origin: Any = get_origin(of) or of
    is_agent = isinstance(origin, type) and issubclass(origin, Agent)
    named = _of_agent(origin, get_args(of)) if is_agent else of
    types = tuple(dict.fromkeys(_members(named)))
    for each in types:
        if each in {Any, object, None} or isinstance(each, TypeVar):
            raise TypeError(
                f"{_shown(of)} does not say which messages it handles: derive it from "
                "Agent[...] with their types, or name them, as in messages(Set | Get)"
                if is_agent
                else f"{_shown(each)} is no type of messages: name one, or an Agent's "
                "class, as in messages(Set | Get)"
            )
        if not isinstance(each, type) and get_origin(each) is None:
            raise TypeError(f"messages come from types or an Agent's class, not {of!r}")
    return types


def is_request(type_: Any) -> bool:
    """Return whether messages of this type can be asked."""
    origin = get_origin(type_) or type_
    return isinstance(origin, type) and issubclass(origin, Request)


def _of_agent(cls: Any, args: tuple[Any, ...]) -> Any:
    """Return the M of the Agent[M] from which *cls*, given *args*, derives."""
    if cls is Agent:
        return args[0] if args else Any
    known = dict(zip(getattr(cls, "__parameters__", ()), args, strict=False))
    for base in _bases(cls):
        origin: Any = get_origin(base) or base
        if isinstance(origin, type) and issubclass(origin, Agent):
            given = [_filled(each, known, cls) for each in get_args(base)]
            return _of_agent(origin, tuple(given))
    return Any


def _bases(cls: Any) -> tuple[Any, ...]:
    """Return the bases of a class, with what stands in their brackets."""
    bases: tuple[Any, ...] = cls.__dict__.get("__orig_bases__", cls.__bases__)
    return bases


def _filled(type_: Any, known: dict[Any, Any], cls: type) -> Any:
    """Return *type_*, where *cls* names it, with everything known put in."""
    if isinstance(type_, ForwardRef):
        names = vars(sys.modules[cls.__module__])
        asked = type("asked", (), {"__annotations__": {"it": type_}})
        return get_type_hints(asked, names)["it"]
    if get_origin(type_) in {Union, UnionType}:
        members = (_filled(each, known, cls) for each in get_args(type_))
        return Union[tuple(members)]  # noqa: UP007 - so many at once
    return known.get(type_, type_)


def _members(type_: Any) -> list[Any]:
    if type(type_).__name__ == "TypeAliasType":  # the type statement of Python 3.12
        return _members(type_.__value__)
    if get_origin(type_) in {Union, UnionType}:
        return [each for member in get_args(type_) for each in _members(member)]
    return [type_]


def _shown(type_: Any) -> str:
    return getattr(type_, "__qualname__", None) or repr(type_)
