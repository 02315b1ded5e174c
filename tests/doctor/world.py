"""Targets for the doctor, and a vendor that answers from a script."""

from pathlib import Path
from random import Random
from typing import Any

import httpx
from pydantic import TypeAdapter

from exporter.config.blocks import one_target
from exporter.preflight.doctor.finding import Check, Finding
from exporter.preflight.doctor.refusals import told_once
from exporter.preflight.doctor.target_check import TargetCheck
from exporter.vendors.base import Target
from tests.clock import ManualClock

NOW = 1_763_000_000.0
NO_ROWS = {"items": [], "totalCount": 0, "page": 1, "pageSize": 1}
"""What Cursor answers where there is nothing to tell."""


def target(vendor: str, directory: Path, secret: str, **more: Any) -> Target:
    """A configured target with its secret in a file."""
    path = directory / f"{vendor}.secret"
    path.write_text(secret, encoding="utf-8")
    adapter: TypeAdapter[Target] = one_target
    scope = {"org": "acme"} if vendor == "github" and "enterprise" not in more else {}
    return adapter.validate_python(
        {
            "vendor": vendor,
            "account": "acme",
            "base_url": "http://127.0.0.1:8080/",
            "auth": {"token_file": str(path)},
            **scope,
            **more,
        }
    )


async def asked(
    configured: Target,
    handler: Any,
    *,
    now: float = NOW,
    patience: float = 30.0,
    people: bool = True,
) -> list[Finding]:
    """What the doctor finds where the vendor answers like this."""
    account = TargetCheck(configured, ManualClock(now), Random(1), patience, people)
    wire = (
        handler if isinstance(handler, httpx.AsyncBaseTransport) else httpx.MockTransport(handler)
    )
    return [*told_once([(configured, await account.ask(wire))])]


def of_stream(findings: list[Finding], stream: str) -> Finding:
    [found] = [one for one in findings if one.stream == stream]
    return found


def of_check(findings: list[Finding], check: Check) -> Finding:
    [found] = [one for one in findings if one.check is check]
    return found
