"""What is wrong with the shape of the configuration, in words that name the remedy."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from exporter.config.blocks import schema
from exporter.config.text import Place, Problem
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.vendors import VENDORS
from exporter.vendors.base import Target

UNKNOWN_KEY = "unknown key; remove it or correct its spelling"

_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
}

_FORMS = {
    "base_url": "begin with https:// or http:// and have no user name, query or fragment, as {}",
    "api_version": "be a date, as {}",
    "org": "be the login alone, without an address or a slash, as acme",
    "enterprise": "be the slug alone, without an address or a slash, as acme",
}
"""What a text must be like, with a place for the vendor's default."""


def explained(error: ValidationError) -> Iterator[Problem]:
    errors = error.errors(include_url=False)
    broken = {at[:end] for at in (details["loc"] for details in errors) for end in range(len(at))}
    for details in errors:
        if details["type"] == "too_short" and details["loc"] in broken:
            continue  # it has items, and what is wrong with them is told
        at, vendor = tuple(details["loc"]), ""
        # A discriminated union puts the vendor's name into the path; the file has no such key.
        if at[:1] == ("targets",) and len(at) > 2 and at[2] in {v.name for v in VENDORS}:
            at, vendor = (*at[:2], *at[3:]), str(at[2])
        branch = next((number for number, part in enumerate(at) if _is_branch(part)), None)
        if branch is None or details["type"] in ("extra_forbidden", "invalid_key"):
            yield at, _message(details, at, vendor)
            continue
        # Of words or a list, what is wrong with the one that was written.
        words, is_list = str(at[branch]).startswith("literal["), _is_list(details["input"])
        at = (*at[:branch], *at[branch + 1 :])
        if words and not is_list:
            expected = details["ctx"]["expected"].replace(" or ", ", ")
            yield at, f"must be {expected} or a list, not {_shown(details['input'])}"
        elif not words and details["type"] != "tuple_type":
            yield at, _message(details, at, vendor)


def _is_branch(part: int | str) -> bool:
    """Whether a part of a path is one choice of several types, and no key."""
    return str(part).startswith(("literal[", "tuple["))


def _message(details: ErrorDetails, at: Place, vendor: str) -> str:
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
    if kind == "too_short":
        return f"is empty; give at least one{' target' if at == ('targets',) else ''}"
    if kind in ("model_type", "model_attributes_type"):
        return f"must be a block of keys, not {_kind_of(given)}"
    shown = "" if _may_hold_secret(at) else f", not {_shown(given)}"
    if kind in ("list_type", "tuple_type"):
        as_list = f", as [{given}]" if isinstance(given, str) and at != ("targets",) else ""
        return f"must be a list{as_list}{shown}{_remedy(kind, given)}"
    if kind in _WANTED:
        return f"must be {_WANTED[kind]}{shown}{_remedy(kind, given)}"
    if kind == "string_pattern_mismatch" and at[-1] in _FORMS:
        return f"must {_FORMS[str(at[-1])].format(_default(vendor, str(at[-1])))}{shown}"
    return f"{_plain(details['msg'])}{shown}"


def _plain(message: str) -> str:
    """A message of pydantic's as the rest of a sentence about the key."""
    message = message.replace("Input should ", "must ").replace("String should ", "must ")
    return f"{message[0].lower()}{message[1:]}"


def _remedy(kind: str, given: object) -> str:
    """How the given value is written as what is wanted, where that is plain."""
    if kind in ("list_type", "tuple_type"):
        return "; begin each item with a dash" if isinstance(given, Mapping) and given else ""
    if kind == "string_type":
        return "; put it in quotes" if isinstance(given, int | float | date) else ""
    return "; write it without quotes" if _is_quoted(kind, given) else ""


def _is_quoted(kind: str, given: object) -> bool:
    """Whether a text would be a value of the right type without its quotes."""
    if not isinstance(given, str):
        return False
    if kind == "bool_type":
        return given.lower() in ("true", "false", "yes", "no", "on", "off")
    return given.isdecimal() or (kind == "float_type" and given.replace(".", "", 1).isdecimal())


def _default(vendor: str, key: str) -> Any:
    """The default of a key of a vendor's targets."""
    return next(v.target.model_fields[key].default for v in VENDORS if v.name == vendor)


def _may_hold_secret(at: Place) -> bool:
    return not {"auth", "proxy", "base_url"}.isdisjoint(at)


def _shown(given: object) -> str:
    """A single value as it is; a block or list may hold a secret somewhere."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, date):
        return given.isoformat()
    return repr(given) if isinstance(given, str | int | float) else _kind_of(given)


def _is_list(given: object) -> bool:
    return isinstance(given, Sequence) and not isinstance(given, str)


def _kind_of(given: object) -> str:
    if given is None:
        return "empty"
    if isinstance(given, Mapping):
        return "a block of keys"
    return "a list" if _is_list(given) else "a single value"


def _suggestion(at: Place) -> str:
    """Where the key belongs, or the known key that was probably meant."""
    key, known = str(at[-1]), _known_keys(schema())
    if key in known:
        owner = _owner(at)
        return f" ({key} is a {owner})" if owner else ""
    close = difflib.get_close_matches(key, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def _owner(at: Place) -> str:
    """To what a key belongs that is known, but not here."""
    key = str(at[-1])
    for vendor in VENDORS:
        if any(stream.name == key for stream in vendor.streams):
            return f"stream of {vendor.name}"
    if key in Target.model_fields:
        return "key of a target"
    if key in StreamOptions.model_fields:
        return "key of a stream"
    if key in CountingOptions.model_fields:
        return "key of a stream that counts"
    owners = [vendor.name for vendor in VENDORS if key in vendor.target.model_fields]
    return f"key of {' and '.join(owners)} targets" if owners else ""


def _known_keys(part: object) -> set[str]:
    """Every key that a JSON Schema knows, at any depth."""
    found: set[str] = set()
    if isinstance(part, Mapping):
        properties = part.get("properties")
        found.update(properties if isinstance(properties, Mapping) else ())
        for value in part.values():
            found |= _known_keys(value)
    return found
