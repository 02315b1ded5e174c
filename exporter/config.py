"""The configuration file: read, checked, and every error at once."""

import copy
import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Self, TypeAlias, Union

import yaml
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import ErrorDetails

from exporter.client.auth import Secret
from exporter.client.errors import UnauthorizedError
from exporter.duration import Duration
from exporter.poll.privacy import Users
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor, Strict, Target, enabled_streams

Path_: TypeAlias = tuple[int | str, ...]
Problem: TypeAlias = tuple[Path_, str]
SHORTEST_KEY = 16
UNKNOWN_KEY = "unknown key; remove it or correct its spelling"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` has a line for each thing to mend."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StateConfig(Strict):
    """Where counts are kept."""

    path: str = Field(default="usage-exporter.db", min_length=1)
    """The state file (SQLite). Its directory must exist and be writable."""


def _users(value: object) -> object:
    """YAML reads a bare `off` as false."""
    return "off" if value is False else value


class PrivacyConfig(Strict):
    """What becomes of people."""

    users: Annotated[Users, BeforeValidator(_users)] = Users.OFF
    """off: no people at all; pseudonym: keyed hashes; plain: as the vendor names them."""
    key_file: str | None = None
    """The key of the pseudonyms: a file with at least 16 bytes that stays the same."""

    @model_validator(mode="after")
    def _key_for_pseudonyms(self) -> Self:
        if self.users is Users.PSEUDONYM and self.key_file is None:
            raise ValueError("users: pseudonym needs key_file")
        return self


class LimitsConfig(Strict):
    """What bounds memory and series."""

    series_per_stream: int = Field(default=5_000, ge=1)
    """Series of one stream of one target; further ones are added to `other`."""


class CountingConfig(Strict):
    """How counters begin and gauges end."""

    birth_hold: Duration = Field(default=120, ge=0)
    """How long a series is shown at 0 before its first value; more than a scrape interval."""
    history: Annotated[str, Field(pattern="^(baseline|count)$")] = "baseline"
    """Whether the lookback of the first poll is where counting starts, or is counted itself."""
    expire_after: Duration = Field(default=86_400, ge=1)
    """How long a gauge is shown after it was last read."""


_AnyTarget: Any = Annotated[
    Union[tuple(vendor.target for vendor in VENDORS)],  # noqa: UP007  # built from the table
    Field(discriminator="vendor"),
]
_one_target: TypeAdapter[Target] = TypeAdapter(_AnyTarget)


class Config(Strict):
    """Configuration of usage-exporter."""

    targets: list[_AnyTarget] = Field(min_length=1)
    """The accounts that are polled."""
    state: StateConfig = StateConfig()
    """Where counts are kept."""
    privacy: PrivacyConfig = PrivacyConfig()
    """What becomes of people."""
    limits: LimitsConfig = LimitsConfig()
    """What bounds memory and series."""
    counting: CountingConfig = CountingConfig()
    """How counters begin and gauges end."""


def load(path: str | Path) -> Config:
    """Read and check a configuration file and its secrets; raises ConfigError."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            [f"{path}: cannot be read: {error.strerror}; check --config.file"]
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text: {error}"]) from error
    return parse(text, path)


def parse(text: str, path: str | Path) -> Config:
    """Check the text of a configuration file; `path` is named in the errors."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError([f"{place}: is not YAML: {getattr(error, 'problem', error)}"]) from error
    except (ValueError, RecursionError) as error:
        # What YAML takes for a date or a number, and Python does not; or far too many brackets.
        raise ConfigError([f"{path}: is not YAML: {error}; put such a text in quotes"]) from error
    problems = [
        f"{path}:{line}: {_dotted(at)}: {problem}"
        for line, at, problem in sorted(
            (
                (_line(node, at), at, problem)
                for at, problem in (*_repeated(node), *_check(data or {}))
            ),
            key=lambda row: row[0],
        )
    ]
    if problems:
        raise ConfigError(problems)
    return Config.model_validate(data)


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors and other tools."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **TypeAdapter(Config).json_schema(),
    }


def vendor_of(target: Target) -> AnyVendor:
    """The vendor of a configured target."""
    return next(vendor for vendor in VENDORS if vendor.name == target.vendor)


def _check(data: Any) -> Iterator[Problem]:
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
            yield from _check_target(("targets", index), _one_target.validate_python(target))
        except ValidationError:
            continue  # explained above
    privacy = data.get("privacy")
    if isinstance(privacy, Mapping) and isinstance(privacy.get("key_file"), str):
        yield from _check_key(privacy["key_file"])


def _invalid(data: object) -> Iterator[Problem]:
    try:
        Config.model_validate(data)
    except ValidationError as error:
        yield from _explained(error)


def _without(data: Any, paths: Sequence[Path_]) -> Any:
    """A copy of the data without what is at these paths."""
    data = copy.deepcopy(data)
    for *parents, last in paths:
        part = data
        for parent in parents:
            part = part[parent]
        part.pop(last, None)
    return data


def _repeated(node: yaml.Node | None) -> Iterator[Problem]:
    """The keys that one block gives twice: YAML would take the last, and say nothing."""
    seen: set[int] = set()
    waiting: list[tuple[Path_, yaml.Node | None]] = [((), node)]
    while waiting:
        at, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += (((*at, index), item) for index, item in enumerate(node.value))
        elif isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
                yield (*at, key), "is given more than once; keep one of them"
            waiting += (((*at, str(key.value)), value) for key, value in node.value)


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


def _check_target(at: Path_, target: Target) -> Iterator[Problem]:
    vendor = vendor_of(target)
    for stream in vendor.streams:
        options = getattr(target.streams, stream.name)
        problem = stream.inapplicable(target)
        if options is not None and options.enabled and problem:
            yield (*at, "streams", stream.name), f"{problem}, or remove the stream"
    if not enabled_streams(vendor, target):
        yield (*at, "streams"), "the target has no stream; name one or remove the target"
    try:
        vendor.settings(target)
    except ValueError as error:
        yield (*at, "base_url"), str(error)


def _check_ca_file(at: Path_, path: object) -> Iterator[Problem]:
    if isinstance(path, str) and not os.access(path, os.R_OK):
        yield at, f"{path} cannot be read; check the path and its mode"


def _check_secrets(at: Path_, auth: object) -> Iterator[Problem]:
    """Every secret that an `auth` block names, whatever else is wrong with it."""
    for name, value in auth.items() if isinstance(auth, Mapping) else ():
        if not isinstance(value, str):
            continue
        try:
            if str(name).endswith("_file"):
                Secret.from_file(value).read()
            elif str(name).endswith("_env"):
                Secret.from_env(value, os.environ).read()
        except (UnauthorizedError, ValueError) as error:
            yield (*at, str(name)), str(error)


def read_key(path: str) -> bytes:
    """The key of the pseudonyms; raises ConfigError."""
    try:
        key = Path(path).read_bytes().strip()
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from error
    if len(key) < SHORTEST_KEY:
        remedy = f"at least {SHORTEST_KEY} are needed: openssl rand -hex 32 > {path}"
        raise ConfigError([f"{path} holds {len(key)} bytes; {remedy}"])
    return key


def _check_key(path: str) -> Iterator[Problem]:
    try:
        read_key(path)
    except ConfigError as error:
        yield ("privacy", "key_file"), str(error)


def _explained(error: ValidationError) -> Iterator[Problem]:
    for details in error.errors(include_url=False):
        at = tuple(details["loc"])
        # A discriminated union puts the vendor's name into the path; the file has no such key.
        if at[:1] == ("targets",) and len(at) > 2 and at[2] in {v.name for v in VENDORS}:
            at = (*at[:2], *at[3:])
        yield at, _message(details, at)


def _message(details: ErrorDetails, at: Path_) -> str:
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


def _may_hold_secret(at: Path_) -> bool:
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


def _suggestion(at: Path_) -> str:
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


def _dotted(at: Path_) -> str:
    text = ""
    for part in at:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the file"


def _line(node: yaml.Node | None, at: Path_) -> int:
    """The line of the innermost part of a path that the file has."""
    line = 1
    for part in at:
        following = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    line, following = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and part in range(len(node.value)):
            following = node.value[int(part)]
            line = following.start_mark.line + 1
        if following is None:
            break
        node = following
    return line
