"""The whole examination: what goes wrong with one target leaves the report of the others."""

from pathlib import Path
from random import Random

import httpx
import pytest

from exporter.client import connection
from exporter.config.blocks import Config
from exporter.preflight.doctor.examination import examine
from exporter.preflight.doctor.finding import Check, Finding, Level, Report
from exporter.preflight.doctor.network import Way
from exporter.vendors import cursor
from exporter.vendors.base import Target, enabled_streams
from tests.clock import ManualClock
from tests.doctor.world import NOW, target


async def examined(targets: list[Target]) -> Report:
    """What is found of a configuration with these targets, and defaults besides."""
    settings = Config.model_construct(
        targets=targets,
        state=Config.model_fields["state"].get_default(call_default_factory=True),
        privacy=Config.model_fields["privacy"].get_default(call_default_factory=True),
    )
    return await examine(settings, [], ManualClock(NOW), Random(1))


async def test_a_bug_in_one_target_does_not_lose_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a failure of that target by the error's type; the message may quote what nobody may see."""

    async def way(self: Way) -> list[Finding]:
        if self.target.account == "broken":
            raise LookupError("secret-part")
        return [
            Finding(check=Check.DNS, level=Level.FAIL, message="no address", target=self.subject)
        ]

    monkeypatch.setattr(Way, "check", way)
    targets = [target("cursor", tmp_path, "key", account=name) for name in ("broken", "whole")]
    monkeypatch.chdir(tmp_path)
    report = await examined(targets)
    [broken] = [one for one in report.findings if one.target and one.target.account == "broken"]
    assert (broken.check, broken.level) == (Check.TARGET, Level.FAIL)
    assert broken.message.startswith("a bug: LookupError at test_examination.py:")
    assert "secret-part" not in repr(report)
    whole = [one.level for one in report.findings if one.target and one.target.account == "whole"]
    streams = enabled_streams(cursor.VENDOR, targets[0])
    assert whole == [Level.FAIL, *(Level.SKIP for _ in streams)]


async def test_a_refused_credential_of_several_targets_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the first stream of the first of them; a credential of another file is another matter."""

    async def way(self: Way) -> list[Finding]:
        return []

    def refusing(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401, json={"message": "Bad credentials"})

    monkeypatch.setattr(Way, "check", way)
    wire = httpx.MockTransport(refusing)
    monkeypatch.setattr(connection, "http_transport", lambda proxy, ca_file: wire)
    (tmp_path / "other").mkdir()
    targets = [
        target("github", folder, "ghp_token", account=name, org=name)
        for folder, name in ((tmp_path, "one"), (tmp_path, "two"), (tmp_path / "other", "three"))
    ]
    monkeypatch.chdir(tmp_path)
    report = await examined(targets)
    streams = [one for one in report.findings if one.check is Check.STREAM]
    failed = [
        (one.target.account, one.stream)
        for one in streams
        if one.level is Level.FAIL and one.target
    ]
    assert failed == [("one", "api_insights"), ("three", "api_insights")]
    seen = {
        (one.target.account, one.message)
        for one in streams
        if one.level is Level.SKIP and one.target
    }
    assert seen == {
        ("one", "the same credential was refused: see api_insights"),
        ("two", "the same credential was refused: see github/one api_insights"),
        ("three", "the same credential was refused: see api_insights"),
    }
