"""A report as a person and as a program reads it."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from exporter import __version__, paper
from exporter.client.errors import State
from exporter.preflight.doctor import rendering
from exporter.preflight.doctor.finding import Check, Finding, Level, Report, Subject, report_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "doctor.md"
SCHEMA = DOCUMENT.parent / "appendix" / "doctor-report.md"
ACME = Subject("github", "acme")
FINDINGS = [
    Finding(check=Check.LISTEN, level=Level.OK, message=":9899 is free"),
    Finding(
        check=Check.CLOCK, level=Level.WARN, message="off", target=ACME, remedy="set it by NTP"
    ),
    Finding(
        check=Check.STREAM,
        level=Level.FAIL,
        message="forbidden: no",
        target=ACME,
        stream="copilot_seats",
        state=State.FORBIDDEN,
        remedy="ask an owner",
        document="https://docs.github.com/rest",
    ),
    Finding(check=Check.STREAM, level=Level.SKIP, message="not asked", target=ACME, stream="x"),
]


def test_text_is_a_row_a_check_with_the_advice_below() -> None:
    """Columns line up, and the last line counts the levels."""
    assert rendering.as_text(report_of(FINDINGS), paper.plain()).splitlines() == [
        "ok    exporter     listen         :9899 is free",
        "warn  github/acme  clock          off",
        "                                  remedy: set it by NTP",
        "fail  github/acme  copilot_seats  forbidden: no",
        "                                  remedy: ask an owner",
        "                                  see: https://docs.github.com/rest",
        "skip  github/acme  x              not asked",
        "4 checks: 1 ok, 1 warn, 1 fail, 1 skip",
    ]


def test_problems_are_told_without_the_rest() -> None:
    """What is counted in the last line is everything."""
    told = rendering.as_text(report_of(FINDINGS), paper.plain(), problems=True).splitlines()
    assert [line.split()[0] for line in told] == ["warn", "remedy:", "fail", "remedy:", "see:", "4"]
    fine = rendering.as_text(report_of(FINDINGS[:1]), paper.plain(), problems=True)
    assert fine == "1 checks: 1 ok"


def test_json_is_the_report_with_every_field(tmp_path: Path) -> None:
    """It reads back as what it was made of; what does not apply is null."""
    text = rendering.as_json(report_of(FINDINGS))
    assert msgspec.json.decode(text, type=Report) == report_of(FINDINGS)
    first = json.loads(text)["findings"][0]
    assert first == {
        "check": "listen",
        "level": "ok",
        "message": ":9899 is free",
        "target": None,
        "stream": None,
        "state": None,
        "remedy": None,
        "document": None,
    }


@pytest.mark.parametrize(
    ("levels", "worst", "healthy"),
    [
        ([], "ok", True),
        (["ok", "warn"], "warn", True),
        (["warn", "fail", "ok"], "fail", False),
        (["ok", "skip"], "ok", True),
    ],
)
def test_the_worst_level_is_the_reports(levels: list[str], worst: str, healthy: bool) -> None:
    """Only a failure makes it unhealthy."""
    found = [Finding(check=Check.DNS, level=Level(level), message="") for level in levels]
    report = report_of(found)
    assert (report.level, report.healthy, report.version) == (worst, healthy, __version__)


def test_the_document_has_the_schema_and_every_check() -> None:
    """What programs may rely on is written down as it is."""
    text = DOCUMENT.read_text(encoding="utf-8")
    schema = SCHEMA.read_text(encoding="utf-8")
    [block] = re.findall(r"^```json\n(.*?)^```$", schema, re.DOTALL | re.MULTILINE)
    assert json.loads(block) == rendering.schema()
    for check in Check:
        assert f"| `{check}` |" in text
