"""The Helm chart: what it renders with Helm 3 and 4, and what it refuses."""

import functools
import json
import os
import re
import subprocess
import sys
import tarfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from exporter import __version__
from exporter.commands import main
from exporter.config.file import parse
from tools import chart_schema

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent
CHART = ROOT / "helm" / "usage-exporter"
VALUES = sorted((CHART / "ci").glob("*.yaml"))
BIN = Path(sys.executable).parent
HELMS = [Path(sys.prefix) / name / "helm" for name in ("helm3", "helm4")]
KUBERNETES = ("1.29", "1.33", "1.37")

Manifest = dict[str, Any]

with_each_helm = pytest.mark.parametrize("helm", HELMS, ids=lambda path: path.parent.name)
with_each_values = pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem)


def _run(helm: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    assert helm.is_file(), f"{helm} is missing; `make unit` gets it"
    return subprocess.run(
        [helm, *arguments],
        env={**os.environ, "HELM_CACHE_HOME": "/nonexistent", "HELM_PLUGINS": "/nonexistent"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def _template(helm: Path, *arguments: str | Path, chart: Path = CHART) -> str:
    result = _run(helm, "template", "release", chart, "--namespace=ns", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


@functools.cache
def _example(helm: Path, values: Path, *settings: str) -> str:
    """What the chart renders to with a file of `ci`; several tests look at the same."""
    return _template(helm, "--values", values, *settings)


def _manifests(text: str) -> list[Manifest]:
    # libyaml's parser: the one in Python takes longer than Helm.
    return [manifest for manifest in yaml.load_all(text, yaml.CSafeLoader) if manifest]


def _rendered(name: str, *settings: str) -> list[Manifest]:
    return _manifests(_example(HELMS[1], CHART / "ci" / f"{name}-values.yaml", *settings))


def _of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def _pod(manifests: list[Manifest]) -> Manifest:
    (deployment,) = _of_kind(manifests, "Deployment")
    pod: Manifest = deployment["spec"]["template"]["spec"]
    return pod


@with_each_helm
@with_each_values
def test_it_lints_and_renders(helm: Path, values: Path) -> None:
    """Without a warning, and to something."""
    lint = _run(helm, "lint", "--strict", CHART, "--values", values)
    assert lint.returncode == 0, lint.stdout + lint.stderr
    assert _manifests(_example(helm, values))


@with_each_values
def test_both_helms_render_the_same(values: Path) -> None:
    """So that what is tested with one holds for the other."""
    three, four = (_manifests(_example(helm, values)) for helm in HELMS)
    key = json.dumps
    assert sorted(three, key=key) == sorted(four, key=key)


@pytest.mark.parametrize("version", KUBERNETES)
def test_manifests_are_valid_in_kubernetes(version: str, tmp_path: Path) -> None:
    """By the schemas of that version, in which unknown fields are errors."""
    files = []
    for values in VALUES:
        file = tmp_path / values.name
        file.write_text(
            _template(HELMS[1], "--values", values, f"--kube-version={version}"), encoding="utf-8"
        )
        files.append(file)
    result = _validate(version, *files)
    assert result.returncode == 0, result.stdout + result.stderr
    unknown = set(re.findall(r"schema for kind (\w+)", result.stdout + result.stderr))
    assert unknown == {"ServiceMonitor", "PodMonitor", "PrometheusRule", "HTTPRoute"}


def test_an_unknown_field_would_be_found(tmp_path: Path) -> None:
    """The validation of the test above is able to fail."""
    file = tmp_path / "broken.yaml"
    file.write_text(
        _template(HELMS[1], "--set=demo=true").replace("enableServiceLinks", "enable"),
        encoding="utf-8",
    )
    assert _validate(KUBERNETES[0], file).returncode == 1


def _validate(version: str, *files: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "kubernetes-validate", "--strict", "-k", version, *files],
        env={**os.environ, "PYTHONUTF8": "1"},  # it reads files in the encoding of the machine
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


WRONG = (
    ("replicas=2", "replicas", "1"),
    ("replcas=1", "", "replcas"),
    ("image.pullPolicy=Sometimes", "image.pullPolicy", "IfNotPresent"),
    ("image.digest=sha256:abc", "image.digest", "match pattern"),
    ("service.port=99999", "service.port", "65"),
    ("log.level=trace", "log.level", "debug"),
    ("persistence.size=lots", "persistence.size", "match pattern"),
    ("serviceMonitor.interval=soon", "serviceMonitor.interval", "match pattern"),
    ("config.target=acme", "config", "target"),
    ("config.targets[0].vendor=gitlab", "config.targets.0.vendor", "cursor"),
    ("config.targets[1].org=acme", "config.targets.1", "vendor"),
    ("config.counting.birth_hold=soon", "config.counting.birth_hold", "match pattern"),
    ("serviceMonitor.labels.release=a", "serviceMonitor", "labels"),
    ("serviceMonitor.sampleLimit=-1", "serviceMonitor.sampleLimit", "0"),
    ("podMonitor.path=metrics", "podMonitor.path", "match pattern"),
    ("prometheusRule.labels.release=a", "prometheusRule", "labels"),
    ("prometheusRule.customRules.A.threshold=1", "prometheusRule.customRules.A", "threshold"),
    ("serviceAccount.automount=true", "serviceAccount", "automount"),
    ("ingress.hosts[0].hosts=a", "ingress.hosts.0", "hosts"),
    ("progressDeadlineSeconds=0", "progressDeadlineSeconds", "1"),
    ("networkPolicy.egress.ports[0]=https", "networkPolicy.egress.ports.0", "integer"),
    ("webConfig.tls.cert=a", "webConfig", "tls"),
)
"""Settings, the place where each is wrong, and a word of why."""


def _refusals(told: str) -> list[tuple[str, str]]:
    """The places that Helm names, and why: `a.b: why` in Helm 3, `at '/a/b': why` in Helm 4."""
    return [
        (place.removeprefix("/").replace("/", ".").replace("(root)", ""), why)
        for place, why in re.findall(r"^ *- (?:at ')?([^':]*)'?: (.*)$", told, re.MULTILINE)
    ]


@with_each_helm
def test_wrong_values_are_refused(helm: Path) -> None:
    """By the schema, all at once, each with its place."""
    sets = [f"--set={setting}" for setting, _, _ in WRONG]
    result = _run(helm, "template", "release", CHART, "--set=demo=true", *sets)
    assert result.returncode == 1
    refusals = _refusals(result.stderr)
    for setting, place, word in WRONG:
        assert any(at == place and word in why for at, why in refusals), (setting, result.stderr)


@with_each_helm
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([], "set are: none"),
        (["demo=true", "existingConfigMap=a"], "set are: demo, existingConfigMap"),
        (["demo=true", "existingSecret=a", "secrets.a=b"], "secrets or existingSecret"),
        (
            ["demo=true", "serviceMonitor.enabled=true", "podMonitor.enabled=true"],
            "serviceMonitor or podMonitor",
        ),
        (["demo=true", "ingress.enabled=true"], "ingress.hosts"),
        (["demo=true", "route.main.enabled=true"], "route.main.parentRefs"),
        (["demo=true", "image.repository=ghcr.io/a/b"], "image.registry"),
        (
            ["demo=true", "prometheusRule.enabled=true", "prometheusRule.disabled.Nobody=true"],
            "no alert Nobody",
        ),
    ],
)
def test_values_that_contradict_are_refused(helm: Path, settings: list[str], message: str) -> None:
    """Before a pod is started that could not run."""
    sets = [f"--set={setting}" for setting in settings]
    result = _run(helm, "template", "release", CHART, *sets)
    assert result.returncode == 1
    assert message in result.stderr


TARGET = {"vendor": "cursor", "account": "acme", "auth": {"token_env": "KEY"}}


def _with_config(helm: Path, config: Manifest, folder: Path) -> subprocess.CompletedProcess[str]:
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump({"config": config}), encoding="utf-8")
    return _run(helm, "template", "release", CHART, "--values", values)


@with_each_helm
@pytest.mark.parametrize(
    ("streams", "words"),
    [
        ({"ai_code_commits": {"interval": "soon"}}, ["interval", "does not match pattern"]),
        ({"ai_code_commits": {"lookbak": "1d"}}, ["ai_code_commits", "lookbak"]),
        ({"ai_code_commits": "1d"}, ["ai_code_commits", "string"]),
        ({"ai_code_commits": {"max_series": "many"}}, ["max_series", "string"]),
        ({"api_insights": {}}, ["streams", "api_insights"]),
    ],
)
def test_a_wrong_configuration_is_refused(
    helm: Path, streams: Manifest, words: list[str], tmp_path: Path
) -> None:
    """Before anything is installed, with the place and what is wrong there."""
    result = _with_config(helm, {"targets": [{**TARGET, "streams": streams}]}, tmp_path)
    assert result.returncode == 1
    told = re.sub(r"Does not", "does not", result.stderr)
    assert all(word in told for word in words), result.stderr


@with_each_helm
def test_words_that_yaml_takes_for_booleans_are_accepted(
    helm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Helm reads `off` as false, and so does the exporter; a stream may be left empty."""
    values = tmp_path / "values.yaml"
    values.write_text(
        "config:\n"
        "  x-free: {a: 1}\n"
        "  targets:\n"
        "    - vendor: tabnine\n"
        "      account: acme\n"
        "      auth: {token_env: TOKEN}\n"
        "      streams: {usage: {agent_usage: off}, audit_log: , team_usage: {interval: 1h30m}}\n"
        "  privacy: {users: off}\n"
        "  counting: {birth_hold: 0}\n",
        encoding="utf-8",
    )
    (config,) = _of_kind(_manifests(_template(helm, "--values", values)), "ConfigMap")
    monkeypatch.setenv("TOKEN", "t")
    parsed = parse(config["data"]["config.yaml"], "config.yaml")
    assert parsed.privacy.users.value == "off"


def test_the_schema_of_the_configuration_is_that_of_the_exporter() -> None:
    """`make docs` writes it."""
    assert chart_schema.SCHEMA.read_text(encoding="utf-8") == chart_schema.document()


@with_each_values
def test_there_is_one_writer(values: Path) -> None:
    """At most one pod, no second one while it is replaced, and nothing that scales it."""
    manifests = _manifests(_example(HELMS[1], values))
    (deployment,) = _of_kind(manifests, "Deployment")
    assert deployment["spec"]["replicas"] in {0, 1}
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert not _of_kind(manifests, "HorizontalPodAutoscaler")


@with_each_values
def test_pods_are_restricted(values: Path) -> None:
    """As the Pod Security Standard `restricted` asks, and with a read-only root."""
    manifests = _manifests(_example(HELMS[1], values))
    pods = [_pod(manifests), *(pod["spec"] for pod in _of_kind(manifests, "Pod"))]
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        own = pod["containers"][0]["securityContext"]
        assert own["readOnlyRootFilesystem"] is True
        assert own["allowPrivilegeEscalation"] is False
        assert own["capabilities"] == {"drop": ["ALL"]}


def test_secrets_are_files_that_rotate() -> None:
    """A Secret is mounted as a folder: the kubelet never updates a file mounted by itself."""
    pod = _pod(_rendered("existing"))
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert volumes["secrets"]["secret"]["secretName"] == "usage-exporter-credentials"
    assert volumes["config"]["configMap"]["name"] == "usage-exporter-config"
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == "usage-exporter-data"
    mounts = [mount for item in pod["containers"] for mount in item["volumeMounts"]]
    assert not [mount for mount in mounts if "subPath" in mount]


def test_a_change_of_the_configuration_restarts_the_pod() -> None:
    """And a change of a secret does not."""

    def annotations(*settings: str) -> Any:
        (deployment,) = _of_kind(_rendered("minimal", *settings), "Deployment")
        return deployment["spec"]["template"]["metadata"]["annotations"]

    assert annotations("--set=config.limits.series_per_stream=9") != annotations()
    assert annotations("--set=secrets.other=b") == annotations()


def test_the_selector_never_changes() -> None:
    """It is immutable in Kubernetes; a version or a label of one's own in it would break upgrades."""
    manifests = _rendered("full")
    (deployment,) = _of_kind(manifests, "Deployment")
    expected = {
        "app.kubernetes.io/name": "usage-exporter",
        "app.kubernetes.io/instance": "release",
    }
    assert deployment["spec"]["selector"]["matchLabels"] == expected
    (service,) = _of_kind(manifests, "Service")
    assert service["spec"]["selector"] == expected


@pytest.mark.parametrize("name", ["minimal", "full"])
def test_the_exporter_accepts_the_configuration(name: str, tmp_path: Path) -> None:
    """What is rendered is a valid file; its state is in the volume."""
    manifests = _rendered(name)
    (text,) = [
        item["data"]["config.yaml"]
        for item in _of_kind(manifests, "ConfigMap")
        if "config.yaml" in item.get("data", {})
    ]
    (secret,) = [item for item in _of_kind(manifests, "Secret") if "web.yaml" not in item["data"]]
    for file in secret["data"]:
        (tmp_path / file).write_text("not-a-token", encoding="utf-8")
    parsed = parse(text.replace("/run/secrets/usage-exporter", str(tmp_path)), name)
    assert str(parsed.state.path) == "/data/usage-exporter.db"


@with_each_values
def test_the_command_line_exists(values: Path) -> None:
    """The subcommand, and each flag of it."""
    arguments = _pod(_manifests(_example(HELMS[1], values)))["containers"][0]["args"]
    command = main.commands[arguments[0]]
    flags = {
        flag
        for option in command.params
        if isinstance(option, click.Option)
        for flag in option.opts
    }
    assert {argument.partition("=")[0] for argument in arguments[1:]} <= flags


def test_rules_are_those_of_the_project(tmp_path: Path) -> None:
    """An object for each file, with its groups as they are; Prometheus accepts them."""
    rules = _of_kind(_rendered("monitoring"), "PrometheusRule")
    specs = {rule["metadata"]["name"].split("-")[-1]: rule["spec"] for rule in rules}
    files = (ROOT / "prometheus" / "rules").glob("*.yaml")
    sources = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}
    assert specs.pop("additional")["groups"][0]["name"] == "house"
    assert specs == sources
    for name, spec in specs.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    result = subprocess.run(
        ["promtool", "check", "rules", *sorted(tmp_path.iterdir())],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


NUMBER = re.compile(r"[<>]=?\s*(?:bool\s+)?-?\d[\d.]*(?:\s*\*\s*\d[\d.]*)*")
ALERTS = {
    rule["alert"]: rule
    for file in sorted((ROOT / "prometheus" / "rules").glob("*.yaml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "alert" in rule
}


def _alerts(helm: Path, settings: Manifest, folder: Path) -> dict[str, Manifest]:
    values = folder / "values.yaml"
    values.write_text(
        yaml.safe_dump({"demo": True, "prometheusRule": {"enabled": True, **settings}}),
        encoding="utf-8",
    )
    rules = _of_kind(_manifests(_template(helm, "--values", values)), "PrometheusRule")
    return {
        rule["alert"]: rule
        for item in rules
        for group in item["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


@with_each_helm
def test_alerts_can_be_switched_off(helm: Path, tmp_path: Path) -> None:
    """Each by its name; the others stay as they are."""
    off, kept, *_ = ALERTS
    alerts = _alerts(helm, {"disabled": {off: True, kept: False}}, tmp_path)
    assert alerts == {name: rule for name, rule in ALERTS.items() if name != off}


@with_each_helm
def test_every_threshold_can_be_set(helm: Path, tmp_path: Path) -> None:
    """Each number that an expression compares with; Prometheus accepts what comes of it."""
    counts = {name: len(NUMBER.findall(rule["expr"])) for name, rule in ALERTS.items()}
    assert sum(counts.values()) > len(ALERTS) / 2
    custom = {
        name: {"thresholds": [7000000 + place for place in range(count)]}
        for name, count in counts.items()
        if count
    }
    alerts = _alerts(helm, {"customRules": custom}, tmp_path)
    for name, rule in alerts.items():
        found = [re.sub(r"\D+", "", text) for text in NUMBER.findall(rule["expr"])]
        assert found == [str(7000000 + place) for place in range(counts[name])]
        former = NUMBER.sub("N", ALERTS[name]["expr"])
        assert NUMBER.sub("N", rule["expr"]).split() == former.split()
    changed = tmp_path / "changed.yaml"
    changed.write_text(
        yaml.safe_dump({"groups": [{"name": "a", "rules": [*alerts.values()]}]}), encoding="utf-8"
    )
    result = subprocess.run(
        ["promtool", "check", "rules", changed], capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@with_each_helm
def test_a_wrong_count_of_thresholds_is_told_with_what_they_are(helm: Path) -> None:
    """Otherwise a number would stand where another was meant."""
    name = next(name for name, rule in ALERTS.items() if NUMBER.search(rule["expr"]))
    path = f"prometheusRule.customRules.{name}.thresholds"
    numbers = NUMBER.findall(ALERTS[name]["expr"])
    wrong = ",".join(["1"] * (len(numbers) + 1))
    sets = ["--set=demo=true,prometheusRule.enabled=true", f"--set={path}={{{wrong}}}"]
    result = _run(helm, "template", "release", CHART, *sets)
    assert result.returncode == 1
    assert f"{path}: give a number for each of these" in result.stderr
    assert ", ".join(numbers) in result.stderr


@with_each_helm
def test_alerts_get_labels_and_another_address_of_runbooks(helm: Path, tmp_path: Path) -> None:
    """All of them; one that is named has its own severity, duration and description."""
    own = next(iter(ALERTS))
    settings = {
        "additionalRuleLabels": {"team": "platform"},
        "additionalRuleAnnotations": {"wiki": "W"},
        "runbookUrl": "https://wiki.example.com/runbooks/",
        "customRules": {
            own: {"for": "3h", "severity": "info", "annotations": {"description": "D"}}
        },
    }
    for name, rule in _alerts(helm, settings, tmp_path).items():
        former = ALERTS[name]
        assert rule["labels"]["team"] == "platform"
        assert rule["annotations"]["wiki"] == "W"
        page = f"https://wiki.example.com/runbooks/{name.lower()}.md"
        assert rule["annotations"]["runbook_url"] == page
        told = (rule["for"], rule["labels"]["severity"], rule["annotations"]["description"])
        if name == own:
            assert told == ("3h", "info", "D")
        else:
            notes = former["annotations"]
            assert told == (former["for"], former["labels"]["severity"], notes["description"])
        assert rule["expr"] == former["expr"]


def test_dashboards_are_those_of_the_project() -> None:
    """Each file in a ConfigMap of its own, small enough for one."""
    maps = _of_kind(_rendered("monitoring"), "ConfigMap")
    files = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
    found = {name: text for item in maps for name, text in item["data"].items()}
    assert {name: json.loads(text) for name, text in found.items()} == {
        file.name: json.loads(file.read_text(encoding="utf-8")) for file in files
    }
    assert all(len(text) < 900_000 for text in found.values())
    assert all(item["metadata"]["labels"]["grafana_dashboard"] == "1" for item in maps)


@with_each_helm
def test_a_package_has_the_files_that_the_chart_links_to(helm: Path, tmp_path: Path) -> None:
    """Whoever installs the package has no checkout for the links to lead into."""
    result = _run(helm, "package", CHART, "--destination", tmp_path)
    assert result.returncode == 0, result.stderr
    (package,) = tmp_path.glob("*.tgz")
    with tarfile.open(package) as content:
        assert all(member.isfile() for member in content.getmembers())
    values = f"--values={CHART / 'ci' / 'monitoring-values.yaml'}"
    packaged = _manifests(_template(helm, values, chart=package))
    assert packaged == _manifests(_template(helm, values))


def test_monitors_give_the_job_that_the_rules_select_by() -> None:
    """Otherwise no alert of ours would ever fire."""
    (monitor,) = _of_kind(_rendered("full"), "ServiceMonitor")
    relabeling = monitor["spec"]["endpoints"][0]["relabelings"][0]
    assert relabeling == {"targetLabel": "job", "replacement": "usage-exporter"}
    (monitor,) = _of_kind(_rendered("existing"), "PodMonitor")
    assert monitor["spec"]["podMetricsEndpoints"][0]["relabelings"] == [relabeling]


def test_monitors_are_told_what_the_values_say() -> None:
    """Path, annotations, limits, and which labels series get."""
    (monitor,) = _of_kind(_rendered("full"), "ServiceMonitor")
    assert monitor["metadata"]["annotations"] == {"example.com/owner": "platform"}
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    spec = monitor["spec"]
    assert (spec["sampleLimit"], spec["targetLabels"], spec["podTargetLabels"]) == (
        50000,
        ["scrape"],
        ["tier"],
    )
    assert (spec["endpoints"][0]["path"], spec["endpoints"][0]["honorLabels"]) == ("/usage", True)
    (monitor,) = _of_kind(_rendered("monitoring"), "ServiceMonitor")
    assert monitor["spec"].keys() == {"selector", "namespaceSelector", "endpoints"}
    assert (monitor["spec"]["endpoints"][0]["path"]) == "/metrics"


def test_ingress_and_routes_lead_to_the_service() -> None:
    """By its name and port; a route that redirects leads nowhere else."""
    manifests = _rendered("full")
    (service,) = _of_kind(manifests, "Service")
    name, port = service["metadata"]["name"], service["spec"]["ports"][0]
    (ingress,) = _of_kind(manifests, "Ingress")
    hosts = {rule["host"]: rule["http"]["paths"] for rule in ingress["spec"]["rules"]}
    assert list(hosts) == ["usage.ns.example.com", "status.example.com"]
    for [path] in hosts.values():
        assert path["backend"]["service"] == {"name": name, "port": {"name": port["name"]}}
    assert hosts["status.example.com"][0]["path"] == "/"
    main, plain = _of_kind(manifests, "HTTPRoute")
    assert main["spec"]["hostnames"] == ["usage.ns.example.com"]
    assert main["spec"]["rules"][0]["backendRefs"] == [{"name": name, "port": port["port"]}]
    assert plain["metadata"]["name"] == f"{name}-plain"
    assert "backendRefs" not in plain["spec"]["rules"][0]


def test_the_image_comes_from_one_registry() -> None:
    """That of the values, of a parent chart, or none, as for an image that nodes were given."""

    def image(*settings: str) -> str:
        return str(_pod(_rendered("demo", *settings))["containers"][0]["image"])

    assert image() == f"ghcr.io/usage-exporter/usage-exporter:{__version__}"
    assert image("--set=global.imageRegistry=r.example.com:5000").startswith("r.example.com:5000/u")
    local = ("--set=image.registry=", "--set=image.repository=usage-exporter", "--set=image.tag=a")
    assert image(*local) == "usage-exporter:a"
    secrets = _pod(_rendered("full"))["imagePullSecrets"]
    assert secrets == [{"name": "parent"}, {"name": "registry"}]


def test_the_examples_of_the_readme_render(tmp_path: Path) -> None:
    """Every block of values in it, with the names of alerts as they are."""
    text = (CHART / "README.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"(?ms)^ *```yaml\n(.*?)```", text)]
    assert len(blocks) == 2
    for block in blocks:
        values = tmp_path / "values.yaml"
        values.write_text(block, encoding="utf-8")
        demo = [] if "config:" in block else ["--set=demo=true"]
        assert _manifests(_template(HELMS[1], "--values", values, *demo))


def test_the_version_is_the_exporters() -> None:
    """The chart runs the image of its own release."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert chart["appVersion"] == __version__


WHOLE = {"podSecurityContext", "securityContext", "livenessProbe", "readinessProbe"}
OPEN = {"config", "webConfig", "global"}
"""Values whose keys the chart does not list one by one."""
"""Values whose defaults are too long for a table."""


def _leaves(values: Manifest, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        path = prefix + key
        if isinstance(value, dict) and value and path not in {*WHOLE, "dashboards.labels"}:
            yield from _leaves(value, f"{path}.")
        else:
            yield path, value


def test_the_readme_lists_every_value() -> None:
    """In the order of values.yaml, with its default."""
    text = (CHART / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.*?) \| .+ \|$", text, re.MULTILINE)
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert rows == [
        (path, "see `values.yaml`" if path in WHOLE else f"`{json.dumps(value)}`")
        for path, value in _leaves(values)
    ]


def _named(schema: Manifest, prefix: str = "") -> Iterator[str]:
    for name, part in schema["properties"].items():
        if part.get("additionalProperties") is False and name not in OPEN:
            yield from _named(part, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_schema_knows_every_value() -> None:
    """And no others; `global` is Helm's."""
    schema = json.loads((CHART / "values.schema.json").read_text("utf-8"))
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    listed = {path for path, _ in _leaves(values)}
    assert set(_named(schema)) - OPEN - {"route"} == {
        path for path in listed if path.partition(".")[0] not in OPEN | {"route"}
    }
    route = schema["properties"]["route"]["additionalProperties"]
    assert {f"route.main.{name}" for name in route["properties"]} == {
        path for path in listed if path.startswith("route.")
    }
