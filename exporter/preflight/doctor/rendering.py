"""A report as a table for people, and as JSON for programs."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from exporter import paper
from exporter.preflight.doctor.finding import Check, Finding, Level, Report

_STYLES: Mapping[Level, str] = {
    Level.OK: "green",
    Level.WARN: "yellow",
    Level.FAIL: "bold red",
    Level.SKIP: "cyan",
}


def as_text(report: Report, on: Console, *, problems: bool = False) -> str:
    """A row for each check, or for each that is a problem, with the remedy below its message."""
    findings = report.problems if problems else report.findings
    counts = Counter(finding.level for finding in report.findings)
    told = ", ".join(f"{counts[level]} {level}" for level in Level if counts[level])
    summary = paper.cell(
        f"{len(report.findings)} checks: {told}", _STYLES[report.level] if findings else ""
    )
    table = paper.table(on, [_row(finding) for finding in findings])
    return paper.written(on, [table, summary] if findings else [summary])


def as_json(report: Report, *, problems: bool = False) -> str:
    """The report, or what of it is a problem, as one JSON document of the shape that `schema` tells."""
    if problems:
        report = msgspec.structs.replace(report, findings=report.problems)
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Report),
    }


def _row(finding: Finding) -> tuple[Text, ...]:
    name = finding.stream or "stream" if finding.check is Check.STREAM else finding.check
    advice = {"remedy": finding.remedy, "see": finding.document}
    lines = [finding.message, *(f"{word}: {text}" for word, text in advice.items() if text)]
    return (
        paper.cell(finding.level, _STYLES[finding.level]),
        paper.cell(str(finding.target or "exporter")),
        paper.cell(name),
        paper.cell("\n".join(lines)),
    )
