"""The line at the foot of a terminal that says who is at work on what."""

import sys
from collections.abc import Generator
from contextlib import contextmanager

from ..team.progress import Progress


@contextmanager
def live(progress: Progress) -> Generator[None]:
    """Keep such a line while the block runs, where there is a terminal to show it.

    Without one, or without tqdm, there are only the lines that progress says.
    """
    try:
        from tqdm import tqdm  # noqa: PLC0415 - it may be missing
    except ImportError:
        yield
        return
    with tqdm(
        bar_format="{desc}", leave=False, disable=not sys.stderr.isatty()
    ) as foot:
        say = progress.say

        def above(line: str) -> None:
            with tqdm.external_write_mode():
                say(line)

        progress.say, progress.show = above, foot.set_description_str
        yield
        progress.say, progress.show = say, _nowhere


def _nowhere(_: str) -> None:
    """Show nothing."""
