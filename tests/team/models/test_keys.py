"""A key is read from its place, goes into one header, and is shown to nobody."""

# ruff: noqa: SIM117 - a block in a block shows what is closed first.

import copy
import json
import logging
import os
import pickle
import sys
import traceback
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from exeunt.team.models.errors import BadKey, ModelError
from exeunt.team.models.keys import Secret, read_key
from exeunt.team.models.model import Message, Prompt

SECRET = "sk-mUst+n0t/be=seen"
PROMPT = Prompt(messages=(Message("user", "Say hello."),), max_tokens=9)


def test_a_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIDER_KEY", f" {SECRET}\n")
    key = read_key("PROVIDER_KEY")
    assert key is not None
    assert key.reveal() == SECRET
    assert repr(key) == "<Secret from the environment variable PROVIDER_KEY>"


@pytest.mark.parametrize("value", [None, "", " \n"])
def test_a_variable_that_is_not_set_is_no_key(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PROVIDER_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("PROVIDER_KEY", value)
    assert read_key("PROVIDER_KEY") is None


def test_a_file_that_is_named_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    file = tmp_path / "key"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    key = read_key(file=file)
    assert key is not None
    assert key.reveal() == SECRET
    assert repr(key) == f"<Secret from the file {file}>"


@pytest.mark.skipif(os.name != "posix", reason="has no such modes")
def test_a_file_that_everybody_may_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(SECRET)
    file.chmod(0o644)
    with pytest.warns(UserWarning, match=f"chmod 600 {file}"):
        key = read_key(file=str(file))
    assert key is not None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        BadKey, match=r"No key can be read from .*nowhere: No such file"
    ):
        read_key(file=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"two words", "has characters that no key has"),
        (b"two\nlines", "has characters that no key has"),
        (b"sk-\x07", "has characters that no key has"),
        (SECRET.encode() + b"\xff", "is no key: put in the right file"),
    ],
)
def test_what_is_no_key_is_not_quoted(
    content: bytes, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(BadKey, match=says) as raised:
        read_key(file=file)
    assert str(file) in str(raised.value)
    assert SECRET not in "".join(traceback.format_exception(raised.value))


def test_a_key_is_not_shown() -> None:
    key = Secret(SECRET)
    shown = [repr(key), str(key), f"{key}", f"{key!r:>9}", repr([key]), repr(dir(key))]
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(Secret(SECRET), protocol)


def test_a_key_is_not_copied() -> None:
    for attempt in (copy.copy, copy.deepcopy, Secret.__getstate__):
        with pytest.raises(TypeError):
            attempt(Secret(SECRET))
    with pytest.raises(TypeError):
        vars(Secret(SECRET))


ECHOES = {
    "as it is": SECRET,
    "with slashes escaped": SECRET.replace("/", r"\/"),
    "as .NET writes it": SECRET.replace("+", r"\u002B").replace("=", r"\u003d"),
    "twice": SECRET * 2,
}


@pytest.mark.parametrize("echo", ECHOES)
def test_a_key_is_taken_out_of_what_others_say(echo: str) -> None:
    hidden = Secret(SECRET).hide(f"who is {ECHOES[echo]}?".encode())
    assert hidden.replace(b"[key]", b"", 1) in {b"who is ?", b"who is [key]?"}


def test_a_short_key_is_no_secret() -> None:
    assert Secret("none").hide(b"there is none") == b"there is none"


@asynccontextmanager
async def provider_that_echoes(shape: str, status: int) -> AsyncGenerator[Any]:
    serving = pytest.importorskip("serving", reason="needs httpx2")
    client = pytest.importorskip("exeunt.team.models.client", reason="needs httpx2")
    said = f"Incorrect API key provided: {ECHOES[shape]}"
    body = f'{{"error": {{"message": "{said}"}}}}'.encode()
    replies = {
        200: serving.Whole(b"<html>" + body),
        1: serving.Streamed([b"data: " + body + b"\n\n"]),
        2: serving.Streamed([bytes([byte]) for byte in b"<p>\n" + body]),
        3: serving.Streamed([b"data: <", body, b"\n\n"]),
    }
    reply = replies.get(status, serving.Whole(body, status))
    async with serving.serving(reply) as server:
        async with client.open_client(server.url, "m", key=Secret(SECRET)) as model:
            yield model


@pytest.mark.parametrize("shape", ECHOES)
@pytest.mark.parametrize("status", [200, 400, 401, 429, 500, 1, 2, 3])
async def test_an_echo_of_the_key_is_in_no_error_and_in_no_log(
    shape: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with provider_that_echoes(shape, status) as model:
        with pytest.raises(ModelError) as raised:
            if status in {1, 2, 3}:
                async with model.stream(PROMPT) as pieces:
                    await pieces.receive()
            else:
                await model.complete(PROMPT)
    logging.getLogger("test").error("It failed", exc_info=raised.value)
    shown = "".join(
        [
            *traceback.format_exception(raised.value),
            repr(raised.value),
            repr(vars(raised.value)),
            repr(model),
            caplog.text,
        ]
    )
    assert "[key]" in shown  # The echo came, and was seen.
    for echo in (*ECHOES.values(), json.dumps(SECRET)[1:-1], SECRET[3:]):
        assert echo not in shown
