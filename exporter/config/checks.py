"""Everything wrong with a configuration: its shape, and what no shape can tell."""

import copy
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from exporter.client import connection
from exporter.client.auth import Secret, header_value
from exporter.client.errors import SecretError
from exporter.client.private_key import rsa_key
from exporter.config.blocks import Config, one_target, vendor_of
from exporter.config.explain import UNKNOWN_KEY, explained
from exporter.config.text import ConfigError, Place, Problem
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions
from exporter.vendors.base import Target, enabled_streams

SHORTEST_KEY = 16


def check(data: Any) -> Iterator[Problem]:
    """Everything wrong with the data, each with the path to it."""
    if not isinstance(data, Mapping):
        yield (), "must be a mapping with the key targets"
        return
    problems = dict.fromkeys(_invalid(data))
    unknown = [at for at, message in problems if message.startswith(UNKNOWN_KEY)]
    if unknown:
        # The checks of a whole block run only where all its keys are known.
        data = _without(data, unknown)
        problems |= dict.fromkeys(_invalid(data))
    yield from problems
    targets = data.get("targets")
    targets = targets if isinstance(targets, list) else []
    yield from _duplicates(targets)
    for index, target in enumerate(targets):
        if isinstance(target, Mapping):
            yield from _check_secrets(("targets", index, "auth"), target.get("auth"))
            yield from _check_ca_file(("targets", index, "ca_file"), target.get("ca_file"))
        try:
            yield from _check_target(("targets", index), one_target.validate_python(target))
        except ValidationError:
            continue  # explained above
    privacy = data.get("privacy")
    if isinstance(privacy, Mapping) and isinstance(privacy.get("key_file"), str):
        yield from _check_key(privacy["key_file"])


def _invalid(data: object) -> Iterator[Problem]:
    try:
        Config.model_validate(data)
    except ValidationError as error:
        yield from explained(error)


def _without(data: Any, paths: Sequence[Place]) -> Any:
    """A copy of the data without what is at these paths."""
    data = copy.deepcopy(data)
    for *parents, last in paths:
        part = data
        for parent in parents:
            part = part[parent]
        part.pop(last, None)
    return data


def _duplicates(targets: list[Any]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], int] = {}
    for index, target in enumerate(targets):
        if not isinstance(target, Mapping) or "account" not in target:
            continue
        key = (str(target.get("vendor")), str(target["account"]))
        if key in seen:
            problem = f"targets[{seen[key]}] of vendor {key[0]} has the account {key[1]!r} too"
            yield ("targets", index, "account"), f"{problem}; give each its own"
        seen.setdefault(key, index)


def _check_target(at: Place, target: Target) -> Iterator[Problem]:
    vendor = vendor_of(target)
    for stream in vendor.streams:
        options = getattr(target.streams, stream.name)
        problem = stream.inapplicable(target)
        if options is not None and options.enabled and problem:
            yield (*at, "streams", stream.name), f"{problem}, or remove the stream"
        if options is not None:
            yield from _check_labels((*at, "streams", stream.name, "drop_labels"), stream, options)
    if not enabled_streams(vendor, target):
        yield (*at, "streams"), "the target has no stream; name one or remove the target"
    try:
        vendor.settings(target)
    except ValueError as error:
        yield (*at, "base_url"), str(error)


def _check_labels(at: Place, stream: AnyStream, options: StreamOptions) -> Iterator[Problem]:
    known = dict.fromkeys(label for metric in stream.metrics for label in metric.labels)
    names = ", ".join(sorted(known))
    remedy = f"it can drop {names}" if known else "it has none that can be dropped"
    for index, name in enumerate(options.drop_labels):
        if name not in known:
            yield (*at, index), f"{stream.name} has no label {name!r}; {remedy}"


def _check_ca_file(at: Place, path: object) -> Iterator[Problem]:
    if not isinstance(path, str):
        return
    if not _readable(path):
        yield at, f"{path} cannot be read; check the path and its mode"
        return
    try:
        connection.tls(path)
    except ValueError as error:
        problem = str(error).removeprefix("ca_file ")
        yield at, f"{problem}; give a bundle of the authorities' certificates in PEM"


def _readable(path: str) -> bool:
    try:
        return os.access(path, os.R_OK)
    except ValueError:
        # Not a path: it has a NUL or an unpaired surrogate in it.
        return False


def _check_secrets(at: Place, auth: object) -> Iterator[Problem]:
    """The form of every secret that an `auth` block names at any depth, whatever else is wrong."""
    for name, value in auth.items() if isinstance(auth, Mapping) else ():
        if not isinstance(value, str):
            yield from _check_secrets((*at, str(name)), value)
            continue
        try:
            if name == "private_key_file":
                rsa_key(Secret.from_file(value))
            elif str(name).endswith("_file"):
                header_value(Secret.from_file(value))
            elif str(name).endswith("_env"):
                header_value(Secret.from_env(value, os.environ))
        except (SecretError, ValueError) as error:
            yield (*at, str(name)), str(error)


def _check_key(path: str) -> Iterator[Problem]:
    try:
        read_key(path)
    except ConfigError as error:
        yield ("privacy", "key_file"), str(error)


def read_key(path: str) -> bytes:
    """The key of the pseudonyms; raises ConfigError."""
    try:
        key = Path(path).read_bytes().strip()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([f"{path} cannot be read: {reason}"]) from error
    if len(key) < SHORTEST_KEY:
        remedy = f"at least {SHORTEST_KEY} are needed: openssl rand -hex 32 > {path}"
        raise ConfigError([f"{path} holds {len(key)} bytes; {remedy}"])
    return key
