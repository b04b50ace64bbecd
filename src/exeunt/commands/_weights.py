"""Weights in words, and how far their fetching is."""

import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager

from ..team.local import store
from ..team.local.catalogue import Weights
from ..team.local.fetching import Event, Step, room

_HEADS = ("NAME", "TO FETCH", "MEMORY", "LICENCE", "HERE", "SHA256", "PACKAGES")


def table(models: Iterable[Weights]) -> str:
    """Return the models, one a line, under a line that says what is what."""
    rows = [_HEADS, *map(_row, models)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _row(weights: Weights) -> tuple[str, ...]:
    return (
        weights.name,
        _bytes(weights.download),
        _bytes(weights.memory),
        weights.licence,
        _here(weights),
        weights.sha256[:8],
        weights.source,
    )


def _here(weights: Weights) -> str:
    if store.here(weights):
        return "yes"
    come, of = len(store.parts_here(weights)), len(weights.packages)
    return f"{come} of {of} parts" if come else "no"


def terms(weights: Weights) -> str:
    """Say what one gets, from where, and what it takes, before it is fetched."""
    come = sum(package.size for package in store.parts_here(weights))
    rest = f", of which {_bytes(come)} are here" if come else ""
    lines = (
        f"{weights.name}: {weights.title}, by its makers under {weights.licence}.",
        f"To fetch:  {_bytes(weights.download)}{rest}, in {weights.source}",
        f"To keep:   {_bytes(weights.size)}, in {store.place(weights)}",
        f"On disk:   {_bytes(room(weights))} for a while",
        f"Memory:    about {_bytes(weights.memory)} when it is served",
        f"sha256:    {weights.sha256}",
    )
    return "\n".join(lines) + (f"\n\n{weights.warning.strip()}" * bool(weights.warning))


def _bytes(number: int) -> str:
    if number < 1e9:
        return f"{number / 1e6:.0f} MB"
    return f"{number / 1e9:.2f} GB"


@contextmanager
def watched(weights: Weights) -> Generator[Callable[[Event], None]]:
    """Show how far the fetching is: a bar to a person, and otherwise lines."""
    if not sys.stderr.isatty():
        yield _say
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 - it may be missing
    except ImportError:
        yield _say
        return
    with tqdm(total=weights.download, unit="B", unit_scale=True, leave=False) as bar:

        def show(event: Event) -> None:
            if isinstance(event, Step):
                bar.write(event.text, file=sys.stderr)
            else:
                bar.n = event.done  # which can become less
                bar.refresh()

        yield show


def _say(event: Event) -> None:
    if isinstance(event, Step):
        print(event.text, file=sys.stderr, flush=True)
