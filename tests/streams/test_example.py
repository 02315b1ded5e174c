"""The example configuration and the JSON Schema: complete, true and current."""

import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from exporter.commands import main
from exporter.config.blocks import Config
from exporter.config.file import load
from exporter.streams.options import StreamOptions
from exporter.vendors import VENDORS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
SCHEMA = ROOT / "config.schema.json"
ANNOTATIONS = {
    "$defs",
    "$schema",
    "default",
    "description",
    "discriminator",
    "examples",
    "format",
    "title",
}
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables that the example names."""
    for name in re.findall(
        r"^ *token_env: (\w+)", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE
    ):
        monkeypatch.setenv(name, "token")


@pytest.fixture
def example(secrets: None) -> Config:
    return load(EXAMPLE)


def test_the_example_loads(secrets: None) -> None:
    """`check` accepts it as it is; it polls what a newcomer polls."""
    assert _planned(EXAMPLE) == {
        (vendor.name, stream.name)
        for vendor in VENDORS
        for stream in vendor.streams
        if stream.by_default
    }


def test_the_example_loads_with_everything_turned_on(secrets: None, tmp_path: Path) -> None:
    """A stream that is off by default runs as it stands there, but for that line."""
    path = tmp_path / "config.yaml"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace("enabled: false", "enabled: true"), encoding="utf-8")
    everything = {(vendor.name, stream.name) for vendor in VENDORS for stream in vendor.streams}
    assert _planned(path) == everything


def _planned(path: Path) -> set[tuple[str, str]]:
    """The streams that `check` lists, with their vendors."""
    result = CliRunner().invoke(main, ["check", "--config.file", str(path)])
    assert (result.exit_code, result.stderr) == (0, "")
    *lines, last = result.stdout.splitlines()[1:]
    assert last.startswith(f"{path} is valid: ")
    rows = [line.split() for line in lines if not line.startswith("warning: ")]
    return {(row[0].partition("/")[0], row[1]) for row in rows}


def test_the_example_gives_the_defaults(example: Config) -> None:
    """What a newcomer leaves out is as the example says."""
    for vendor in VENDORS:
        targets = [target for target in example.targets if target.vendor == vendor.name]
        for stream in vendor.streams:
            blocks = [getattr(target.streams, stream.name) for target in targets]
            [block] = [block for block in blocks if block is not None]
            assert block == stream.options(enabled=stream.by_default)
        named = {"vendor", "account", "auth", "streams", "org", "enterprise", "organization_id"}
        named |= {"api"}
        # The example has a part beside a whole that may contain it, and both have all their streams.
        named |= {"unlinked", "standalone"} if len(targets) > 1 else set()
        for name, info in vendor.target.model_fields.items():
            for target in targets:
                assert name in named or getattr(target, name) == info.get_default()
    for name, block in Config(targets=example.targets):
        assert getattr(example, name) == block


def _models(value: object) -> Iterator[BaseModel]:
    """Every block of a configuration."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _models(item)
    elif isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _models(getattr(value, name))


def _block(text: str, name: str) -> str:
    """The lines of a key, down to the next line that is indented as it or less."""
    lines = text.splitlines()
    [start] = [n for n, line in enumerate(lines) if re.match(rf" *{name}:", line)]
    indent = len(lines[start]) - len(lines[start].lstrip())
    block = [lines[start]]
    for line in lines[start + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        block.append(line)
    return "\n".join(block)


def _streams_of(vendor: str, text: str) -> str:
    """What is generated for a vendor: streams of several vendors may have one name."""
    begin, end = rf"# generated: streams of {vendor}\b", "# end of generated"
    return "\n".join(re.findall(f"{begin}(.*?){end}", text, re.DOTALL))


def test_the_example_names_every_option(example: Config) -> None:
    """Uncommented, or commented where it has no default."""
    text = EXAMPLE.read_text(encoding="utf-8")
    for model in _models(example):
        for name in type(model).model_fields:
            assert re.search(rf"^ *(- |# )?{name}:", text, re.MULTILINE), name
    for part in json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"].values():
        for name in part.get("properties", ()):
            assert re.search(rf"\b{name}:", text), name
    for vendor in VENDORS:
        section = _streams_of(vendor.name, text)
        for stream in vendor.streams:
            block = _block(section, stream.name)
            options = stream.options()
            assert isinstance(options, StreamOptions)
            for name in type(options).model_fields:
                assert re.search(rf"^ *(# )?{name}:", block, re.MULTILINE), f"{stream.name}.{name}"


def test_the_schema_is_current() -> None:
    """Written by `usage-exporter check --schema > config.schema.json`."""
    result = CliRunner().invoke(main, ["check", "--schema"])
    assert result.exit_code == 0
    assert result.stdout == SCHEMA.read_text(encoding="utf-8")
    assert result.stdout == json.dumps(json.loads(result.stdout), indent=2) + "\n"


def _problems(value: Any, schema: Any, whole: Any, at: str = "$") -> Iterator[str]:
    """What the keywords of JSON Schema that ours uses say about a value."""
    for keyword, wanted in schema.items():
        if keyword in ANNOTATIONS:
            continue
        if keyword == "$ref":
            yield from _problems(value, whole["$defs"][wanted.rpartition("/")[2]], whole, at)
        elif keyword in ("anyOf", "oneOf"):
            found = [list(_problems(value, part, whole, at)) for part in wanted]
            fitting = sum(not problems for problems in found)
            if fitting == 0 or (keyword == "oneOf" and fitting > 1):
                yield f"{at}: fits {fitting} of {keyword}: {found}"
        elif keyword == "properties":
            for name in value if isinstance(value, dict) else ():
                if name in wanted:
                    yield from _problems(value[name], wanted[name], whole, f"{at}.{name}")
        elif keyword == "patternProperties":
            for name, fit in ((n, f) for n in value for p, f in wanted.items() if re.search(p, n)):
                yield from _problems(value[name], fit, whole, f"{at}.{name}")
        elif keyword == "items":
            for number, item in enumerate(value if isinstance(value, list) else ()):
                yield from _problems(item, wanted, whole, f"{at}[{number}]")
        elif not _holds(keyword, wanted, value, schema):
            yield f"{at}: {value!r} is not {keyword} {wanted!r}"


def _holds(keyword: str, wanted: Any, value: Any, schema: Any) -> bool:
    if keyword in OF_TEXTS:
        return not isinstance(value, str) or OF_TEXTS[keyword](value, wanted)
    if keyword in OF_NUMBERS:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return not number or OF_NUMBERS[keyword](value, wanted)
    return RULES[keyword](value, wanted, schema)


OF_TEXTS: Mapping[str, Callable[[str, Any], bool]] = {
    "pattern": lambda text, wanted: re.search(wanted, text) is not None,
    "minLength": lambda text, wanted: len(text) >= wanted,
    "maxLength": lambda text, wanted: len(text) <= wanted,
}
OF_NUMBERS: Mapping[str, Callable[[float, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
}
RULES: Mapping[str, Callable[[Any, Any, Any], bool]] = {
    "type": lambda value, wanted, _: (
        wanted == "boolean"
        if isinstance(value, bool)
        else isinstance(value, TYPES[wanted]) or (wanted == "integer" and value == 10)
    ),
    "const": lambda value, wanted, _: value == wanted and not isinstance(value, bool),
    "enum": lambda value, wanted, _: value in wanted,
    "required": lambda value, wanted, _: not isinstance(value, dict) or set(wanted) <= value.keys(),
    "additionalProperties": lambda value, _, schema: (
        not isinstance(value, dict) or _unnamed(value, schema) <= schema["properties"].keys()
    ),
    "minItems": lambda value, wanted, _: not isinstance(value, list) or len(value) >= wanted,
}
"""What a keyword asks of a value, given what stands at it and the schema around it."""


def _unnamed(value: dict[str, Any], schema: Any) -> set[str]:
    """The keys that no pattern allows."""
    patterns = schema.get("patternProperties", ())
    return {name for name in value if not any(re.search(pattern, name) for pattern in patterns)}


def test_the_example_fits_the_schema() -> None:
    """An editor that reads the schema finds nothing wrong with the example, and finds mistakes."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    data = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    data["x-shared"] = {"anything": [1]}
    assert list(_problems(data, schema, schema)) == []
    data["targets"][0]["streams"]["api_insights"]["intervall"] = "5m"
    assert list(_problems(data, schema, schema))


ODD: tuple[Any, ...] = (None, True, False, 0, 10.0, 10.5, -1, "", "10", "5m", "0", [], {})
DURATIONS = {"interval", "lookback", "timeout", "create_every", "expire_after"}
WORDS = {"users", "cost_centers", "agent_usage", "beta"}
"""Keys whose bare `on` and `off` are words, which YAML 1.1 reads as booleans."""


@pytest.mark.parametrize(
    "number", range(len(yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["targets"]))
)
def test_the_schema_and_the_file_agree_on_types(number: int) -> None:
    """Whatever stands at a key: an editor with the schema and `check` both refuse it, or neither."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    whole = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    one = {**(whole if number == 0 else {}), "targets": [whole["targets"][number]]}
    for place in _places(one):
        for odd in ODD:
            damaged = _replaced(one, place, odd)
            fits = not list(_problems(damaged, schema, schema))
            bare = isinstance(odd, bool) and place[-1] in WORDS
            assert bare or fits == (not _of_a_type(damaged)), (place, odd)


def _places(part: Any) -> Iterator[tuple[int | str, ...]]:
    """The path to everything inside a block or list."""
    if isinstance(part, dict | list):
        for key in part if isinstance(part, dict) else range(len(part)):
            yield (key,)
            yield from ((key, *place) for place in _places(part[key]))


def _replaced(whole: Any, place: tuple[int | str, ...], value: object) -> Any:
    """The same with another value at a place."""
    if not place:
        return value
    copy = whole.copy()
    copy[place[0]] = _replaced(whole[place[0]], place[1:], value)
    return copy


def _of_a_type(data: object) -> list[str]:
    """What is wrong with the data, but for what no schema of ours can say."""
    try:
        Config.model_validate(data)
    except ValidationError as error:
        # Keys that depend on each other, and the shortest duration that a key takes.
        beyond = ("needs exactly one of", "lookback must be at least")
        return [
            each["msg"]
            for each in error.errors()
            if not any(text in each["msg"] for text in beyond)
            and not (each["type"] == "greater_than_equal" and each["loc"][-1] in DURATIONS)
        ]
    return []
