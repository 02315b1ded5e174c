"""The systemd unit."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import RawConfigParser
from pathlib import Path

import pytest

from bench.ports import free_port
from exporter.cli import USAGE
from tests.e2e.processes import fetch, wait_for
from tests.systemd_manager import Manager, manager

UNIT = Path(__file__).parent.parent / "deploy" / "usage-exporter.service"
PROGRAM = "/opt/usage-exporter/bin/usage-exporter"


def _service() -> dict[str, str]:
    parser = RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(UNIT, encoding="utf-8")
    return dict(parser["Service"])


def test_it_is_confined() -> None:
    """No privileges, nothing to write but the state, no user that may log in."""
    service = _service()
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["User"] == service["StateDirectory"] == "usage-exporter"
    assert service["WorkingDirectory"] == "%S/usage-exporter"


def test_it_restarts_what_a_restart_can_mend() -> None:
    """Failures, but not a wrong configuration; a stop is given the time that polls may take."""
    service = _service()
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == str(USAGE)
    assert "ExecStartPre" not in service, "RestartPreventExitStatus does not hold for it"
    assert int(re.sub(r"s$", "", service["TimeoutStopSec"])) > 10


@pytest.mark.process
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    """`verify` is silent where the program is one that exists."""
    unit = tmp_path / UNIT.name
    unit.write_text(
        UNIT.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"), encoding="utf-8"
    )
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


CONFINED = [
    "User",
    "Group",
    "Ambient",
    "Capability",
    "NoNew",
    "Protect",
    "Private",
    "RemoveIPC",
    "Restrict",
    "Lock",
    "MemoryDeny",
    "System",
]
"""How the lines begin that only the system's manager can carry out."""

WRONG = "targets: []\n"
RIGHT = """\
targets:
  - vendor: cursor
    account: acme
    base_url: http://127.0.0.1:9
    auth: {token_env: CURSOR_KEY}
    timeout: 1s
"""


@pytest.fixture
def unit() -> Iterator[Manager]:
    with manager(UNIT.name) as running:
        yield running


def _adapted(directory: Path) -> str:
    """The unit with this program, files of the test, a shorter pause and without what confines it."""
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    text = "\n".join(line for line in lines if not line.startswith(tuple(CONFINED)))
    for shipped, own in {
        PROGRAM: f"{shlex.quote(sys.executable)} -m exporter",
        "/etc/usage-exporter/config.yaml": f"{directory}/config.yaml",
        "/etc/default/usage-exporter": f"{directory}/default",
        "RestartSec=5s": "RestartSec=100ms",
        "[Service]": f"[Service]\nEnvironment=PYTHONPATH={UNIT.parents[1]}",
    }.items():
        assert shipped in text
        text = text.replace(shipped, own)
    return text


def _configured(unit: Manager, config: str, *flags: str) -> None:
    (unit.directory / "config.yaml").write_text(config, encoding="utf-8")
    (unit.directory / "default").write_text(
        f'ARGS="{" ".join(flags)}"\nCURSOR_KEY=a-key\n', encoding="utf-8"
    )


@pytest.mark.process
def test_a_wrong_configuration_is_not_started_again(unit: Manager) -> None:
    """Nor is a wrong flag: the unit has failed, and waits for somebody."""
    _configured(unit, WRONG)
    with unit.running(_adapted(unit.directory)):
        found = wait_for("it ended", lambda: _ended(unit))
        assert (found["ActiveState"], found["NRestarts"]) == ("failed", "0")
        assert (found["Result"], found["ExecMainStatus"]) == ("exit-code", str(USAGE))


def _ended(unit: Manager) -> dict[str, str] | None:
    """What is known of the unit, once it has failed or is started again."""
    found = unit.properties()
    over = found.get("ActiveState") == "failed" or found.get("NRestarts", "0") != "0"
    return found if over else None


@pytest.mark.process
def test_a_reload_with_a_wrong_configuration_fails_and_changes_nothing(unit: Manager) -> None:
    """A right one is read by the process that runs; flags and variables come from their file."""
    port = free_port()
    address = f"--web.listen-address=127.0.0.1:{port}"
    _configured(unit, RIGHT, address, "--web.telemetry-path=/numbers")
    with unit.running(_adapted(unit.directory)):
        url = f"http://127.0.0.1:{port}/numbers"
        wait_for("the page", lambda: fetch(url).status_code == 200)
        before = unit.wait_until(ActiveState="active")
        config = unit.directory / "config.yaml"

        config.write_text(WRONG, encoding="utf-8")
        refused = unit.call("reload", UNIT.name)
        after = unit.wait_until(ActiveState="active")
        assert refused.returncode != 0
        assert (after["MainPID"], after["NRestarts"]) == (before["MainPID"], "0")
        assert "usage_exporter_config_last_reload_successful 1" in fetch(url).text

        config.write_text(RIGHT.replace("acme", "other"), encoding="utf-8")
        assert unit.call("reload", UNIT.name).returncode == 0
        wait_for("the new account", lambda: 'account="other"' in fetch(url).text)
        assert unit.properties()["MainPID"] == before["MainPID"]
