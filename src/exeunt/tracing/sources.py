"""The files of a program, under names that are the same on every machine."""

import linecache
from collections.abc import Iterable
from pathlib import Path


class Sources:
    """Names files, and finds their texts again."""

    def __init__(self) -> None:
        self._here = Path.cwd()
        self._names: dict[str, str] = {}
        self._files: dict[str, str] = {}

    def name_of(self, file: str) -> str:
        """Return *file* as seen from the current directory, or else its last part.

        With as much before it as tells it from all the others that were named.
        """
        if file not in self._names:
            name = next(
                each for each in self._names_for(file) if each not in self._files
            )
            self._names[file], self._files[name] = name, file
        return self._names[file]

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """Return what is in the files that were given these names, if it is known."""
        return {
            name: "".join(linecache.getlines(self._files[name]))
            for name in dict.fromkeys(names)
        }

    def _names_for(self, file: str) -> Iterable[str]:
        if file.startswith("<"):  # such as <stdin>: it is no file
            yield file
        path = self._here / file
        if path.is_relative_to(self._here):
            yield path.relative_to(self._here).as_posix()
        for start in range(len(path.parts) - 1, -1, -1):
            yield "/".join(path.parts[start:])
        yield file
