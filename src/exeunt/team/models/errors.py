"""What can go wrong between the team and a model.

Every error says what is to be done: ask again later, ask otherwise, or ask nobody.
"""


class ModelError(Exception):
    """A model gave no answer that can be used."""


class Retryable(ModelError):
    """The same prompt may be answered another time.

    Attributes:
        after: Seconds that the provider asks for before the next try, if it says so.

    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Down(Retryable):
    """Nobody was there to be asked: there is no connection, and nothing was charged."""


class Busy(Retryable):
    """The provider says that it is asked too much (429)."""


class Refused(ModelError):
    """The provider will not answer this: a wrong key, no such model, a bad prompt.

    Attributes:
        status: Its HTTP status, if it answered in HTTP.

    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class Malformed(ModelError):
    """The provider answered something that is no answer.

    Attributes:
        body: What it said, cut to its first 500 characters.

    """

    def __init__(self, message: str, *, body: str = "") -> None:
        super().__init__(message)
        self.body = body[:500]


class Cut(Retryable):
    """The answer broke off.

    Attributes:
        partial: What had come of it.

    """

    def __init__(self, message: str, *, partial: str) -> None:
        super().__init__(message)
        self.partial = partial


class BadKey(ModelError):
    """A key cannot be read, or is none."""
