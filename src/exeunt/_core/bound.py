"""What belongs to one Trio run, and does not work in another."""

from ..exceptions import WrongRun
from .trio_private import home, is_here


class BoundToRun:
    """Base of what belongs to the Trio run in which it is made."""

    __slots__ = ("_home",)

    def __init__(self) -> None:
        try:
            self._home = home()
        except RuntimeError:
            raise RuntimeError(
                f"a {type(self).__name__} belongs to a Trio run: make it in an async "
                "function, and give it to whom it concerns"
            ) from None

    def _check_home(self, message: object = None) -> None:
        """Raise `WrongRun` unless this is the run it was made in."""
        if not is_here(self._home):
            raise WrongRun(
                f"a {type(self).__name__} was used outside its Trio run; from another "
                "thread, go through trio.from_thread.run_sync",
                message=message,
            )
