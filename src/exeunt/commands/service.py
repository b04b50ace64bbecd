"""``exeunt service``: an agent as a program that reads commands, one a line."""

import argparse
import signal
from collections.abc import AsyncIterator

import attrs
import trio

from .. import Handle, start
from ..exceptions import AgentClosed, AgentCrashed
from ._agent import Get, Print, Service, Set, parse
from ._files import CannotWrite, open_to_read, read, report, report_now, show
from ._lines import Splitter
from ._loading import Unusable
from ._picturing import pictured, set_up_picture
from ._report import account, reading

SUMMARY: str = "run an agent that keeps a number and obeys commands, one a line"

_UNUSABLE = 2
_INTERRUPTED = 128 + signal.SIGINT  # as shells have it
_DETAILS = """\
The commands are read from FILE, one a line:

  set NUMBER   keep this whole number
  print        have the service print what it keeps
  get          ask the service for what it keeps, and print the answer

Blank lines and lines that start with '#' are skipped. What is printed goes to
standard output. Lines that are not understood are reported on standard error, and
so is, at the end, what became of every message.

Ctrl-C ends the reading at once; what was accepted before is still handled. A second
Ctrl-C leaves at once.

exit status:
  0    every line was understood
  1    some lines were not, or the output could not be written
  2    wrong usage, FILE could not be read, or the picture not be written
  130  interrupted by Ctrl-C
"""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Say what the words after ``exeunt service`` mean."""
    parser.description = f"{SUMMARY.capitalize()}."
    parser.epilog = _DETAILS
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="-",
        help="where the commands are; standard input if it is '-' or missing",
    )
    set_up_picture(parser, "what happens")


def run(options: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    session = Session(options.file)
    try:
        with pictured(options.picture, "exeunt service"):
            _perform(session)
            _tell(session)
    except Unusable as error:
        report_now(f"exeunt service: {error}")
        return _UNUSABLE
    return session.status


def _perform(session: "Session") -> None:
    try:
        trio.run(session.run)
    except* KeyboardInterrupt:
        session.end("interrupted at once", _INTERRUPTED)
    except* CannotWrite as failures:
        session.end(f"the output could not be written: {_first(failures)}", 1)


def _tell(session: "Session") -> None:
    if session.status == _UNUSABLE and not session.lines:
        report_now(f"exeunt service: {session.ending}")
        return
    report_now(reading(session.lines, session.malformed, session.ending))
    if session.service is not None and session.service.outcome is not None:
        report_now(account(session.service.outcome))


def _first(error: CannotWrite | BaseExceptionGroup[CannotWrite]) -> CannotWrite:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@attrs.define
class Session:
    """One run of the program: what has been read, and how it ended."""

    path: str
    lines: int = 0
    malformed: int = 0
    ending: str = "the input ended"
    failed: int | None = None
    service: Handle[Set | Print | Get] | None = None

    @property
    def status(self) -> int:
        """The exit status so far."""
        return int(self.malformed > 0) if self.failed is None else self.failed

    def end(self, ending: str, status: int) -> None:
        """Note why the program ends, if not because its input did."""
        self.ending, self.failed = ending, status

    async def run(self) -> None:
        """Read until there is no more, then see the service off.

        Raises:
            CannotWrite: in a group. What was not printed yet is undelivered.
        """
        async with trio.open_nursery() as nursery:
            self.service = await start(nursery, Service, name="service")
            await self._read_until_interrupted(self.service)
            await self.service.aclose()

    async def _read_until_interrupted(self, service: Handle[Set | Print | Get]) -> None:
        with trio.open_signal_receiver(signal.SIGINT) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._interrupt, signals, nursery.cancel_scope)
                await self._read(service)
                nursery.cancel_scope.cancel()
        # From here on Ctrl-C is Python's own again.
        if self.failed == _INTERRUPTED:
            await report("Interrupted. Press Ctrl-C again to leave at once.")

    async def _interrupt(
        self, signals: AsyncIterator[int], scope: trio.CancelScope
    ) -> None:
        await anext(signals)
        self.end("interrupted; what had been accepted was still handled", _INTERRUPTED)
        scope.cancel()

    async def _read(self, service: Handle[Set | Print | Get]) -> None:
        splitter = Splitter()
        try:
            with await open_to_read(self.path) as file:
                while chunk := await read(file):
                    await self._obey(splitter.feed(chunk), service)
                await self._obey(splitter.feed(b""), service)
        except OSError as error:
            name = "standard input" if self.path == "-" else repr(self.path)
            self.end(f"{name} cannot be read: {error.strerror}", _UNUSABLE)
        except (AgentClosed, AgentCrashed):
            return  # the service has crashed, and its nursery says why

    async def _obey(
        self, lines: list[bytes], service: Handle[Set | Print | Get]
    ) -> None:
        for line in lines:
            self.lines += 1
            try:
                message = parse(line)
            except ValueError as error:
                self.malformed += 1
                await report(f"Line {self.lines} is not understood: {error}.")
                continue
            if isinstance(message, Get):
                await show(str(await service.ask(message)))
            elif message is not None:
                await service.send(message)
