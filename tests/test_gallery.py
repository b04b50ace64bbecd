"""The pictures of runs in the documentation are what they were when last looked at."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import trio

DOCS = Path(__file__).parent.parent / "docs"
TRIO = tuple(int(part) for part in trio.__version__.split(".")[:2])

pytestmark = pytest.mark.skipif(
    TRIO < (0, 31), reason="before Trio 0.31 cancellations have no reasons"
)


@pytest.fixture
def gallery(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sys, "path", [str(DOCS / "_ext"), *sys.path])
    monkeypatch.delitem(sys.modules, "gallery_pictures", raising=False)
    return import_module("gallery_pictures")


def test_every_picture_is_the_one_that_was_looked_at(
    gallery: Any, tmp_path: Path
) -> None:
    lines = gallery.DIGESTS.read_text(encoding="utf-8").splitlines()
    stored = {name: digest for digest, name in (line.split(" ", 1) for line in lines)}
    drawn = dict(gallery.pictures())
    assert drawn.keys() == stored.keys(), "run python docs/_ext/gallery_pictures.py"
    changed: list[Path] = []
    for name, picture in drawn.items():
        if gallery.digest(picture) != stored[name]:
            path = tmp_path / f"{name.replace('/', '-').replace(' ', '-')}.svg"
            path.write_text(picture, encoding="utf-8")
            changed.append(path)
    assert not changed, "look at them, then run python docs/_ext/gallery_pictures.py"


def test_the_readme_shows_a_picture_of_the_gallery(gallery: Any) -> None:
    drawn = dict(gallery.pictures())[" ".join(gallery.README_SHOWS)]
    assert gallery.README.read_text(encoding="utf-8") == drawn
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    assert f"(docs/_static/{gallery.README.name})" in readme
