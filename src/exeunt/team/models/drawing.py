"""Chance that hangs on nothing but what it is drawn for."""

from hashlib import blake2b


def drawn(*what: object) -> float:
    """Draw a number from 0 to 1, the same one whenever it is drawn for the same.

    No state is shared, so that a draw does not depend on the order of the draws.

    Args:
        what: Values whose ``repr`` tells them apart.

    Returns:
        At least 0, and less than 1.

    Example::

        assert drawn("a prompt", 7) == drawn("a prompt", 7) != drawn("a prompt", 8)

    """
    digest = blake2b(repr(what).encode(errors="surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
