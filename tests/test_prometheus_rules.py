"""The rules for Prometheus: valid, proven by cases, true to the catalogue, with a runbook each."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter import catalogue

ROOT = Path(__file__).parents[1]
RULES = ROOT / "prometheus" / "rules"
CASES = sorted((ROOT / "prometheus" / "tests").glob("*.yaml"))
OWN_LABELS = {"job", "instance"}
_NAME = r"\b(?:usage_exporter|github|tabnine|cursor|assistant)_[a-z_]+\b"


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted(RULES.glob("*.yaml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from group["rules"]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_pass_every_lint() -> None:
    """Prometheus parses them and finds nothing to say."""
    assert "FAILED" not in run("promtool", "check", "rules", "--lint=all", *RULES.glob("*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_alerts_fire_when_they_should_and_only_then(path: Path) -> None:
    """Every case of the file ends as it says."""
    assert "SUCCESS" in run("promtool", "test", "rules", path)


def test_examples_are_valid() -> None:
    """The example files are accepted by the programs that they are for."""
    run("promtool", "check", "config", ROOT / "prometheus" / "prometheus.yml")
    run("amtool", "check-config", ROOT / "prometheus" / "alertmanager.yml")


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_case_that_fires_and_one_that_does_not(name: str) -> None:
    """An alert that was never seen firing, or never silent, is not proven."""
    outcomes = {
        bool(case["exp_alerts"])
        for path in CASES
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]
        for case in test["alert_rule_test"]
        if case["alertname"] == name
    }
    assert outcomes == {True, False}


@pytest.mark.parametrize("rule", ALERTS.values(), ids=ALERTS)
def test_every_alert_says_what_to_do(rule: dict[str, Any]) -> None:
    """Severity, duration, summary, description and a runbook that exists."""
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["for"]
    notes = rule["annotations"]
    assert re.fullmatch(r"[A-Z][^{}]*\.", notes["summary"])
    assert "{{" in notes["description"]
    page = f"docs/runbooks/{rule['alert'].lower()}.md"
    assert notes["runbook_url"].endswith(page)
    assert f"# {rule['alert']}\n" in (ROOT / page).read_text(encoding="utf-8")


def test_every_runbook_belongs_to_an_alert() -> None:
    """No page is left over, and the table of alerts has them all."""
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {name.lower() for name in ALERTS}
    table = (ROOT / "docs" / "alerts.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| \[(\w+)\]", table, re.MULTILINE)) == set(ALERTS)


@pytest.mark.parametrize("rule", [*rules()], ids=lambda rule: rule.get("alert") or rule["record"])
def test_rules_use_metrics_and_labels_of_the_catalogue(rule: dict[str, Any]) -> None:
    """Each selector names a known family, matches the job, and no label that the family lacks."""
    metrics = catalogue.metrics()
    expression = rule["expr"]
    for recorded in re.findall(r"\w+:\w+:\w+", expression):
        assert recorded in RECORDED
    plain = re.sub(r"\w+:\w+:\w+", "", expression)
    without_strings = re.sub(r'"[^"]*"', '""', plain)
    modifiers = r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)"
    for name in re.findall(_NAME, re.sub(modifiers, "", without_strings)):
        assert name in metrics
    for name, matchers in re.findall(rf"({_NAME})(\{{[^}}]*\}})?", plain):
        if name not in metrics:
            continue
        labels = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert labels <= {*metrics[name].scope.labels, *metrics[name].labels, *OWN_LABELS}
        assert 'job="usage-exporter"' in matchers
