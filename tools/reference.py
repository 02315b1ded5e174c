"""`python -m tools.reference`: writes what the documents say of the streams' options and cost, from the streams.

Between two markers stands what is generated; the rest of a document is written by hand.
"""

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import yaml
from pydantic.fields import FieldInfo

from exporter.config.base import ConfigModel
from exporter.config.blocks import one_target
from exporter.config.descriptions import descriptions
from exporter.config.durations import format_in_days, parse_duration
from exporter.streams.contract import AnyStream
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor
from tools import sizing

ROOT = Path(__file__).parent.parent
TABLES = ROOT / "docs" / "configuration.md"
SIZES = ROOT / "docs" / "sizing.md"
EXAMPLE = ROOT / "config.example.yaml"

_COMMON = tuple(name for name in StreamOptions.model_fields if name != "interval")
"""Options that are explained once, under "Every stream"."""
_COMMENT = 40
"""The column in which the comments of the example begin."""
_WIDTH = 110
_SCOPES = {
    "github": {"github organization": {"org": "acme"}, "github enterprise": {"enterprise": "acme"}},
    "cursor": {"cursor": {}, "cursor organization": {"organization_id": "org_abc123"}},
    "anthropic": {"anthropic": {}, "anthropic analytics": {"api": "analytics"}},
}
"""Of a vendor whose targets are of several kinds: their names in the markers, and what tells the kind."""
_EXAMPLES = {"requests_per_minute": "30", "max_series": "2000"}
"""What stands in the example for options that have no default."""


def tables() -> str:
    """A section for each stream with a table of its options, in Markdown."""
    sections = [_section(vendor, stream) for vendor in VENDORS for stream in vendor.streams]
    return "\n\n".join(sections)


def example(streams: list[AnyStream]) -> str:
    """The `streams` block of a target in the example, with every option at its default."""
    lines: list[str] = []
    for stream in streams:
        summary = f"{stream.summary[0].upper()}{stream.summary[1:]}."
        off = "" if stream.by_default else " Off by default."
        lines += textwrap.wrap(
            summary + off, _WIDTH, initial_indent="      # ", subsequent_indent="      # "
        )
        lines.append(f"      {stream.name}:")
        first = stream is VENDORS[0].streams[0]
        lines += _options(stream.options, stream.by_default, 8, explain_common=first)
    return "\n".join(lines)


def documents() -> dict[Path, str]:
    """Each document that has generated parts, as it should be."""
    example_text = EXAMPLE.read_text(encoding="utf-8")
    for vendor in VENDORS:
        for name, streams in _shown(vendor):
            text = example(streams)
            example_text = _between(example_text, "#", f"streams of {name}", text)
    return {
        TABLES: _between(TABLES.read_text(encoding="utf-8"), "<!--", "streams", tables()),
        EXAMPLE: example_text,
        SIZES: _between(SIZES.read_text(encoding="utf-8"), "<!--", "first polls", sizing.table()),
    }


def _shown(vendor: AnyVendor) -> Iterator[tuple[str, list[AnyStream]]]:
    """The streams of a vendor by the target of the example that shows them, each stream once."""
    left = list(vendor.streams)
    for name, keys in _SCOPES.get(vendor.name, {vendor.name: {}}).items():
        auth = {"token_env": "TOKEN"}
        target = one_target.validate_python(
            {"vendor": vendor.name, "account": "acme", "auth": auth, **keys}
        )
        streams = [stream for stream in left if stream.inapplicable(target) is None]
        left = [stream for stream in left if stream not in streams]
        yield name, streams


def _between(text: str, comment: str, name: str, content: str) -> str:
    """The text with other content between the markers of a name."""
    end = " -->" if comment == "<!--" else ""
    begin, stop = f"{comment} generated: {name}{end}\n", f"{comment} end of generated{end}"
    head, found, rest = text.partition(begin)
    if not found:
        raise LookupError(f"there is no {begin.strip()!r}")
    _, found, tail = rest.partition(stop)
    indent = re.findall(r"[ ]*$", head)[0]
    blank = "\n" if comment == "<!--" else ""
    return f"{head}{begin}{blank}{content}\n{blank}{indent}{stop}{tail}"


def _section(vendor: AnyVendor, stream: AnyStream) -> str:
    notes = [] if stream.by_default else ["Off by default."]
    if stream.hidden(people=False):
        notes.append("Needs `privacy.users`.")
    notes.append(f"Explained in [{vendor.title}](vendors/{vendor.name}.md#{stream.name}).")
    rows = ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    rows += _rows(stream.options, "")
    return "\n\n".join([f"### {vendor.name} {stream.name}", " ".join(notes), "\n".join(rows)])


def _rows(options: type[ConfigModel], prefix: str) -> Iterator[str]:
    meanings = descriptions(options)
    for name, field in options.model_fields.items():
        if not prefix and name in _COMMON:
            continue
        block = _block(field)
        if block is not None:
            yield from _rows(block, f"{prefix}{name}.")
            continue
        common = meanings.get(name) == _common_description(name)
        meaning = "" if common else _one_line(meanings.get(name))
        yield f"| `{prefix}{name}` | {_kind(field)} | {_default(field)} | {meaning} |".replace(
            "|  |", "| |"
        )


def _common_description(name: str) -> str | None:
    return descriptions(CountingOptions).get(name)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _block(field: FieldInfo) -> type[ConfigModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, ConfigModel) else None


def _kind(field: FieldInfo) -> str:
    """The type in words."""
    if any(getattr(each, "func", None) is parse_duration for each in field.metadata):
        least = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), 0)
        return f"duration, at least `{_plain(least, field)}`" if int(str(least)) > 1 else "duration"
    return _words(field.annotation, field.metadata)


def _words(kind: Any, metadata: list[Any]) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        return _words(inner, [*metadata, *more])
    if origin in (Union, UnionType):
        parts = [part for part in get_args(kind) if part is not type(None)]
        return _choice([word for part in parts for word in _alternatives(part, metadata)])
    if origin is Literal:
        return _choice(_alternatives(kind, metadata))
    if origin is tuple:
        return f"list of {_items(get_args(kind)[0])}"
    if kind is bool:
        return "true or false"
    return _number(metadata) if kind in (int, float) else "text"


def _alternatives(kind: Any, metadata: list[Any]) -> list[str]:
    if get_origin(kind) is Literal:
        return [f"`{value}`" for value in get_args(kind)]
    return [_words(kind, metadata)]


def _items(kind: Any) -> str:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(kind))
    if isinstance(kind, type) and issubclass(kind, ConfigModel):
        return f"`{{{', '.join(kind.model_fields)}}}`"
    return "texts"


def _choice(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _number(metadata: list[Any]) -> str:
    bounds = {type(each).__name__: each for each in metadata}
    least, most = bounds.get("Ge"), bounds.get("Le")
    if least and most:
        return f"{least.ge} to {most.le}"
    if least:
        return f"at least {least.ge}"
    return "number > 0" if "Gt" in bounds else "number"


def _plain(value: Any, field: FieldInfo) -> str:
    """A value as one writes it in the file."""
    if any(getattr(each, "func", None) is parse_duration for each in field.metadata):
        return format_in_days(value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def _default(field: FieldInfo) -> str:
    value = _plain(field.default, field)
    return value if value == "none" else f"`{value}`"


def _options(
    options: type[ConfigModel], by_default: bool, indent: int, *, explain_common: bool
) -> Iterator[str]:
    meanings = descriptions(options)
    for name, field in options.model_fields.items():
        common = meanings.get(name) == _common_description(name)
        meaning = _one_line(meanings.get(name)) if explain_common or not common else ""
        for given in field.examples or ():
            meaning += f" As {yaml.safe_dump(given, default_flow_style=True).strip()}."
        block = _block(field)
        if block is not None:
            yield from _commented(f"{' ' * indent}{name}:", meaning)
            yield from _options(block, by_default, indent + 2, explain_common=True)
            continue
        value = _plain(field.default, field)
        if name == "enabled" and indent == 8:
            value = str(by_default).lower()
        hidden = value == "none"
        shown = _EXAMPLES.get(name, "…") if hidden else value
        yield from _commented(f"{' ' * indent}{'# ' if hidden else ''}{name}: {shown}", meaning)


def _commented(line: str, meaning: str) -> list[str]:
    if not meaning:
        return [line]
    start = max(_COMMENT, len(line) + 1)
    first, *rest = textwrap.wrap(meaning, _WIDTH - start)
    return [f"{line.ljust(start)}# {first}", *(f"{' ' * start}# {more}" for more in rest)]


if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")
