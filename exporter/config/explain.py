"""What is wrong with the shape of the configuration, in words that name the remedy."""

import difflib
from collections.abc import Iterator, Mapping

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from exporter.config.model import schema
from exporter.config.text import Place, Problem
from exporter.vendors import VENDORS

UNKNOWN_KEY = "unknown key; remove it or correct its spelling"


def explained(error: ValidationError) -> Iterator[Problem]:
    for details in error.errors(include_url=False):
        at = tuple(details["loc"])
        # A discriminated union puts the vendor's name into the path; the file has no such key.
        if at[:1] == ("targets",) and len(at) > 2 and at[2] in {v.name for v in VENDORS}:
            at = (*at[:2], *at[3:])
        yield at, _message(details, at)


def _message(details: ErrorDetails, at: Place) -> str:
    kind, given = details["type"], details["input"]
    context = details.get("ctx", {})
    if kind == "extra_forbidden":
        return f"{UNKNOWN_KEY}{_suggestion(at)}"
    if kind == "missing":
        return "is required"
    if kind == "union_tag_invalid":
        names = ", ".join(vendor.name for vendor in VENDORS)
        return f"vendor {context.get('tag')!r} is not known; use one of {names}"
    if kind == "union_tag_not_found":
        return "vendor is required: " + ", ".join(vendor.name for vendor in VENDORS)
    if kind == "value_error":
        return str(context.get("error", details["msg"]))
    if kind == "too_short" and at == ("targets",):
        return "is empty; give at least one target"
    if kind in ("model_type", "model_attributes_type"):
        return f"must be a block of keys, not {_kind_of(given)}"
    shown = "" if _may_hold_secret(at) else f", not {_shown(given)}"
    return f"{details['msg'][0].lower()}{details['msg'][1:]}{shown}"


def _may_hold_secret(at: Place) -> bool:
    return not {"auth", "proxy", "base_url"}.isdisjoint(at)


def _shown(given: object) -> str:
    """A single value as it is; a block or list may hold a secret somewhere."""
    return repr(given) if isinstance(given, str | int | float) else _kind_of(given)


def _kind_of(given: object) -> str:
    if given is None:
        return "empty"
    if isinstance(given, Mapping):
        return "a block of keys"
    return "a list" if isinstance(given, list) else "a single value"


def _suggestion(at: Place) -> str:
    """The known key that was probably meant."""
    close = difflib.get_close_matches(str(at[-1]), _known_keys(schema()), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _known_keys(part: object) -> set[str]:
    """Every key that a JSON Schema knows, at any depth."""
    found: set[str] = set()
    if isinstance(part, Mapping):
        properties = part.get("properties")
        found.update(properties if isinstance(properties, Mapping) else ())
        for value in part.values():
            found |= _known_keys(value)
    return found
