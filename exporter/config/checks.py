"""Everything wrong with a configuration: its shape, and what no shape can tell."""

import copy
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from exporter.config.blocks import Config, one_target, vendor_of
from exporter.config.explain import Mistake, Written, mistakes
from exporter.config.secrets import check_ca_file, check_key, check_secrets
from exporter.config.text import Place, Problem
from exporter.config.twice import counted_by_both, read_by_both
from exporter.masking import shows_credential
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions
from exporter.vendors.base import Target, enabled_streams

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""Categories of characters that nobody sees, or takes for a blank."""


def check(data: Any, written: Written) -> Iterator[Problem]:
    """Everything wrong with the data, each with the path to it; `written` is what stands in the file."""
    if not isinstance(data, Mapping):
        yield (), "must be a mapping with the key targets, as targets: [{vendor: github, ...}]"
        return
    found = _invalid(data, written)
    unknown = [mistake.at for mistake in found if mistake.unknown_key]
    problems = dict.fromkeys(mistake.problem for mistake in found)
    if unknown:
        # The checks of a whole block run only where all its keys are known.
        data = _without(data, unknown)
        problems |= dict.fromkeys(mistake.problem for mistake in _invalid(data, written))
    yield from problems
    targets = data.get("targets")
    targets = targets if isinstance(targets, list) else []
    yield from _duplicates(targets)
    valid: list[tuple[int, Target]] = []
    for index, target in enumerate(targets):
        if isinstance(target, Mapping):
            yield from _check_account(("targets", index, "account"), target.get("account"))
            yield from _check_names(("targets", index), target)
            yield from check_secrets(("targets", index, "auth"), target.get("auth"))
            yield from check_ca_file(("targets", index, "ca_file"), target.get("ca_file"))
        try:
            valid.append((index, one_target.validate_python(target)))
        except ValidationError:
            continue  # explained above
        yield from _check_target(("targets", index), valid[-1][1])
    yield from read_by_both(valid)
    yield from counted_by_both(valid)
    privacy = data.get("privacy")
    if isinstance(privacy, Mapping) and isinstance(privacy.get("key_file"), str):
        yield from check_key(privacy["key_file"])


def _invalid(data: object, written: Written) -> list[Mistake]:
    try:
        Config.model_validate(data)
    except ValidationError as error:
        return list(mistakes(error, written))
    return []


def _check_account(at: Place, account: object) -> Iterator[Problem]:
    """An account is a label: what nobody sees in it makes other series of it."""
    if not isinstance(account, str):
        return
    hidden = next((c for c in account if c != " " and unicodedata.category(c) in _INVISIBLE), None)
    if hidden is not None:
        name = unicodedata.name(hidden, "a control character").lower()
        yield at, f"has a character that cannot be seen, U+{ord(hidden):04X} ({name}); remove it"
    elif account != account.strip():
        yield at, f"{account!r} begins or ends with a blank; remove it"


def _check_names(at: Place, target: Mapping[Any, Any]) -> Iterator[Problem]:
    """Names become labels and parts of addresses, where no credential may be."""
    for key in ("account", "org", "enterprise", "organization_id"):
        name = target.get(key)
        if isinstance(name, str) and shows_credential(name):
            yield (*at, key), "looks like a credential; give the name, which everybody may see"


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
