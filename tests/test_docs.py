"""The documents: what they say of commands, keys, metrics, links and imports is so."""

import ast
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from click.testing import CliRunner
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from exporter.client.errors import State
from exporter.commands import main
from exporter.config.blocks import Config, schema
from exporter.config.durations import format_duration, parse_duration
from exporter.config.token_auth import TokenAuth
from exporter.exposition import catalogue
from exporter.streams.options import CountingOptions, StreamOptions
from exporter.vendors import VENDORS
from exporter.vendors.base import Target
from exporter.vendors.cursor.vendor import CursorAuth
from exporter.vendors.github.api_insights.api import ActorType
from exporter.vendors.github.vendor import AppAuth, GithubAuth
from tests.keys import rsa_pem
from tests.web.certificates import Authority
from tools import reference

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
CONFIGURATION = ROOT / "docs" / "configuration.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_SKIPPED_DEFAULTS = {"", "see below", "the vendor's", "the defaults"}
_PER_STREAM = ("interval", "lookback")
_SHARED = ("vendor", "streams", "auth")
_PREFIXES = "|".join(["usage_exporter", "assistant", *(vendor.name for vendor in VENDORS)])

every_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def _without_blocks(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def _section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    found = re.search(
        rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)",
        _without_blocks(text),
        re.DOTALL | re.MULTILINE,
    )
    assert found, f"there is no heading {heading!r}"
    return found[1]


def _rows(text: str) -> list[list[str]]:
    """The cells of all tables, heads and rulers left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rulers = {index for index, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    heads = {index - 1 for index in rulers}
    return [row for index, row in enumerate(cells) if index not in rulers | heads]


def _codes(text: str) -> set[str]:
    """Every word that stands in a code span."""
    return {word for span in re.findall(r"`([^`]+)`", text) for word in re.findall(r"\w+", span)}


def test_what_is_generated_of_options_is_current() -> None:
    """`make docs` writes it."""
    for path, text in reference.documents().items():
        assert _text(path) == text, path


def test_the_metrics_document_is_the_catalogue() -> None:
    """`make docs` was run after the last change of a metric."""
    assert _text(ROOT / "docs" / "metrics.md") == catalogue.markdown()


@every_document
def test_no_document_names_places_of_its_making(document: Path) -> None:
    """Documents are for readers: no paths of the authors' machines, nothing left open."""
    for word in (f"..{os.sep}shared", f"{os.sep}work{os.sep}", "TO" + "DO", "FIX" + "ME"):
        assert word not in _text(document)


UNPLAIN = re.compile(
    r"\b(stays? away|in silence|blotted|for ever|at hand|sees? to (it|that)|comes? about|shut out"
    r"|travels? in the clear)\b",
    re.IGNORECASE,
)
"""What readers who know English from documents of computers have to think about."""


def _help() -> Iterator[str]:
    """What the program says of itself: commands, flags, metrics, the page."""
    for command in main.commands.values():
        yield str(command.help)
        yield from (str(flag.help) for flag in command.params if isinstance(flag, click.Option))
    yield catalogue.markdown()
    yield from (_text(path) for path in (ROOT / "exporter" / "web").rglob("*.html"))


def test_words_are_plain() -> None:
    """In documents, help texts, rules and the chart."""
    texts = {
        **{str(path.relative_to(ROOT)): _text(path) for path in DOCUMENTS},
        **{str(path): _text(path) for path in (ROOT / "prometheus").rglob("*.yaml")},
        **{str(path): _text(path) for path in (ROOT / "helm").rglob("*.md")},
        "help": "\n".join(_help()),
    }
    assert {
        (name, found[0]) for name, text in texts.items() for found in UNPLAIN.finditer(text)
    } == set()


@every_document
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link has its file, and every anchor its heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_blocks(_text(document))):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        assert linked.exists(), f"{target} does not exist"
        if anchor:
            assert anchor in set(_anchors(_text(linked))), f"{target} has no such heading"


def _anchors(text: str) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", _without_blocks(text), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@every_document
def test_metrics_that_are_named_exist(document: Path) -> None:
    """A name of one of our families, or its beginning before an ellipsis, is in the catalogue."""
    names = set(catalogue.metrics())
    others = {*_stream_names(), *get_args(ActorType)}
    # The names of recording rules have colons; tests/test_prometheus_rules.py knows them.
    text = re.sub(r"\b\w+:\w+(:\w+)?", "", _text(document))
    if document.name == "migration.md":
        # The names of other exporters stand in the first column and in their addresses.
        text = re.sub(r"^\|[^|]*\||\(https:[^)]*\)", "|", text, flags=re.MULTILINE)
    for name in re.findall(rf"\b(?:{_PREFIXES})_[a-z_]+", text):
        beginning = name.endswith("_") and any(known.startswith(name) for known in names)
        base = re.sub(r"_(bucket|sum|count|created)$", "", name)
        known = {name, base, f"{base}_total"} & names or name in others
        assert known or beginning or _is_beginning(name, document, names), name


def _is_beginning(name: str, document: Path, names: set[str]) -> bool:
    """Whether it is used as a search for all names that begin with it."""
    return f"^{name}" in _text(document) and any(known.startswith(name) for known in names)


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_explained(name: str) -> None:
    """By its own help, and with all its flags in the document on configuration."""
    command = main.commands[name]
    rows = _rows(_section(_text(CONFIGURATION), "Commands"))
    flags = {row[0].strip("`"): row[1] for row in rows}
    assert command.help
    assert f"usage-exporter {name}" in flags
    for parameter in command.params:
        assert isinstance(parameter, click.Option)
        assert parameter.help
        for flag in parameter.opts:
            assert f"`{name}`" in flags[flag], f"{flag} is not said to be one of {name}"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if any(getattr(part, "func", None) is parse_duration for part in field.metadata):
        return format_duration(value)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fields(
    model: type[BaseModel], base: type[BaseModel] | None = None
) -> Iterator[tuple[str, str]]:
    """Keys and defaults; of a subclass, those that its base lacks or has otherwise."""
    for name, field in model.model_fields.items():
        inherited = base.model_fields.get(name) if base else None
        if inherited and name not in _PER_STREAM and _default(inherited) == _default(field):
            continue
        kind = field.annotation
        if base is StreamOptions and isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from ((f"{name}.{inner}", default) for inner, default in _fields(kind))
        else:
            yield name, _default(field)


def _sections() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    yield "Top level", list(_fields(Config))
    for name, field in Config.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield name, list(_fields(field.annotation))
    yield "Every target", list(_fields(Target))
    of_vendors = [row for auth in (GithubAuth, CursorAuth) for row in _fields(auth, TokenAuth)]
    yield "auth", [*_fields(TokenAuth), *of_vendors]
    yield "auth.app", list(_fields(AppAuth))
    yield "Every stream", list(_fields(StreamOptions))
    counting = [row for row in _fields(CountingOptions) if row[0] not in StreamOptions.model_fields]
    yield "Every stream that counts", counting
    for vendor in VENDORS:
        own = [row for row in _fields(vendor.target, Target) if row[0] not in _SHARED]
        yield f"{vendor.title} targets", own
        for stream in vendor.streams:
            yield f"{vendor.name} {stream.name}", list(_fields(stream.options, StreamOptions))


@pytest.mark.parametrize(
    ("heading", "fields"), [pytest.param(*each, id=each[0]) for each in _sections()]
)
def test_every_key_is_documented_with_its_default(
    heading: str, fields: Sequence[tuple[str, str]]
) -> None:
    """Each section has a row for each key of its model, no other rows, and the right defaults."""
    rows = {row[0].strip("`"): row for row in _rows(_section(_text(CONFIGURATION), heading))}
    assert sorted(rows) == sorted(name for name, _ in fields)
    for name, default in fields:
        written = rows[name][2].strip("`")
        assert written in _SKIPPED_DEFAULTS or _normal(written) == default, name


def _normal(written: str) -> str:
    """A duration in its shortest spelling; anything else as it is."""
    try:
        return format_duration(parse_duration(written))
    except ValueError:
        return written


def test_keys_inside_lists_are_documented_too() -> None:
    """Every property of the schema, at any depth, is named in the document."""
    found = schema()
    names = {name for part in found["$defs"].values() for name in part.get("properties", ())}
    assert names - _codes(_without_blocks(_text(CONFIGURATION))) - _stream_names() == set()


def _stream_names() -> set[str]:
    return {stream.name for vendor in VENDORS for stream in vendor.streams}


@pytest.mark.parametrize(
    ("vendor", "stream"),
    [
        pytest.param(vendor, stream, id=f"{vendor.name}-{stream.name}")
        for vendor in VENDORS
        for stream in vendor.streams
    ],
)
def test_every_stream_has_its_section(vendor: Any, stream: Any) -> None:
    """Its vendor's page has a heading for it and explains each of its metrics."""
    text = _text(ROOT / "docs" / "vendors" / f"{vendor.name}.md")
    assert f"\n## {stream.name}\n" in text
    for metric in stream.metrics:
        assert _explained(metric.name, text), metric.name
    assert f"`{stream.name}`" in _text(README)


def _explained(name: str, text: str) -> bool:
    """In full, or as one of a breakdown: `tabnine_team_…` where `tabnine_…` is there in full."""
    whole = {
        name.replace(breakdown, breakdown.rpartition("_")[0], 1)
        for breakdown in re.findall(r"`(\w+)_…`", text)
        if name.startswith(f"{breakdown}_")
    }
    return any(f"`{full}`" in text for full in {name, *whole})


def test_every_state_is_explained() -> None:
    """In the order in which the program lists them."""
    text = _section(_text(ROOT / "docs" / "operations.md"), "States of a stream")
    assert [row[0].strip("`") for row in _rows(text)] == [state.value for state in State]


def test_every_dependency_has_its_reason() -> None:
    """Everything that is installed, or used to develop, is in the table or under it."""
    project = tomllib.loads(_text(ROOT / "pyproject.toml"))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    section = _section(_text(ROOT / "ARCHITECTURE.md"), "Dependencies")
    for requirement in wanted:
        name = re.split(r"[^\w.-]", requirement)[0]
        assert re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", section), name


def test_imports_keep_the_direction_that_the_architecture_gives() -> None:
    """No part imports another that its row does not name, and each part has a row."""
    allowed = {
        row[0].strip("`"): _codes(row[2])
        for row in _rows(_section(_text(ROOT / "ARCHITECTURE.md"), "Packages"))
    }
    for path in (ROOT / "exporter").rglob("*.py"):
        part = path.relative_to(ROOT / "exporter").with_suffix("").parts[0]
        if part in ("__init__", "__main__"):
            continue
        for imported in _imported(path):
            assert imported == part or imported in allowed[part], f"{path} imports {imported}"


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            inside = node.module == "exporter"
            names = [f"exporter.{x.name}" for x in node.names] if inside else [node.module]
        else:
            continue
        for name in names:
            package, *parts = name.split(".")
            if package == "exporter" and parts and parts[0] != "__version__":
                yield parts[0]


def test_readme_commands_print_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The configuration of the README is valid, and `check` prints of it what the README shows."""
    [snippet] = [text for text in _blocks(_text(README), "yaml") if text.startswith("targets:")]
    _put(tmp_path, snippet)
    monkeypatch.chdir(tmp_path)
    shown = "".join(_blocks(_text(README), "console"))
    commands = re.findall(r"^\$ usage-exporter (.+)\n((?:[^$\n].*\n)*)", shown, re.MULTILINE)
    assert commands
    for arguments, output in commands:
        result = CliRunner().invoke(main, shlex.split(arguments))
        assert (result.exit_code, result.output) == (0, output)


def test_help_runs() -> None:
    """The command and every subcommand print their help."""
    for arguments in ([], *([name] for name in main.commands)):
        assert CliRunner().invoke(main, [*arguments, "--help"]).exit_code == 0


def test_configuration_examples_of_vendors_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a vendor's page shows as configuration passes `check`; so does what it costs."""
    monkeypatch.chdir(tmp_path)
    for vendor in VENDORS:
        text = _text(ROOT / "docs" / "vendors" / f"{vendor.name}.md")
        snippets = _blocks(text, "yaml")
        assert snippets
        for snippet in snippets:
            _put(tmp_path, snippet)
            result = CliRunner().invoke(main, ["check"])
            assert result.exit_code == 0, result.output
        _put(tmp_path, snippets[0])
        plan = CliRunner().invoke(main, ["check"]).output
        assert all(shown == plan for shown in _blocks(text, "text"))


def test_the_example_of_errors_is_real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken configuration in the document gives just the errors that it shows."""
    section = _text(CONFIGURATION).partition("## Errors\n")[2]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CURSOR_KEY", raising=False)
    Path("config.yaml").write_text(_blocks(section, "yaml")[0], encoding="utf-8")
    result = CliRunner().invoke(main, ["check", "--config.file=config.yaml"])
    assert (result.exit_code, result.output) == (2, _blocks(section, "text")[0])


def _put(directory: Path, snippet: str) -> None:
    """Save a configuration, and a secret, a key or certificates in each file that it names."""
    (directory / "config.yaml").write_text(snippet, encoding="utf-8")
    for name in _files(yaml.safe_load(snippet)):
        assert Path(name).name == name, f"{name} is not beside the configuration"
        if name == "github-app.pem":
            content = rsa_pem()
        else:
            content = _text(Authority(directory).file) if name.endswith(".pem") else "secret" * 4
        (directory / name).write_text(content, encoding="utf-8")


def _files(block: Any) -> Iterator[str]:
    """The files that a configuration names, at any depth."""
    if isinstance(block, list):
        for item in block:
            yield from _files(item)
    elif isinstance(block, dict):
        for key, value in block.items():
            if key.endswith("_file"):
                yield value
            else:
                yield from _files(value)


@pytest.mark.process
def test_queries_are_valid(tmp_path: Path) -> None:
    """Prometheus parses every PromQL example."""
    queries = [query for path in DOCUMENTS for query in _blocks(_text(path), "promql")]
    rules = [{"alert": f"example{n}", "expr": query} for n, query in enumerate(queries)]
    path = tmp_path / "rules.json"
    path.write_text(json.dumps({"groups": [{"name": "docs", "rules": rules}]}), encoding="utf-8")
    checked = subprocess.run(
        ["promtool", "check", "rules", str(path)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert f"SUCCESS: {len(queries)} rules found" in checked.stdout
