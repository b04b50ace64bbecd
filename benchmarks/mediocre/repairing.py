"""Have a worker repair its own drafts, and record what comes of it.

``python -m benchmarks.mediocre.repairing SET URL MODEL OUT.jsonl`` takes the recorded
first drafts of a set that fail their gate. The worker is shown its draft and what is
wrong with it, up to three times, or until the gate is passed. What it says is a set of
its own on the tape, ``tasks repaired`` for instance; the attempts count from 1.
"""

import json
import sys
from pathlib import Path

import attrs
import trio
from tqdm import tqdm

from exeunt.team.briefs.function import Function
from exeunt.team.mechanisms.extracting import extract
from exeunt.team.models.client import open_client
from exeunt.team.models.model import Message, Model
from exeunt.team.roles.gate import complaint
from exeunt.team.roles.messages import Build
from exeunt.team.roles.prompts import implement
from exeunt.team.roles.tools import Tools
from exeunt.team.sandbox import Sandbox

from .judging import functions
from .tape import Recorded, answers

ROUNDS = 3
_WISH = (
    "That is wrong: {why}. Say in a comment why, then write the whole function again."
)


async def _why(tools: Tools, function: Function, text: str) -> str:
    source = extract(text)
    if source is None:
        return "there is no code in it"
    return await complaint(tools, Build(function), source)


async def _repair(
    tools: Tools, model: Model, function: Function, first: Recorded
) -> list[Recorded]:
    found = [first]
    for number in range(1, ROUNDS + 1):
        why = await _why(tools, function, found[-1].text)
        if not why:
            break
        asked = implement(function, (), 0)
        more = (
            Message("assistant", found[-1].text),
            Message("user", _WISH.format(why=why)),
        )
        prompt = attrs.evolve(asked, messages=asked.messages + more, seed=number)
        answer = await model.complete(prompt)
        tokens = answer.usage.completion_tokens
        found.append(
            attrs.evolve(
                first,
                attempt=number,
                text=answer.text,
                tokens=tokens,
                truncated=answer.truncated,
            )
        )
    return found[1:]


async def repair_all(which: str, url: str, model: str, out: Path) -> None:
    """Repair the first drafts of a set, four at once, and write down what is said."""
    firsts = [each for each in answers() if each.set == which and not each.attempt]
    tools = Tools(ladder=(), sandbox=Sandbox())
    limiter = trio.CapacityLimiter(4)
    with out.open("w", encoding="utf-8") as file, tqdm(total=len(firsts)) as bar:

        async def one(first: Recorded) -> None:
            async with limiter:
                function = functions(which)[first.name]
                for each in await _repair(tools, client, function, first):
                    line = {**attrs.asdict(each), "set": f"{which} repaired"}
                    file.write(json.dumps(line) + "\n")
            bar.update()

        async with open_client(url, model) as client, trio.open_nursery() as nursery:
            for first in firsts:
                nursery.start_soon(one, first)


if __name__ == "__main__":
    which, url, model, out = sys.argv[1:]
    trio.run(repair_all, which, url, model, Path(out))
