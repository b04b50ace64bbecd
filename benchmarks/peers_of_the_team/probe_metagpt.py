"""MetaGPT: asyncio; a role has a message buffer, and runs when its environment does."""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator, unused-ignore"

import asyncio
import json
import os
import sys
import tempfile
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .probing import (
    BUG,
    MESSAGES,
    Turns,
    finish,
    flood,
    leave,
    often,
    raised_by,
    say,
    warned,
)
from .server import seen, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "metagpt"


HOME = tempfile.mkdtemp()  # it looks there for settings, and writes logs
os.environ |= {"METAGPT_PROJECT_ROOT": HOME, "HOME": HOME}


def model_at(port: int) -> dict[str, str]:
    """Return the settings of a model that is the server at *port*."""
    url = f"http://127.0.0.1:{port}/v1"
    key = "none"
    return {"api_type": "openai", "model": "gpt-4", "api_key": key, "base_url": url}


def configured() -> None:
    """Write the settings without which it cannot be imported; JSON is YAML too."""
    folder = Path(HOME, "config")
    folder.mkdir()
    text = json.dumps({"llm": model_at(0)})
    folder.joinpath("config2.yaml").write_text(text, encoding="utf-8")


@contextmanager
def listening() -> "Iterator[list[str]]":
    """Hear which of its logs tell of the bug."""
    from loguru import logger  # noqa: PLC0415 - configured() comes first

    heard: list[str] = []
    sink = logger.add(lambda text: heard.append("loguru") if BUG in text else None)
    yield heard
    logger.remove(sink)


def role_that(work: Any, port: int = 0) -> Any:
    """Return a role with one action, which does *work*."""
    from metagpt.actions import Action  # noqa: PLC0415
    from metagpt.config2 import Config  # noqa: PLC0415
    from metagpt.roles import Role  # noqa: PLC0415

    class Work(Action):
        async def run(self, history: list[Any]) -> str:
            return str(await work(self, history))

    config = Config.from_llm_config(model_at(port))
    role = Role(name="worker", profile="worker", config=config)
    role.set_actions([Work])
    return role


def message(number: int) -> Any:
    from metagpt.schema import Message  # noqa: PLC0415

    return Message(content=str(number), send_to={"worker"})


def environment_of(role: Any) -> Any:
    from metagpt.environment import Environment  # noqa: PLC0415

    environment = Environment()
    environment.add_role(role)
    return environment


async def at_once() -> None:
    found: dict[str, Any] = {}
    turns = Turns()

    async def wait(_action: Any, history: list[Any]) -> str:
        with turns.turn(int(history[-1].content)) as seconds:
            await asyncio.sleep(seconds)
        return "done"

    role = role_that(wait)
    for number in range(MESSAGES):
        role.put_message(message(number))
    await role.run()
    found["put_message, run"] = turns.found()
    turns = Turns()
    role = role_that(wait)
    await asyncio.gather(*(role.run(message(number)) for number in range(MESSAGES)))
    found["runs of one role"] = turns.found()
    say(NAME, "at once", **found)


async def swallowed() -> None:
    async def fail(_action: Any, _history: list[Any]) -> str:
        raise ValueError(BUG)

    found = {}
    for way in ("role.run", "environment.run"):
        role = role_that(fail)
        run = role.run if way == "role.run" else environment_of(role).run
        role.put_message(message(1))
        with listening() as logs:
            raised = await raised_by(run())
        found[way] = {"run": f"{raised[:30]} ... {raised[-60:]}", "logs": logs}
    say(NAME, "swallowed", **found)


async def unbounded() -> None:
    async def wait(_action: Any, _history: list[Any]) -> str:
        await asyncio.Event().wait()
        return "done"

    role = role_that(wait)
    stuck = asyncio.create_task(role.run(message(0)))
    await asyncio.sleep(0.1)

    async def put(number: int) -> None:
        role.put_message(message(number))
        await asyncio.sleep(0)

    found = await flood(put)
    say(NAME, "unbounded", **found)
    stuck.cancel()


async def mid_stream() -> None:
    async def once(_at_a_piece: bool) -> dict[str, Any]:
        return await left()

    found = await often(once, moments=["at any time"])
    say(NAME, "mid stream", **{"environment.run": found})


async def left() -> dict[str, Any]:
    async def ask(action: Any, _history: list[Any]) -> str:
        return str(await action.llm.aask("go on", stream=True))

    with serving() as port, warned() as warnings:
        role = role_that(ask, port)
        role.put_message(message(1))
        found = await leave(port, environment_of(role).run())
        costs = role.llm.cost_manager
        found["usage"] = f"{costs.total_completion_tokens if costs else 0} tokens"
        await role.actions[0].llm.aclient.close()
        await asyncio.sleep(0.1)
        found["connections_when_closed"] = seen(port).connections
    return {**found, "warnings": warnings}


async def main() -> None:
    configured()
    await at_once()
    await swallowed()
    await mid_stream()
    await unbounded()
    finish()


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):  # it prints what a model says
        asyncio.run(main())
