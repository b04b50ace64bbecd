"""What can go wrong between a name in the catalogue and a model that answers."""


class CannotFetch(Exception):
    """The weights could not be brought here; what has come of them is kept."""


class NoRoom(CannotFetch):
    """The disk has too little room for them."""


class WrongBytes(CannotFetch):
    """What came is not what it has to be, and was deleted."""


class CannotServe(Exception):
    """No server runs for these weights."""


class ServerDied(CannotServe):
    """The server ended by itself while it was in use."""
