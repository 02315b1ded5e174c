"""A report as text for people, and as JSON for programs."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import click
import msgspec

from exporter.preflight.doctor.finding import Check, Finding, Level, Report

_COLOURS: Mapping[Level, str] = {
    Level.OK: "green",
    Level.WARN: "yellow",
    Level.FAIL: "red",
    Level.SKIP: "cyan",
}
_WIDTH, _INDENT = 100, " " * 6


def as_text(report: Report, *, problems: bool = False) -> str:
    """A line for each check, or for each that is a problem, with the remedy below.

    The colours are for a terminal to show.
    """
    findings = report.problems if problems else report.findings
    subjects = [str(finding.target or "exporter") for finding in findings]
    names = [_name(finding) for finding in findings]
    widths = [max(map(len, column), default=0) for column in (subjects, names)]
    lines = []
    for finding, subject, name in zip(findings, subjects, names, strict=True):
        level = click.style(f"{finding.level:<4}", fg=_COLOURS[finding.level])
        place = f"{subject:<{widths[0]}}  {name:<{widths[1]}}"
        lines += [f"{level}  {place}  {finding.message}", *_advice(finding)]
    counts = Counter(finding.level for finding in report.findings)
    told = ", ".join(f"{counts[level]} {level}" for level in Level if counts[level])
    return "\n".join([*lines, f"{len(report.findings)} checks: {told}"])


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


def _name(finding: Finding) -> str:
    return finding.stream or "stream" if finding.check is Check.STREAM else finding.check


def _advice(finding: Finding) -> Iterator[str]:
    if finding.remedy is not None:
        yield textwrap.fill(
            f"remedy: {finding.remedy}",
            _WIDTH,
            initial_indent=_INDENT,
            subsequent_indent=_INDENT + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    if finding.document is not None:
        yield f"{_INDENT}see: {finding.document}"
