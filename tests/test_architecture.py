"""Imports go downwards only, as ARCHITECTURE.md draws them."""

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from exporter.vendors import VENDORS

ROOT = Path(__file__).parent.parent
APPLICATION = {"runtime", "cli", "commands", "demo", "__main__"}
"""The modules on top: they put the parts together, so they may know all of them."""

ABOVE = {"poll", "store", "exposition", "web", "preflight", "runtime", "simulator"}
NEVER = {
    "model": {"client", "config", "streams", "vendors", "telemetry", *ABOVE},
    "clock": {"client", "config", "streams", "vendors", "telemetry", *ABOVE},
    "client": {"config", "streams", "vendors", "telemetry", *ABOVE},
    "streams": {"vendors", "telemetry", *ABOVE},
    "vendors": {"telemetry", *ABOVE},
    "store": {"client", "config", "streams", "vendors", "telemetry", *(ABOVE - {"store"})},
    "telemetry": {"config", "streams", "vendors", *ABOVE},
    "exposition": {"client", "config", "streams", *(ABOVE - {"exposition"})},
    "poll": {"web", "preflight", "runtime", "simulator"},
    "web": {"streams", "vendors", "poll", "store", "preflight", "runtime", "simulator"},
    "preflight": {"exposition", "runtime", "simulator"},
    "simulator": {"client", "streams", "vendors", "telemetry", *(ABOVE - {"simulator"})},
}
"""For each part, the parts that it must not know."""

ONLY = {
    "client": {"client", "clock", "log", "masking"},
    "store": {"store", "log", "model"},
    "model": set[str](),
    "clock": set[str](),
    "log": {"masking"},
    "masking": set[str](),
    "paper": {"masking"},
}
"""For some parts, all that they may know."""

BLOCKS = {"base", "durations", "token_auth"}
"""What blocks of the configuration are made of: all of `config` that streams and vendors may know."""


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The modules of this package that a file imports, also inside functions, with the line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}:{node.lineno}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.startswith("exporter."))


def part_of(module: str) -> str:
    return module.split(".")[1]


class Edge(NamedTuple):
    """One import: the part that makes it, the module it names, and where."""

    here: str
    module: str
    place: str

    @property
    def there(self) -> str:
        return part_of(self.module)


@cache
def edges() -> Sequence[Edge]:
    """All imports among the parts."""
    return [
        Edge(
            part_of(".".join(path.relative_to(ROOT).with_suffix("").parts)),
            name,
            f"{path.relative_to(ROOT)}:{line}",
        )
        for path in sorted((ROOT / "exporter").rglob("*.py"))
        if path.parent != ROOT / "exporter" or path.name != "__init__.py"
        for name, line in imported(path)
    ]


def test_the_imports_were_found() -> None:
    """The rules below would hold for an empty list too."""
    found = {(edge.here, edge.there) for edge in edges()}
    assert {("vendors", "client"), ("poll", "store"), ("exposition", "model")} <= found


@pytest.mark.parametrize("part", NEVER)
def test_a_part_knows_nothing_above_or_beside_it(part: str) -> None:
    """Nothing points back up the flow from vendor to page."""
    assert [edge for edge in edges() if edge.here == part and edge.there in NEVER[part]] == []


@pytest.mark.parametrize("part", ONLY)
def test_a_part_knows_only_what_it_stands_on(part: str) -> None:
    """What could be taken out and used elsewhere stays that way."""
    assert [edge for edge in edges() if edge.here == part and edge.there not in ONLY[part]] == []


@pytest.mark.parametrize("part", ["streams", "vendors"])
def test_what_is_configured_is_not_known_where_blocks_are_made(part: str) -> None:
    """Else a stream could read the options of another, and imports would go round."""
    modules = {e.module.split(".")[2] for e in edges() if e.here == part and e.there == "config"}
    assert modules <= BLOCKS


def test_only_the_application_knows_the_simulator() -> None:
    """Production code cannot lean on what stands in for a vendor."""
    allowed = {*APPLICATION, "simulator"}
    assert [e for e in edges() if e.there == "simulator" and e.here not in allowed] == []


def test_nothing_knows_the_application() -> None:
    """But the application itself."""
    assert [e for e in edges() if e.there in APPLICATION and e.here not in APPLICATION] == []


@pytest.mark.parametrize("part", ["exposition", "web"])
def test_pages_know_nothing_of_the_client_but_the_states(part: str) -> None:
    """No scrape can lead to a request."""
    known = {edge.module for edge in edges() if edge.here == part and edge.there == "client"}
    assert known <= {"exporter.client.errors.State"}


@pytest.mark.parametrize("vendor", [vendor.name for vendor in VENDORS])
def test_vendors_do_not_know_each_other(vendor: str) -> None:
    """What two of them share is common code."""
    others = {
        path.name
        for path in (ROOT / "exporter/vendors").iterdir()
        if (path / "__init__.py").exists()
    } - {vendor}
    wrong = [
        f"{path}:{line} {name}"
        for path in sorted((ROOT / "exporter/vendors" / vendor).rglob("*.py"))
        for name, line in imported(path)
        if name.split(".")[1:2] == ["vendors"] and name.split(".")[2] in others
    ]
    assert wrong == []
