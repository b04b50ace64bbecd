"""Ctrl-C, pressed by a test; what the person at the keyboard presses is theirs."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import attrs
from trio.abc import Instrument


@attrs.define(eq=False)
class Keyboard(Instrument):
    """Presses Ctrl-C in one run, and tells it from what a person presses meanwhile.

    Attributes:
        touched: whether somebody else has pressed it.
    """

    touched: bool = False
    _trios: Any = None
    _ours: Any = None
    _pressing: bool = False

    def before_run(self) -> None:
        """Come before Trio's own handler."""
        self._trios, self._ours = signal.getsignal(signal.SIGINT), self._felt
        signal.signal(signal.SIGINT, self._ours)

    def after_run(self) -> None:
        """Let Trio have back what is Trio's."""
        if signal.getsignal(signal.SIGINT) is self._ours:
            signal.signal(signal.SIGINT, self._trios)

    def press(self) -> None:
        """Press Ctrl-C."""
        self._pressing = True
        signal.raise_signal(signal.SIGINT)

    def _felt(self, number: int, frame: FrameType | None) -> None:
        self.touched = self.touched or not self._pressing
        self._pressing = False
        self._trios(number, frame)


@contextmanager
def at_the_keyboard() -> Generator[None]:
    """Have Ctrl-C do what it does by itself, for the time of the block."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:
        raise RuntimeError(
            "Ctrl-C reaches the main thread alone: call sweep_interrupts from there"
        ) from None
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
