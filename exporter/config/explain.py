"""What is wrong with the shape of the configuration, in words that name the remedy."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from exporter.config.durations import format_duration
from exporter.config.keys import credential_advice, example, form, suggestion
from exporter.config.text import Place, Problem
from exporter.vendors import VENDORS

Written: TypeAlias = Callable[[Place], str | None]
"""Gives what stands in the file for a single value."""

UNKNOWN_KEY = "unknown key; remove it or correct its spelling"

_WANTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
}

_BOUNDS = {"greater_than_equal": "at least", "less_than_equal": "at most"}

_FORMS = {
    "base_url": "begin with https:// or http:// and have no user name, query or fragment, as {}",
    "api_version": "be a date, as {}",
    "org": "be the login alone, letters, digits and hyphens without an address, as acme",
    "enterprise": "be the slug alone, letters, digits and hyphens without an address, as acme",
    "organization_id": (
        "be the id alone, as 1b4e28ba-2fa1-41d2-883f-0016d3cca427 at Tabnine or org_abc123 at Cursor"
    ),
    "proxy": "be http://HOST:PORT or https://HOST:PORT, as http://proxy.example.com:3128",
}
"""What a text must be like, with a place for the vendor's default."""

_ADDRESSES = {"base_url", "proxy"}
"""Keys whose value no quotes around a number would make right."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong; `at` is where it stands in the file."""

    at: Place
    vendor: str
    details: ErrorDetails
    written: Written

    @property
    def unknown_key(self) -> bool:
        """Whether it is a key that does not exist, and whose value is no credential."""
        return self.details["type"] == "extra_forbidden" and not credential_advice(str(self.at[-1]))

    @property
    def problem(self) -> Problem:
        return self.at, self._message()

    def _message(self) -> str:
        kind, given, at = self.details["type"], self.details["input"], self.at
        context = self.details.get("ctx", {})
        if kind == "extra_forbidden":
            advice = credential_advice(str(at[-1]))
            return advice or f"{UNKNOWN_KEY}{suggestion(at, self.vendor)}"
        if kind == "missing":
            return f"is required, as {at[-1]}: {example(at, self.vendor)}"
        if kind == "union_tag_invalid":
            return f"vendor {context.get('tag')!r} is not known; use one of {_vendors()}"
        if kind == "union_tag_not_found":
            return f"vendor is required: one of {_vendors()}"
        if kind == "value_error":
            return self._told(str(context.get("error", self.details["msg"])))
        if kind == "string_too_short":
            return f"is empty; write it, as {at[-1]}: {example(at, self.vendor)}, or remove the key"
        if kind == "invalid_key":
            return f"a key must be text, not {given!r}; put it in quotes"
        if kind in _BOUNDS and (limit := self._bound(context)):
            return limit
        if kind == "too_short":
            return f"is empty; give at least one{' target' if at == ('targets',) else ''}"
        if kind in ("model_type", "model_attributes_type"):
            name = f"{at[-1]}: " if at and isinstance(at[-1], str) else ""
            shape = f", as {name}{form(at, self.vendor, given)}" if at else ""
            return f"must be a block of keys{shape}, not {self._kind()}"
        shown = "" if _may_hold_secret(at) else f", not {self._shown()}"
        if kind in ("list_type", "tuple_type"):
            as_list = f", as [{given}]" if isinstance(given, str) else ""
            if at == ("targets",):
                as_list = f", as targets: {example(at, self.vendor)}"
            return f"must be a list{as_list}{shown}{_remedy(kind, given)}"
        formed = kind == "string_pattern_mismatch" or (
            kind == "string_type" and at[-1] in _ADDRESSES
        )
        if formed and at[-1] in _FORMS:
            return f"must {_FORMS[str(at[-1])].format(_default(self.vendor, str(at[-1])))}{shown}"
        if kind in _WANTED:
            return f"must be {_WANTED[kind]}{shown}{_remedy(kind, given)}"
        return f"{_plain(self.details['msg'])}{shown}"

    def _told(self, message: str) -> str:
        """A check's own message, with what was written where it repeats what YAML made of that."""
        given, written = self.details["input"], self.written(self.at)
        made = repr(given)
        if isinstance(given, str) or written is None or not message.startswith(f"{made} "):
            return message
        return f"{written}{message.removeprefix(made)}"

    def _bound(self, context: Mapping[str, Any]) -> str:
        """The limit of a duration, which was written with a unit; empty for other numbers."""
        kind, written = self.details["type"], self.written(self.at) or ""
        if not written[-1:].isalpha():
            return ""
        limit = format_duration(context[{"greater_than_equal": "ge"}.get(kind, "le")])
        return f"must be {_BOUNDS[kind]} {limit}, not {written}"

    def _kind(self) -> str:
        """A single value as it is where it cannot be a credential, or what kind of thing there is."""
        given = self.details["input"]
        if isinstance(given, bool | int | float):
            return self._shown()
        return _kind_of(given)

    def _shown(self) -> str:
        """A single value as it was written; a block or list may hold a secret somewhere."""
        given = self.details["input"]
        written = None if isinstance(given, str) else self.written(self.at)
        return written or _shown(given)


def mistakes(error: ValidationError, written: Written) -> Iterator[Mistake]:
    """What is wrong, without what only follows from something else that is told."""
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
            yield Mistake(at, vendor, details, written)
            continue
        # Of words or a list, what is wrong with the one that was written.
        words, is_list = str(at[branch]).startswith("literal["), _is_list(details["input"])
        at = (*at[:branch], *at[branch + 1 :])
        if words and not is_list:
            expected = details["ctx"]["expected"].replace(" or ", ", ")
            details["ctx"]["expected"] = f"{expected} or a list"
            details["msg"] = f"Input should be {expected} or a list"
            yield Mistake(at, vendor, details, written)
        elif not words and details["type"] != "tuple_type":
            yield Mistake(at, vendor, details, written)


def _vendors() -> str:
    return ", ".join(vendor.name for vendor in VENDORS)


def _is_branch(part: int | str) -> bool:
    """Whether a part of a path is one choice of several types, and no key."""
    return str(part).startswith(("literal[", "tuple["))


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
