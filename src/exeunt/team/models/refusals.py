"""What a provider's HTTP status means for whoever asked. Pure."""

import json
import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import attrs

from .errors import Busy, ModelError, Refused, Retryable

_AGAIN = {408, 409, 425}  # and all from 500 on: nothing is wrong with the question


@attrs.frozen
class Asked:
    """Who was asked, in the words of an error.

    Attributes:
        model: The name of the model.
        at: Its address, without a password.
        key: Where the key came from, never the key itself.

    """

    model: str
    at: str
    key: str


def failure(
    asked: Asked, status: int, headers: Mapping[str, str], said: bytes
) -> ModelError:
    """Return the error for an answer in HTTP that is no success."""
    whole = _decoded(said)
    why = complaint(whole) and f" {complaint(whole)}"
    after = retry_after(headers)
    if status == 429 and not _is_out_of_money(whole):
        return Busy(f"{asked.at} is asked too much (429): ask later.{why}", after=after)
    if status in _AGAIN or status >= 500:
        return Retryable(f"{asked.at} failed ({status}): ask again.{why}", after=after)
    return Refused(f"{_blame(asked, status)}{why}", status=status)


def _is_out_of_money(whole: Any) -> bool:
    match whole:
        case {"error": {"code": code, "type": kind}}:
            return "insufficient_quota" in {str(code), str(kind)}
        case _:
            return False


def _blame(asked: Asked, status: int) -> str:
    match status:
        case 401:
            return f"{asked.at} does not accept {asked.key} (401): check the key."
        case 402 | 429:
            return f"{asked.at} wants to be paid first ({status}): see to the account."
        case 403:
            return (
                f"{asked.at} does not let {asked.key} use {asked.model} (403): ask for"
                " the right to, or take another model."
            )
        case 404:
            return (
                f"There is no model {asked.model} at {asked.at} (404): check the name"
                " of the model, then the address."
            )
        case _ if 300 <= status < 400:
            return f"{asked.at} has moved ({status}): put in its new address."
        case _:
            return f"{asked.at} refuses this prompt ({status}): ask otherwise."


def complaint(whole: Any) -> str:
    """Return what a provider says of an error, in one line, and nothing if nothing."""
    match whole:
        case (
            {"error": {"message": str(text)}}
            | {"error": str(text)}
            | {"message": str(text)}
            | {"detail": str(text)}
            | str(text)
        ):
            pass
        case _:
            text = json.dumps(whole)
    line = " ".join(text.split())[:300]
    return f'It says: "{line}"' if line else ""


def _decoded(said: bytes) -> Any:
    try:
        return json.loads(said)
    except (ValueError, RecursionError):
        return said.decode(errors="replace")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that a provider asks for, if it asks for any.

    A date is counted from the provider's own clock, which stands in its ``Date``.
    """
    wish = headers.get("retry-after", "")
    try:
        seconds = float(wish)
    except ValueError:
        return _seconds_until(wish, headers.get("date", ""))
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(then: str, now: str) -> float | None:
    try:
        wait = parsedate_to_datetime(then) - parsedate_to_datetime(now)
    except (TypeError, ValueError):  # no dates, or only one of them with a zone
        return None
    return max(0.0, wait.total_seconds())
