"""A team as the command line has it: its models, its journal, what it prints."""

import argparse
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from ..team.briefs.reading import Brief, read
from ..team.budget import Budget
from ..team.crew import open_team
from ..team.journal import BadJournal, Journal, JournalInUse
from ..team.local.catalogue import MODELS
from ..team.local.errors import CannotServe
from ..team.local.serving import serve
from ..team.models.budgeted import Budgeted, spent_before
from ..team.models.errors import BadKey
from ..team.models.keys import Secret, read_key
from ..team.models.limiting import Limited
from ..team.models.model import Model
from ..team.models.price import Price
from ..team.models.remembered import Remembered
from ..team.models.retrying import Retrying
from ..team.present import sources_in
from ..team.progress import Progress
from ..team.roles.messages import Deliver, Delivered, Escalated, Rejected, Verdict
from ..team.roles.tools import Policy
from ..team.sandbox import CannotIsolate, Sandbox
from ._live import live
from ._money import BadMoney, Money

_NOWHERE = "http://127.0.0.1:9/v1"
"""Where a tape that has everything never asks."""


TRIES = 4
"""So often a provider is asked that fails for a reason of its own."""

if TYPE_CHECKING:
    from ..team.models.cassette import Cassette


class CannotWork(Exception):
    """The team cannot begin; what is said is for whoever typed the command."""


class Crew:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.brief_path: Path = options.brief or Path()
        self.models: list[str] = options.model or []
        self.progress = Progress(say=print)

    def play_demo(self, folder: Path) -> None:
        """Take the brief and the tape that come along, and say what they are."""
        facts = json.loads((folder / "demo.json").read_text(encoding="utf-8"))
        self.brief_path = folder / "brief.md"
        self.options.tape, self.options.record = folder / "tape.jsonl", False
        self.options.url, self.models = None, facts["models"]
        self.options.local, self.options.width = None, 1
        print(f"A demo: the answers were recorded from {facts['recorded from']}.")
        print("No model is asked now; the drafts are judged anew, here.\n")

    async def work(self) -> bool:
        """Have the package built, and say what has come of it."""
        brief = self._brief()
        self._check(brief)
        present = self._present(brief)
        money = self._money()
        async with AsyncExitStack() as stack:
            sandbox = await self._sandbox()
            journal = await self._journal(stack)
            budget = Budget(money.limit, before=spent_before(journal))
            self.progress.spent = lambda: money.told(budget.spent)
            ladder = [
                Remembered(
                    Retrying(
                        Limited(
                            Budgeted(model, budget, price, journal),
                            at_once=self.options.width * 4,
                        ),
                        tries=TRIES,
                    ),
                    journal,
                )
                async for model, price in self._clients(stack, money.prices)
            ]
            stack.enter_context(live(self.progress))
            try:
                verdict = await self._ask(
                    Deliver(brief, present), ladder, sandbox, journal, budget
                )
            except* CannotServe as group:
                raise CannotWork(str(group.exceptions[0])) from None
        return self._tell(verdict)

    async def _ask(
        self,
        wish: Deliver,
        ladder: list[Remembered],
        sandbox: Sandbox,
        journal: Journal,
        budget: Budget,
    ) -> Verdict:
        policy = Policy(width=self.options.width)
        async with (
            trio.open_nursery() as nursery,
            open_team(
                *ladder, sandbox=sandbox, memory=journal, budget=budget, policy=policy
            ) as team,
        ):
            # It follows until the team has left, so that no news is missed.
            await nursery.start(self.progress.follow, team.news)  # noqa: ASYNC111
            return await team.deliver(wish.brief, wish.present)  # noqa: ASYNC121
        raise AssertionError("a team answers")  # pragma: no cover - it does, or raises

    def _brief(self) -> Brief:
        if self.brief_path == Path():
            raise CannotWork("there is no brief: name a file, or say --demo")
        try:
            return read(self.brief_path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CannotWork(f"cannot read {self.brief_path}: {error}") from None
        except ValueError as error:
            raise CannotWork(f"{self.brief_path}: {error}") from None

    def _check(self, brief: Brief) -> None:
        """Find out now what would be found out when all the work is done."""
        if self.options.width < 1:
            raise CannotWork(f"--width is 1 at least, not {self.options.width}")
        out, journal = self.options.out, self.options.journal
        if out and out.exists() and not out.is_dir():
            raise CannotWork(f"--out is to be a folder, and {out} is none")
        if (
            out
            and out.exists()
            and any(out.iterdir())
            and not (out / brief.name).exists()
        ):
            raise CannotWork(
                f"--out is to be empty or to have the package already, and {out} has"
                " other things in it, which could be overwritten"
            )
        if journal and journal.exists() and not journal.is_file():
            raise CannotWork(f"--journal is to be a file, and {journal} is none")

    def _present(self, brief: Brief) -> dict[str, str]:
        """Take apart what is to be mended."""
        folder = self.options.mend
        if folder is None:
            return {}
        self.options.out = self.options.out or folder
        try:
            return sources_in(folder, brief)
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            raise CannotWork(f"cannot mend {folder}: {error}") from None

    async def _sandbox(self) -> Sandbox:
        if self.options.no_isolation:
            return Sandbox(isolation="none")
        sandbox = Sandbox()
        try:
            await sandbox.prepare()
        except CannotIsolate as error:
            if not self.options.demo:
                raise CannotWork(f"{error} Here that is --no-isolation.") from None
            print(f"Not walled in ({error}): the demo's code is known.\n")
            return Sandbox(isolation="none")
        return sandbox

    async def _journal(self, stack: AsyncExitStack) -> Journal:
        if self.options.journal is None:
            return Journal.in_memory()
        try:
            return await stack.enter_async_context(Journal.open(self.options.journal))
        except (BadJournal, JournalInUse, OSError) as error:
            raise CannotWork(f"{self.options.journal}: {error}") from None

    def _money(self) -> Money:
        models = 1 if self.options.local else len(self.models)
        try:
            return Money.of(self.options.budget, self.options.price, models)
        except BadMoney as error:
            raise CannotWork(str(error)) from None

    async def _clients(
        self, stack: AsyncExitStack, prices: Sequence[Price]
    ) -> AsyncGenerator[tuple[Model, Price]]:
        """Open a client for each model, the cheapest first."""
        try:
            from ..team.models.cassette import Cassette  # noqa: PLC0415
            from ..team.models.client import open_client  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise CannotWork(str(error)) from None
        url, names = await self._endpoint(stack)
        try:
            transport = self._transport(Cassette)
        except (OSError, ValueError) as error:
            raise CannotWork(f"{self.options.tape}: {error}") from None
        for name, price in zip(names, prices, strict=True):
            client = open_client(url, name, key=self._key(), transport=transport)
            try:
                opened = await stack.enter_async_context(client)
            except ValueError as error:
                raise CannotWork(f"--url: {error}") from None
            yield opened, price

    def _transport(self, cassette: "type[Cassette]") -> "Cassette | None":
        """Put in the tape, if there is one."""
        tape = self.options.tape
        if tape is None:
            return None
        if self.options.record:
            import httpx2  # noqa: PLC0415 - an extra

            return cassette(tape, "record", inner=httpx2.AsyncHTTPTransport())
        return cassette(tape, "strict")

    async def _endpoint(self, stack: AsyncExitStack) -> tuple[str, list[str]]:
        local = self.options.local
        if local:
            if local not in MODELS:
                raise CannotWork(f"no model {local!r}; there are {', '.join(MODELS)}")
            try:
                return await stack.enter_async_context(serve(MODELS[local])), [local]
            except CannotServe as error:
                raise CannotWork(str(error)) from None
        url = self.options.url or (_NOWHERE if self.options.tape else None)
        if not url or not self.models:
            raise CannotWork(
                "there is nobody to ask: say --url and --model, or --local, or --demo"
            )
        return url, self.models

    def _key(self) -> Secret | None:
        if self.options.url is None:
            return None
        try:
            return read_key(self.options.key_env, self.options.key_file)
        except BadKey as error:
            raise CannotWork(str(error)) from None

    def _tell(self, verdict: Verdict) -> bool:
        """Print the verdict, and put the package where it belongs."""
        print(f"\n{self.progress.summary()}; {self.progress.spent()} spent.")
        match verdict:
            case Delivered(package, _, questions):
                self._write(package.files)
                print(f"Delivered: {package.name}, every example of the brief holds.")
                _print_list("Left open by the brief:", questions)
                return True
            case Rejected(reasons):
                _print_list("Rejected:", reasons)
            case Escalated(missing, _, questions):
                lines = [f"{name}: {why}" for name, why in missing.items()]
                _print_list("Not delivered. For a human:", lines)
                _print_list("Left open by the brief:", questions)
        return False

    def _write(self, files: Mapping[str, str]) -> None:
        folder = self.options.out
        if folder is None:
            print("Say --out FOLDER to have it written.")
            return
        try:
            for path, text in files.items():
                target = folder / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CannotWork(
                f"the package is done and cannot be written: {error}; with the same"
                " --journal, if there was one, it costs nothing to have it again"
            ) from None
        print(f"Written to {folder}; its tests: python -m pytest {folder}")


def _print_list(head: str, lines: list[str] | tuple[str, ...]) -> None:
    if lines:
        print(head)
        for line in lines:
            print(f"  - {line}")
