"""The Helm chart: what it renders with Helm 3 and 4, and what it refuses."""

import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from exporter import __version__
from exporter.cli import main
from exporter.config.file import parse

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
        text=True,
        check=False,
    )


def _template(helm: Path, *arguments: str | Path, chart: Path = CHART) -> str:
    result = _run(helm, "template", "release", chart, "--namespace=ns", *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def _manifests(text: str) -> list[Manifest]:
    return [manifest for manifest in yaml.safe_load_all(text) if manifest]


def _rendered(name: str, *settings: str) -> list[Manifest]:
    values = f"--values={CHART / 'ci' / f'{name}-values.yaml'}"
    return _manifests(_template(HELMS[1], values, *settings))


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
    assert _manifests(_template(helm, "--values", values))


@with_each_values
def test_both_helms_render_the_same(values: Path) -> None:
    """So that what is tested with one holds for the other."""
    three, four = (_manifests(_template(helm, "--values", values)) for helm in HELMS)
    key = json.dumps
    assert sorted(three, key=key) == sorted(four, key=key)


@pytest.mark.parametrize("version", KUBERNETES)
def test_manifests_are_valid_in_kubernetes(version: str, tmp_path: Path) -> None:
    """By the schemas of that version, in which unknown fields are errors."""
    files = []
    for values in VALUES:
        file = tmp_path / values.name
        file.write_text(_template(HELMS[1], "--values", values, f"--kube-version={version}"))
        files.append(file)
    result = subprocess.run(
        [BIN / "kubernetes-validate", "--strict", "-k", version, *files],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    unknown = set(re.findall(r"schema for kind (\w+)", result.stdout + result.stderr))
    assert unknown == {"ServiceMonitor", "PodMonitor", "PrometheusRule"}


def test_an_unknown_field_would_be_found(tmp_path: Path) -> None:
    """The validation of the test above is able to fail."""
    file = tmp_path / "broken.yaml"
    file.write_text(_template(HELMS[1], "--set=demo=true").replace("enableServiceLinks", "enable"))
    command: list[str | Path] = [BIN / "kubernetes-validate", "--strict", "-k", KUBERNETES[0], file]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1


@with_each_helm
@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("replicas=2", "replicas"),
        ("replcas=1", "replcas"),
        ("image.pullPolicy=Sometimes", "pullPolicy"),
        ("image.digest=sha256:abc", "digest"),
        ("service.port=99999", "port"),
        ("log.level=trace", "level"),
        ("persistence.size=lots", "size"),
        ("serviceMonitor.interval=soon", "interval"),
        ("config.target=acme", "targets"),
        ("networkPolicy.egress.ports[0]=https", "ports"),
        ("webConfig.tls.cert=a", "webConfig"),
    ],
)
def test_wrong_values_are_refused(helm: Path, setting: str, place: str) -> None:
    """By the schema, with the place."""
    result = _run(helm, "template", "release", CHART, "--set=demo=true", f"--set={setting}")
    assert result.returncode == 1
    assert place in result.stderr


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
    ],
)
def test_values_that_contradict_are_refused(helm: Path, settings: list[str], message: str) -> None:
    """Before a pod is started that could not run."""
    sets = [f"--set={setting}" for setting in settings]
    result = _run(helm, "template", "release", CHART, *sets)
    assert result.returncode == 1
    assert message in result.stderr


@with_each_values
def test_there_is_one_writer(values: Path) -> None:
    """At most one pod, no second one while it is replaced, and nothing that scales it."""
    manifests = _manifests(_template(HELMS[1], "--values", values))
    (deployment,) = _of_kind(manifests, "Deployment")
    assert deployment["spec"]["replicas"] in {0, 1}
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert not _of_kind(manifests, "HorizontalPodAutoscaler")


@with_each_values
def test_pods_are_restricted(values: Path) -> None:
    """As the Pod Security Standard `restricted` asks, and with a read-only root."""
    manifests = _manifests(_template(HELMS[1], "--values", values))
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
        (tmp_path / file).write_text("not-a-token")
    parsed = parse(text.replace("/run/secrets/usage-exporter", str(tmp_path)), name)
    assert str(parsed.state.path) == "/data/usage-exporter.db"


@with_each_values
def test_the_command_line_exists(values: Path) -> None:
    """The subcommand, and each flag of it."""
    arguments = _pod(_manifests(_template(HELMS[1], "--values", values)))["containers"][0]["args"]
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
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(spec))
    result = subprocess.run(
        ["promtool", "check", "rules", *sorted(tmp_path.iterdir())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


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


def test_the_version_is_the_exporters() -> None:
    """The chart runs the image of its own release."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == __version__


WHOLE = {"podSecurityContext", "securityContext", "livenessProbe", "readinessProbe"}
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
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert rows == [
        (path, "see `values.yaml`" if path in WHOLE else f"`{json.dumps(value)}`")
        for path, value in _leaves(values)
    ]


def _named(schema: Manifest, prefix: str = "") -> Iterator[str]:
    for name, part in schema["properties"].items():
        if part.get("additionalProperties") is False and prefix + name != "webConfig":
            yield from _named(part, f"{prefix}{name}.")
        else:
            yield prefix + name


def test_the_schema_knows_every_value() -> None:
    """And no others; `global` is Helm's."""
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert set(_named(schema)) - {"global"} == {path for path, _ in _leaves(values)}
