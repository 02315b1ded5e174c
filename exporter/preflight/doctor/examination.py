"""The whole examination: the machine, then all targets at once."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

from exporter.clock import Clock
from exporter.config.blocks import Config
from exporter.preflight.doctor.finding import Check, Finding, Report, bug, report_of
from exporter.preflight.doctor.machine import check_ports, check_state, check_web_config, is_held
from exporter.preflight.doctor.refusals import told_once
from exporter.preflight.doctor.target_check import TargetCheck


async def examine(
    settings: Config,
    addresses: Sequence[str],
    clock: Clock,
    random: Random,
    web_config: Path | None = None,
) -> Report:
    """Look at everything that the configuration names; writes and counts nothing."""
    state = check_state(Path(settings.state.path))
    ports = check_ports(addresses, running=is_held(state))
    people = settings.privacy.shows_people
    checks = (
        _checked(TargetCheck(target, clock, random, people=people)) for target in settings.targets
    )
    findings = [*state, *ports]
    if web_config is not None:
        findings.append(check_web_config(web_config, clock.time()))
    found = await asyncio.gather(*checks)
    findings += told_once(zip(settings.targets, found, strict=True))
    return report_of(findings)


async def _checked(target_check: TargetCheck) -> list[Finding]:
    try:
        return await target_check.check()
    except Exception as error:  # noqa: BLE001 - a bug in one target must not hide the others
        return [bug(error, Check.TARGET, target_check.subject)]
