"""The command line: ``exeunt COMMAND``, one file per command."""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Protocol

from . import draw, explore, model, service, story, team


class _Command(Protocol):
    """What the module of a command has."""

    SUMMARY: str

    def set_up(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int: ...


_COMMANDS: dict[str, _Command] = {
    "draw": draw,
    "explore": explore,
    "model": model,
    "service": service,
    "story": story,
    "team": team,
}
_RUN_PROGRAMS = {"draw", "story"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that *arguments* name and return its exit status.

    Args:
        arguments: the words after ``exeunt``; those of the process if not given.

    Returns:
        The exit status. What it means is the command's to say, in its ``--help``.

    Raises:
        SystemExit: help was asked for (0), or the arguments are wrong (2).
    """
    words, rest = _divided(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args(words)
        options.arguments = rest
        return _COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT  # as shells have it


def _divided(words: Sequence[str]) -> tuple[Sequence[str], list[str]]:
    """Part our words from those after "--", where these are for a program."""
    if "--" not in words or words[0] not in _RUN_PROGRAMS:
        return words, []
    place = [*words].index("--")
    return words[:place], [*words[place + 1 :]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="exeunt",
        description="Structured actors for Trio: they all leave when the scene closes.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        command.set_up(commands.add_parser(name, help=command.SUMMARY))
    return parser
