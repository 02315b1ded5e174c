"""The rules for Prometheus: valid, proven by cases, true to the catalogue, with a runbook each."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.client.errors import State
from exporter.exposition import catalogue
from exporter.vendors import VENDORS
from tests.e2e.prometheus_api import own_budget

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[1]
RULES = ROOT / "prometheus" / "rules"
CASES = sorted((ROOT / "prometheus" / "tests").glob("*.yaml"))
ALERTS_PAGE = ROOT / "docs" / "alerts.md"
OWN_LABELS = {"job", "instance"}
GIVEN = {"account:cursor_cycle_budget_usd:given", "account:anthropic_month_budget_usd:given"}
"""What people record themselves, if they want to; the page of alerts says how."""
_RECORDED = r"\w+:\w+:\w+"
_PREFIXES = "|".join(["usage_exporter", "assistant", *(vendor.name for vendor in VENDORS)])
_NAME = rf"\b(?:{_PREFIXES})_[a-z_]+\b"


def read(path: Path) -> Any:
    """What a file says, by the parser in C: every process that runs tests reads them all."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def rules() -> Iterator[dict[str, Any]]:
    for path in sorted(RULES.glob("*.yaml")):
        for group in read(path)["groups"]:
            yield from group["rules"]


ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}
TESTS: dict[Path, list[dict[str, Any]]] = {path: read(path)["tests"] for path in CASES}
"""What each file of cases tests."""


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_pass_every_lint() -> None:
    """Prometheus parses them and finds nothing to say."""
    assert "FAILED" not in run("promtool", "check", "rules", "--lint=all", *RULES.glob("*.yaml"))


def named_in(tests: list[dict[str, Any]]) -> set[str]:
    """The alerts and recorded series that the cases ask for."""
    alerts = {case["alertname"] for test in tests for case in test.get("alert_rule_test", ())}
    return alerts | {
        name
        for test in tests
        for case in test.get("promql_expr_test", ())
        for name in re.findall(_RECORDED, case["expr"])
    }


def name_of(rule: dict[str, Any]) -> str:
    name: str = rule.get("alert") or rule["record"]
    return name


def with_what_they_need(names: Set[str]) -> set[str]:
    """The rules of these names, and those whose series their expressions read."""
    expressions = {name_of(rule): rule["expr"] for rule in rules()}
    needed, ahead = set[str](), set(names)
    while ahead:
        needed |= ahead
        read = {found for name in ahead for found in re.findall(_RECORDED, expressions[name])}
        ahead = read - needed - GIVEN
    return needed


def copy_rules(names: Set[str], directory: Path) -> None:
    """The files of rules with only these rules in them."""
    for path in RULES.glob("*.yaml"):
        groups = read(path)["groups"]
        for group in groups:
            group["rules"] = [rule for rule in group["rules"] if name_of(rule) in names]
        kept = {"groups": [group for group in groups if group["rules"]]}
        (directory / path.name).write_text(yaml.safe_dump(kept), encoding="utf-8")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_cases_end_as_they_say(path: Path, tmp_path: Path) -> None:
    """Of the rules only those that the file asks for run, which takes a fraction of the time."""
    for folder in ("rules", "tests"):
        (tmp_path / folder).mkdir()
    copy_rules(with_what_they_need(named_in(TESTS[path])), tmp_path / "rules")
    shutil.copy(path, tmp_path / "tests")
    assert "SUCCESS" in run("promtool", "test", "rules", tmp_path / "tests" / path.name)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_every_recording_rule_has_a_case_with_a_value(name: str) -> None:
    """A recorded series of which no value was ever seen is not proven."""
    assert any(
        sample["labels"].startswith(f"{name}{{") or f"({name}," in case["expr"]
        for tests in TESTS.values()
        for test in tests
        for case in test.get("promql_expr_test", ())
        if name in re.findall(_RECORDED, case["expr"])
        for sample in case["exp_samples"]
    )


def test_every_state_of_a_failing_stream_leads_to_an_alert() -> None:
    """No stream fails for long without anybody being told."""
    watched = {
        state
        for rule in ALERTS.values()
        for states in re.findall(
            r'usage_exporter_stream_state\{[^}]*state=~?"([^"]*)"', rule["expr"]
        )
        for state in states.split("|")
    }
    assert watched == {state.value for state in State if not state.answered}


def test_every_stream_that_counts_days_is_watched_for_late_data() -> None:
    """By one delay of its own: a stream in none is never late, one in two is late twice."""
    selected = re.findall(r'stream=~?"([^"]*)"', ALERTS["UsageExporterDataLate"]["expr"])
    delays = {
        stream.name: sum(bool(re.fullmatch(names, stream.name)) for names in selected)
        for vendor in VENDORS
        for stream in vendor.streams
        if stream.bucket is not None
    }
    assert delays == dict.fromkeys(delays, 1)


def test_the_budget_of_the_page_of_alerts_is_taken(tmp_path: Path) -> None:
    """What it says to record is valid, and is what the rules read."""
    rules = own_budget()
    [group] = rules["groups"]
    assert {rule["record"] for rule in group["rules"]} == GIVEN
    assert all(rule["labels"].keys() == {"job", "account"} for rule in group["rules"])
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    run("promtool", "check", "rules", "--lint=all", tmp_path / "own.yaml")


def test_examples_are_valid() -> None:
    """The example files are accepted by the programs that they are for."""
    run("promtool", "check", "config", ROOT / "prometheus" / "prometheus.yml")
    run("amtool", "check-config", ROOT / "prometheus" / "alertmanager.yml")


def test_the_example_routes_and_inhibits_alerts_that_exist() -> None:
    """Each alternative of each matcher of a name is an alert; a misspelt one would inhibit nothing."""
    config = yaml.safe_load((ROOT / "prometheus" / "alertmanager.yml").read_text(encoding="utf-8"))
    found = re.findall(r"alertname=~?\"([^\"]*)\"", str(config))
    assert found
    for pattern in found:
        known = [name for name in ALERTS if re.fullmatch(pattern, name)]
        assert len(known) >= pattern.count("|") + 1, pattern


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_case_that_fires_and_one_that_does_not(name: str) -> None:
    """An alert that was never seen firing, or never silent, is not proven."""
    outcomes = {
        bool(case["exp_alerts"])
        for tests in TESTS.values()
        for test in tests
        for case in test.get("alert_rule_test", ())
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
    """No page is left over."""
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {name.lower() for name in ALERTS}


def test_the_table_of_alerts_says_what_the_rules_say() -> None:
    """Every alert in the order of the rules, with severity, duration and summary."""
    table = re.findall(r"^\| \[.*", ALERTS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert table == [
        f"| [{name}](runbooks/{name.lower()}.md) | {rule['labels']['severity']} "
        f"| `{rule['for']}` | {rule['annotations']['summary']} |"
        for name, rule in ALERTS.items()
    ]


@pytest.mark.parametrize("rule", ALERTS.values(), ids=ALERTS)
def test_a_runbook_says_how_grave_its_alert_is(rule: dict[str, Any]) -> None:
    """Severity and duration are those of the rule."""
    page = ROOT / "docs" / "runbooks" / f"{rule['alert'].lower()}.md"
    said = f"Severity `{rule['labels']['severity']}`, after `{rule['for']}`."
    assert said in page.read_text(encoding="utf-8")


def test_one_command_points_the_runbooks_elsewhere(tmp_path: Path) -> None:
    """The command of the page, run on a copy: every link moves and the rules stay valid."""
    [command] = re.findall(r"^sed .*$", ALERTS_PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    rules_copy = tmp_path / "prometheus" / "rules"
    shutil.copytree(RULES, rules_copy)
    subprocess.run(command, shell=True, check=True, cwd=tmp_path)
    text = (rules_copy / "alerts.yaml").read_text(encoding="utf-8")
    links = re.findall(r"^ *runbook_url: (.*)$", text, re.MULTILINE)
    assert links == [
        f"https://wiki.example.com/usage-exporter/docs/runbooks/{name.lower()}.md"
        for name in ALERTS
    ]
    assert "github.com" not in text
    run("promtool", "check", "rules", *rules_copy.glob("*.yaml"))


def test_no_rule_takes_absence_for_zero() -> None:
    """Where nothing is known there is no value; `or vector(0)` would invent one."""
    assert [name_of(rule) for rule in rules() if "vector(0)" in rule["expr"]] == []


@pytest.mark.parametrize("rule", [*rules()], ids=lambda rule: name_of(rule))
def test_rules_use_metrics_and_labels_of_the_catalogue(rule: dict[str, Any]) -> None:
    """Each selector names a known family, matches the job, and no label that the family lacks."""
    metrics = catalogue.metrics()
    expression = rule["expr"]
    for recorded in re.findall(_RECORDED, expression):
        assert recorded in RECORDED | GIVEN
    plain = re.sub(_RECORDED, "", expression)
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
