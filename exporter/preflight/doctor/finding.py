"""What the doctor finds, as data."""

import enum
import traceback
from collections.abc import Sequence
from pathlib import Path

import msgspec

from exporter import __version__
from exporter.client.errors import State
from exporter.masking import masked


class Level(enum.StrEnum):
    """How a check ended; `skip` where another's failure kept it from being made."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


class Check(enum.StrEnum):
    """What was looked at."""

    STATE_PATH = "state_path"
    STATE_MODE = "state_mode"
    STATE_SPACE = "state_space"
    STATE_LOCK = "state_lock"
    LISTEN = "listen"
    WEB_CONFIG = "web_config"
    CA = "ca"
    PROXY = "proxy"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TARGET = "target"
    CLOCK = "clock"
    CREDENTIAL = "credential"
    STREAM = "stream"


class Subject(msgspec.Struct, frozen=True):
    """The target that a check is about."""

    vendor: str
    account: str

    def __str__(self) -> str:
        return f"{self.vendor}/{self.account}"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check of a stream, of a target, or of the exporter itself where both are null."""

    check: Check
    level: Level
    message: str
    target: Subject | None = None
    stream: str | None = None
    state: State | None = None
    remedy: str | None = None
    document: str | None = None


class Report(msgspec.Struct, frozen=True):
    """Everything that was found; `level` is the worst of it."""

    version: str
    level: Level
    findings: tuple[Finding, ...]

    @property
    def healthy(self) -> bool:
        return self.level is not Level.FAIL

    @property
    def problems(self) -> tuple[Finding, ...]:
        """What fails and what is warned of."""
        return tuple(one for one in self.findings if one.level in (Level.FAIL, Level.WARN))


def bug(
    error: Exception, check: Check, target: Subject | None = None, stream: str | None = None
) -> Finding:
    """The finding for what nobody foresaw; the error's message may quote secrets and people."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return Finding(
        check=check,
        level=Level.FAIL,
        message=f"a bug: {type(error).__name__}{place}",
        target=target,
        stream=stream,
        remedy="report it with this line and the version; the other checks hold",
    )


def report_of(findings: Sequence[Finding]) -> Report:
    """The findings, without credentials, and their worst level; what was skipped follows from a failure."""
    levels = {finding.level for finding in findings}
    worst = next((level for level in (Level.FAIL, Level.WARN) if level in levels), Level.OK)
    return Report(__version__, worst, tuple(map(_masked, findings)))


def _masked(finding: Finding) -> Finding:
    remedy = None if finding.remedy is None else masked(finding.remedy)
    return msgspec.structs.replace(finding, message=masked(finding.message), remedy=remedy)
