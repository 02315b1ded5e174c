"""Which keys the file may have at a place, and what a block there looks like."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from exporter.config.blocks import Config, schema
from exporter.config.durations import is_duration
from exporter.config.text import Place
from exporter.config.token_auth import TokenAuth
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.vendors import VENDORS
from exporter.vendors.base import Target

_CREDENTIALS = frozenset(
    [
        "access_token",
        "api_key",
        "api_token",
        "apikey",
        "bearer",
        "client_secret",
        "credential",
        "credentials",
        "key",
        "pass",
        "passphrase",
        "passwd",
        "password",
        "pat",
        "personal_access_token",
        "private_key",
        "secret",
        "token",
    ]
)
"""Keys that somebody gives who writes the credential itself into the file."""

_OUTSIDE = (
    "a credential does not belong in the configuration: put it into a file of its own and give "
    "auth: {token_file: PATH}, or into an environment variable and give auth: {token_env: NAME}"
)
_OUTSIDE_KEY = (
    "a private key does not belong in the configuration: put it into a file of its own and give "
    "auth: {app: {client_id: ID, private_key_file: PATH}}"
)
_PLACEHOLDERS = {
    "account": "NAME",
    "token_file": "PATH",
    "private_key_file": "PATH",
    "client_id": "ID",
    "id": "ID",
}


def credential_advice(key: str) -> str | None:
    """What to do instead of giving a credential by a key of this name; None for other keys."""
    key = key.lower()
    if key not in _CREDENTIALS:
        return None
    return _OUTSIDE_KEY if key == "private_key" else _OUTSIDE


def suggestion(at: Place, vendor: str) -> str:
    """Where an unknown key belongs, or the key of its block that was probably meant."""
    key = str(at[-1])
    if key.startswith("x-"):
        return " (keys that begin with x- are free at the top level only)"
    owners = list(dict.fromkeys(_owners(key)))
    if owners:
        return f" ({key} is a {' and a '.join(owners)})"
    close = difflib.get_close_matches(key, _properties(at[:-1], vendor), n=1)
    return f" (did you mean {close[0]}?)" if close else ""


def example(at: Place, vendor: str) -> str:
    """What may stand at a place, whole where it is a block or a list."""
    if at == ("targets",):
        return f"[{form((*at, 0), vendor, None)}]"
    part = _block(at, vendor)
    return form(at, vendor, None) if "properties" in part else _example(str(at[-1]), part)


def form(at: Place, vendor: str, given: object) -> str:
    """How the block at a place is written, made of what was given where that can be told."""
    known = _properties(at, vendor)
    if at and at[-1] == "streams":
        items = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
        names = [item for item in items if isinstance(item, str) and item in known]
        return _written(dict.fromkeys(names or list(known)[:1], "{}"))
    if "interval" in known and is_duration(given):
        return _written({"interval": str(given)})
    if "enabled" in known:
        return _written({"enabled": "false" if given is False else "true"})
    if "vendor" in known or (at[:1] == ("targets",) and len(at) == 2):
        return "{vendor: github, account: acme, org: acme, auth: {token_file: PATH}}"
    required = [name for name in known if name in _block(at, vendor).get("required", ())]
    return _written({name: _example(name, known[name]) for name in required or list(known)[:1]})


def _written(block: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in block.items()) + "}"


def _example(name: str, part: Mapping[str, Any]) -> str:
    """The default, or a word for what is to be given."""
    default, words = part.get("default"), _opened(part).get("enum")
    if default is not None and not isinstance(default, list | dict):
        return str(default).lower() if isinstance(default, bool) else str(default)
    return _PLACEHOLDERS.get(name) or (str(words[0]) if words else name.upper())


def _owners(key: str) -> Iterator[str]:
    """To what a key belongs that is known, but not here."""
    if key in Config.model_fields:
        yield "key of the top level"
    for vendor in VENDORS:
        for stream in vendor.streams:
            if stream.name == key:
                yield f"stream of {vendor.name}"
    if key in Target.model_fields:
        yield "key of a target"
    else:
        own = [vendor.name for vendor in VENDORS if key in vendor.target.model_fields]
        if own:
            yield f"key of {' and '.join(own)} targets"
    if key in TokenAuth.model_fields:
        yield "key of auth"
    if key in StreamOptions.model_fields:
        yield "key of a stream"
    elif key in CountingOptions.model_fields:
        yield "key of a stream that counts"
    else:
        streams = [one for vendor in VENDORS for one in vendor.streams]
        own = [stream.name for stream in streams if key in stream.options.model_fields]
        if own:
            yield f"key of {' and '.join(own)}"
    for name in Config.model_fields:
        if name != "targets" and key in _properties((name,), ""):
            yield f"key of {name}"


def _properties(at: Place, vendor: str) -> Mapping[str, Any]:
    """The keys of the block at a place, each with what may stand there."""
    properties: Mapping[str, Any] = _block(at, vendor).get("properties", {})
    return properties


def _block(at: Place, vendor: str) -> Mapping[str, Any]:
    """What the schema says of the block at a place; empty where there is none."""
    part: Mapping[str, Any] = _schema()
    for key in at:
        if isinstance(key, int):
            part = part.get("items", {})
            targets = [each.target.__name__ for each in VENDORS if each.name == vendor]
            if "oneOf" in part and targets:
                part = _schema()["$defs"][targets[0]]
        else:
            part = part.get("properties", {}).get(key, {})
        part = _opened(part)
    return part


def _opened(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part behind its reference; of several, that which is a block or a list."""
    if "$ref" in part:
        return _opened(_schema()["$defs"][part["$ref"].rpartition("/")[2]])
    inner = [_opened(one) for one in part.get("anyOf", ())]
    return next((one for one in inner if one.get("type") in ("object", "array")), part)


@cache
def _schema() -> Mapping[str, Any]:
    return schema()
