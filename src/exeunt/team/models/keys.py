"""The key to a provider: read from its place, used in one header, shown to nobody."""

import os
import re
import stat
import warnings
from pathlib import Path
from typing import NoReturn

from .errors import BadKey

_SHORTEST_SECRET = 8  # "none", "EMPTY", "local": what servers without keys are given
_HIDDEN = b"[key]"


class Secret:
    """A secret that does not get out by accident.

    It is not in the key's ``repr``, it is not pickled, and `hide` takes it out of
    what others say. Only `reveal` gives it away: look for that word to see where.

    Args:
        secret: the key as the provider gave it.
        origin: where it is from, for errors.

    Raises:
        BadKey: *secret* is empty, or has characters that cannot stand in a header.

    Example::

        key = Secret("sk-1234567890", "the vault")
        print(key)
    """

    __slots__ = ("_secret", "origin")

    def __init__(self, secret: str, origin: str = "the key it was given") -> None:
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise BadKey(
                f"The key from {origin} has characters that no key has, such as a"
                " space or the end of a line: copy it again."
            )
        if not secret:
            raise BadKey(f"The key from {origin} is empty: put it in, or name no key.")
        self._secret = secret
        self.origin = origin

    def __repr__(self) -> str:
        return f"<Secret from {self.origin}>"

    def reveal(self) -> str:
        """Return the secret, for the header and for the SDKs."""
        return self._secret

    def hide(self, said: bytes) -> bytes:
        """Return what somebody said without the key in it.

        A key of fewer than 8 characters is none that anybody has to hide.
        """
        if len(self._secret) < _SHORTEST_SECRET:
            return said
        shapes = "".join(map(_in_json, self._secret))
        return re.sub(shapes.encode(), _HIDDEN, said)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A key is not pickled: read it where it is needed.")

    def __getstate__(self) -> NoReturn:
        raise TypeError("A key is not copied: hand it on as it is.")


def _in_json(character: str) -> str:
    """Return a pattern for a character as it is, and as JSON may write it."""
    if character.isalnum():
        return character
    return rf"(?:\\?{re.escape(character)}|\\u00(?i:{ord(character):02x}))"


def read_key(
    variable: str = "OPENAI_API_KEY", file: str | os.PathLike[str] | None = None
) -> Secret | None:
    """Read a key from a file if one is named, else from the environment.

    Args:
        variable: the name of an environment variable.
        file: a file with the key and nothing else.

    Returns:
        The key, or nothing if the variable is not set: local servers need none.

    Raises:
        BadKey: the file cannot be read, or what is there is no key.

    Warns:
        UserWarning: everybody on this machine may read the file.

    Example::

        key = read_key("OPENAI_API_KEY")
    """
    if file is not None:
        return _from_file(Path(file))
    secret = os.environ.get(variable, "").strip()
    return Secret(secret, f"the environment variable {variable}") if secret else None


def _from_file(file: Path) -> Secret:
    try:
        secret = file.read_text("ascii").strip()
        mode = file.stat().st_mode
    except OSError as error:
        raise BadKey(f"No key can be read from {file}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BadKey(f"What is in {file} is no key: put in the right file.") from None
    if os.name == "posix" and mode & stat.S_IROTH:
        warnings.warn(
            f"Everybody on this machine may read the key in {file}: chmod 600 {file}",
            stacklevel=3,
        )
    return Secret(secret, f"the file {file}")
