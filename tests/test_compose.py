"""compose.yaml: the demo with Prometheus, Alertmanager and Grafana around it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.commands import main

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]

with_each_service = pytest.mark.parametrize("name", SERVICES)


def _mounts(name: str) -> dict[str, str]:
    """Where each mounted file, folder or volume is in the container."""
    return dict(line.split(":")[:2] for line in SERVICES[name].get("volumes", ()))


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@with_each_service
def test_mounts_exist(name: str) -> None:
    """Docker would make an empty folder of a missing file; what is ours is read-only."""
    for line in SERVICES[name].get("volumes", ()):
        source, *rest = line.split(":")
        if source.startswith("."):
            assert (ROOT / source).exists(), line
            assert rest[-1] == "ro", line
        else:
            assert source in COMPOSE["volumes"], line


@with_each_service
def test_services_are_confined(name: str) -> None:
    """No capabilities, ports on loopback only, images of a fixed version."""
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "build" in service or re.search(r":v?\d+\.\d+\.\d+$", service["image"])


def test_the_exporter_runs_the_demo_as_in_the_image() -> None:
    """Read-only, as the image's user, with a command that exists."""
    exporter = SERVICES["exporter"]
    assert exporter["command"][0] in main.commands
    assert exporter["read_only"] is True
    assert f"USER {exporter['user']}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_prometheus_reaches_what_its_configuration_names() -> None:
    """All on localhost, in the network that the services share; each port is published."""
    assert {SERVICES[name]["network_mode"] for name in ("prometheus", "alertmanager")} == {
        "service:exporter"
    }
    settings = _load(ROOT / "prometheus" / "prometheus.yml")
    configs = [*settings["scrape_configs"], *settings["alerting"]["alertmanagers"]]
    targets = [
        target
        for scrape in configs
        for static in scrape["static_configs"]
        for target in static["targets"]
    ]
    assert {target.split(":")[0] for target in targets} == {"localhost"}
    published = {port.split(":")[-1] for port in SERVICES["exporter"]["ports"]}
    assert {target.split(":")[1] for target in targets} <= published


def test_prometheus_finds_the_rules() -> None:
    """Their place in the container is where its configuration looks."""
    folder = next(source for source, to in _mounts("prometheus").items() if to == "/etc/prometheus")
    settings = _load(ROOT / folder / "prometheus.yml")
    for pattern in settings["rule_files"]:
        assert list((ROOT / folder).glob(pattern)), pattern


def test_alertmanager_finds_its_configuration() -> None:
    """It is told the file that is mounted."""
    (flag,) = [item for item in SERVICES["alertmanager"]["command"] if "config.file" in item]
    assert flag.partition("=")[2] in _mounts("alertmanager").values()


def test_grafana_finds_dashboards_and_prometheus() -> None:
    """The provisioning names the folder of the dashboards, and a host that answers."""
    mounts = _mounts("grafana")
    provisioning = ROOT / "grafana" / "provisioning"
    paths = {
        provider["options"]["path"]
        for file in (provisioning / "dashboards").glob("*.yaml")
        for provider in _load(file)["providers"]
    }
    assert paths == {mounts["./grafana/dashboards"]}
    urls = {
        source["url"]
        for file in (provisioning / "datasources").glob("*.yaml")
        for source in _load(file)["datasources"]
    }
    aliases = SERVICES["exporter"]["networks"]["default"]["aliases"]
    assert urls == {"http://prometheus:9090"}
    assert "prometheus" in aliases
