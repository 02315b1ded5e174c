"""The systemd unit."""

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from exporter.cli import USAGE

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
    assert int(re.sub(r"s$", "", service["TimeoutStopSec"])) > 10


@pytest.mark.process
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_knows_every_line(tmp_path: Path) -> None:
    """`verify` is silent where the program is one that exists."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true"))
    result = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
