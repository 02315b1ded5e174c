"""The daemon as a process under floods: how much memory it ever took, and that the rest kept counting."""

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from exporter.simulator.application import Simulator
from exporter.simulator.cursor.rest import CursorOptions
from exporter.simulator.github.rest import GitHubOptions
from exporter.simulator.world.world import World, WorldSettings
from exporter.simulator.world.world_clock import WorldClock
from tests.e2e.processes import Exporter
from tests.faults.forms import Form
from tests.faults.pair import SICK, WELL
from tests.faults.proxy import Proxy, Spoil
from tests.faults.world import DEVELOPERS, SEED

MIB = 1024**2
PATIENCE = 120.0
_POLLS = re.compile(r'^usage_exporter_polls_total\{.*account="(.*?)".*\} (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes that a daemon took at most, before the faults and in all; the polls of the well target."""

    before: int
    peak: int
    well_polls: int
    requests: int

    @property
    def growth(self) -> int:
        return self.peak - self.before


async def flooded(
    directory: Path,
    spoilt: Sequence[tuple[Form, Spoil]],
    healthy: Form,
    seconds: float,
) -> Peak:
    """Run a daemon whose targets are flooded for some seconds, beside a target that is not."""
    simulator = Simulator(
        World(WorldSettings(SEED, DEVELOPERS, teams=2), WorldClock()),
        cursor=CursorOptions(requests_per_minute=None),
        github=GitHubOptions(requests_per_hour=None, legacy_copilot=True),
    )
    transport = httpx.ASGITransport(simulator)
    async with contextlib.AsyncExitStack() as opened:
        proxies: dict[str, Proxy] = {}
        targets = []
        for number, form in enumerate([*(form for form, _ in spoilt), healthy]):
            proxy = await opened.enter_async_context(Proxy(transport, "http://127.0.0.1"))
            account = WELL if form is healthy else f"{SICK}-{number}"
            proxies[account] = proxy
            own = {"requests_per_minute": 1_000_000, "timeout": "1s"}
            if form is healthy:
                own["timeout"] = "60s"
            target = {**form.target(account, proxy.url, directory), **own}
            targets.append(_often(target))
        settings = {
            "targets": targets,
            "state": {"path": str(directory / "state.db")},
            "privacy": {"users": "plain"},
        }
        exporter = await asyncio.to_thread(Exporter, directory, settings)
        try:
            await _until(exporter, dict.fromkeys(proxies, 1))
            before = _peak(exporter)
            done = await asyncio.to_thread(_polls, exporter)
            asked = 0
            for proxy, (_, spoil) in zip(proxies.values(), spoilt, strict=False):
                proxy.spoil = spoil
                asked -= len(proxy.asked)
            met = {proxy: len(proxy.asked) for proxy in proxies.values()}
            await asyncio.sleep(seconds)
            await _until(exporter, {WELL: done[WELL] + 1})
            async with asyncio.timeout(PATIENCE):
                # Again after the first flood, in spite of it.
                while any(len(proxy.asked) < met[proxy] + 2 for proxy in proxies.values()):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
            polls = await asyncio.to_thread(_polls, exporter)
            asked += sum(len(proxies[name].asked) for name in proxies if name != WELL)
            return Peak(before, _peak(exporter), polls[WELL] - done[WELL], asked)
        finally:
            await asyncio.to_thread(exporter.process.stop)


def _often(target: dict[str, object]) -> dict[str, object]:
    streams = target["streams"]
    assert isinstance(streams, dict)
    return {**target, "streams": {name: {**o, "interval": "1s"} for name, o in streams.items()}}


def _polls(exporter: Exporter) -> dict[str, int]:
    """The fewest polls of any stream, by account."""
    found: dict[str, int] = {}
    for account, value in _POLLS.findall(exporter.page()):
        found[account] = min(found.get(account, 10**9), int(float(value)))
    return found


async def _until(exporter: Exporter, polls: Mapping[str, int]) -> None:
    deadline = time.monotonic() + PATIENCE
    found: dict[str, int] = {}
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            found = await asyncio.to_thread(_polls, exporter)
            if all(found.get(account, 0) > least for account, least in polls.items()):
                return
        assert exporter.process.running, exporter.process.output.read_text("utf-8")
        await asyncio.sleep(0.2)
    raise AssertionError(f"polls are {found}, expected more than {dict(polls)}")


def _peak(exporter: Exporter) -> int:
    """The most memory that the process ever had, in bytes."""
    status = Path(f"/proc/{exporter.process.pid}/status").read_text(encoding="utf-8")
    [kilobytes] = re.findall(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(kilobytes) * 1024
