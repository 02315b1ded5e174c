"""What a run came to, read from the file that pytest writes for machines."""

import dataclasses
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Result:
    """How many tests ended how, and which failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    failures: tuple[str, ...] = ()
    seconds: float = 0.0

    def __add__(self, other: Self) -> Self:
        """Both together."""
        return dataclasses.replace(
            self,
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            skipped=self.skipped + other.skipped,
            failures=self.failures + other.failures,
        )

    def lasting(self, seconds: float) -> Self:
        return dataclasses.replace(self, seconds=seconds)


def read(path: Path) -> Result:
    """A test that failed and whose tear-down failed besides is one failure."""
    cases: dict[str, str] = {}
    for case in ET.parse(path).iter("testcase"):
        name = _node_id(case)
        if case.find("failure") is not None or case.find("error") is not None:
            cases[name] = "failed"
        else:
            cases.setdefault(name, "passed" if case.find("skipped") is None else "skipped")
    ways = list(cases.values())
    return Result(
        passed=ways.count("passed"),
        failed=ways.count("failed"),
        skipped=ways.count("skipped"),
        failures=tuple(sorted(name for name, way in cases.items() if way == "failed")),
    )


def _node_id(case: ET.Element) -> str:
    """What pytest is given to run this test alone."""
    file = case.get("file")
    return f"{file}::{case.get('name')}" if file else case.get("name", "")


def repeat(options: Mapping[str, str | int | None], test: str = "") -> str:
    """The command that runs the same again, or one test of it."""
    told = {**options, "TESTS": shlex.quote(test) if test else options.get("TESTS")}
    words = (f"{name}={value}" for name, value in told.items() if value not in (None, ""))
    return shlex.join(["make", "shake", *words]).replace("$", "$$")


@dataclass(frozen=True)
class Row:
    """A run in the table."""

    condition: str
    seed: int
    workers: int
    python: str
    result: Result


def table(rows: Iterable[Row]) -> str:
    """The runs in Markdown."""
    lines = [
        "| condition | seed | workers | Python | passed | failed | skipped | minutes | failed tests |",
        "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        result = row.result
        cells = (
            *(row.condition, row.seed, row.workers, row.python),
            *(f"{result.passed:,}", result.failed, result.skipped, f"{result.seconds / 60:.1f}"),
            ", ".join(f"`{test}`" for test in result.failures).replace("|", "\\|"),
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"
