"""`python -m tools.chart_schema`: writes the schema of the configuration into that of the chart's values.

Helm reads draft 7, in which nothing beside a `$ref` counts and definitions have another name.
"""

import json
from pathlib import Path
from typing import Any

from exporter.config import blocks

SCHEMA = Path(__file__).parent.parent / "helm" / "usage-exporter" / "values.schema.json"

_ROOT = "Config"
_LEFT_OUT = {"$schema", "$defs", "title"}
"""What Helm does not read, or what only repeats a key."""
_VALUES = {"default", "examples", "const", "enum", "required"}
"""Keywords that hold values of the file, not schemas."""
_WORDS = {"off": False, "on": True}
"""Words that Helm, like all YAML 1.1, reads as booleans where they have no quotes."""


def document() -> str:
    """The chart's schema with the configuration as it is; the rest is written by hand."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    schema["definitions"] = _definitions()
    return f"{json.dumps(schema, indent=2)}\n"


def _definitions() -> dict[str, Any]:
    whole = blocks.schema()
    parts = {_ROOT: whole, **whole["$defs"]}
    return {name: _converted(part) for name, part in parts.items()}


def _converted(part: dict[str, Any]) -> dict[str, Any]:
    """A part as draft 7 writes it, and so that Helm tells one mistake in one line."""
    if "discriminator" in part:
        return _by_kind(part["discriminator"])
    if "$ref" in part:
        return {"$ref": _moved(part["$ref"])}
    kept = {key: _inner(key, value) for key, value in part.items() if key not in _LEFT_OUT}
    return _with_words(_optional(kept))


def _inner(key: str, value: Any) -> Any:
    """What a keyword holds: values, schemas by name, several schemas, or one."""
    if key in _VALUES:
        return value
    if key in {"properties", "patternProperties"}:
        return {name: _converted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_converted(each) for each in value]
    return _converted(value) if isinstance(value, dict) else value


def _optional(part: dict[str, Any]) -> dict[str, Any]:
    """What may be null as one schema: of two alternatives Helm tells that both failed."""
    kinds = part.get("anyOf", ())
    given = [kind for kind in kinds if kind != {"type": "null"}]
    if len(given) == len(kinds) or len(given) != 1:
        return part
    [kind] = given
    rest = {key: value for key, value in part.items() if key != "anyOf"}
    if "$ref" in kind:
        return {**rest, "if": {"type": "null"}, "else": kind}
    merged = {**rest, **kind, "type": [kind["type"], "null"]}
    return {**merged, "enum": [*kind["enum"], None]} if "enum" in kind else merged


def _with_words(part: dict[str, Any]) -> dict[str, Any]:
    booleans = [_WORDS[word] for word in part.get("enum", ()) if word in _WORDS]
    if not booleans:
        return part
    rest = {key: value for key, value in part.items() if key != "type"}
    return {**rest, "enum": [*part["enum"], *booleans]}


def _by_kind(discriminator: dict[str, Any]) -> dict[str, Any]:
    """One condition for each kind, because `oneOf` tells of a mistake only that no kind fits."""
    key, kinds = discriminator["propertyName"], discriminator["mapping"]
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": [*kinds]}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": kind}}},
                "then": {"$ref": _moved(reference)},
            }
            for kind, reference in kinds.items()
        ],
    }


def _moved(reference: str) -> str:
    return reference.replace("#/$defs/", "#/definitions/")


if __name__ == "__main__":
    SCHEMA.write_text(document(), encoding="utf-8")
