"""Say what has become of the mutants, and fail if one lives without an explanation.

``nox -s mutants`` runs this after mutmut. In explained.toml each mutant that may live
is told by its place and by what it changes, as it is printed here; mutmut's own names
have numbers in them, which change with the code.
"""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

EXPLAINED = Path(__file__).with_name("explained.toml")
# Python may crash when the fault handler ends a test that hangs.
DEAD = {"killed", "timeout", "segfault"}


def mutmut(*args: str) -> str:
    """Return what mutmut prints."""
    command = ("mutmut", *args)
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def fates() -> dict[str, str]:
    """Return what has become of each mutant, by mutmut's name for it."""
    lines = mutmut("results", "--all", "true").splitlines()
    pairs = (line.strip().rsplit(": ", 1) for line in lines)
    return {name: fate for name, fate in pairs if fate != "not checked"}


def file_of(name: str) -> str:
    """Return the module of a mutant, or of one that has been told."""
    return ".".join(name.removeprefix("exeunt.").split(".")[:2])


def told(name: str) -> str:
    """Return the place of a mutant and what it changes."""
    place = re.sub(r"\.x[_ǁ]", ".", name.partition("__mutmut_")[0]).replace("ǁ", ".")
    _, *lines = mutmut("show", name).split("\n@@", 1)[1].splitlines()
    was = [line[1:].strip() for line in lines if line.startswith("-")]
    becomes = [line[1:].strip() for line in lines if line.startswith("+")]
    change = f"{' '.join(was)} --> {' '.join(becomes) or 'nothing'}"
    return f"{place.removeprefix('exeunt.')}: {change}"


def explained() -> set[str]:
    """Return the mutants that may live."""
    groups = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["explained"]
    return {mutant for group in groups for mutant in group["mutants"]}


def show(title: str, mutants: set[str]) -> None:
    """Print some mutants, as they would stand in the list."""
    if mutants:
        print(f"\n{title}:", *(f"'''{each}'''," for each in sorted(mutants)), sep="\n")


def main() -> None:
    """Print the score, and what is not as the list has it."""
    found = fates()
    living = {name for name, fate in found.items() if fate not in DEAD}
    alive = Counter(map(file_of, living))
    for file, count in Counter(map(file_of, found)).items():
        print(f"{file:20} {count:5} mutants {count - alive[file]:5} killed")
    score = 1 - len(living) / len(found)
    print(f"{'together':20} {len(found):5} mutants {score:12.1%} killed")

    survivors, listed = {told(name) for name in living}, explained()
    swept = {file_of(name) for name in found}
    show("These live, and explained.toml does not say why", survivors - listed)
    stale = {each for each in listed - survivors if file_of(each) in swept}
    show("These are explained, but do not live", stale)
    if survivors - listed or stale:
        sys.exit(1)


if __name__ == "__main__":
    main()
