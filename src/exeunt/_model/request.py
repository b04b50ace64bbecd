"""Messages that want an answer."""

from typing import Any, ClassVar, Generic, TypeVar

R_co = TypeVar("R_co", covariant=True)


class Request(Generic[R_co]):
    """Base of the messages that are asked rather than sent.

    The type in brackets is the type of the answer: `Handle.ask` of a
    ``Request[int]`` returns an ``int``, and type checkers know it. The answer is what
    `Agent.handle` returns for the message; that it returns the right type is for its
    author to see to, since no checker can match the types case by case.

    A request belongs to its asker: one that is cancelled before its handler starts
    is never handled. Once started it runs to its end, unless its class says
    ``linked=True``: then leaving the asker's scope cancels that one turn as well.

    Example::

        @attrs.frozen
        class Balance(Request[int]):
            account: str


        @attrs.frozen
        class Search(Request[list[str]], linked=True):
            words: str
    """

    __slots__ = ()

    __linked__: ClassVar[bool] = False  # a name that no message needs for a field

    def __repr__(self) -> str:
        # For classes that have no better one of their own: errors show messages.
        return f"{type(self).__qualname__}()"

    def __init_subclass__(cls, *, linked: bool | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        # attrs makes a slotted class a second time, without the keyword: None must
        # leave alone what the first time has put into the class.
        if linked is not None:
            cls.__linked__ = linked
