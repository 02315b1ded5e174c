"""`usage-exporter demo`: the exporter against the simulator, both on this machine."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from socket import socket
from tempfile import TemporaryDirectory

from exporter import __version__
from exporter.clock import SystemClock
from exporter.config.blocks import Config
from exporter.config.file import parse
from exporter.model import StreamKey
from exporter.runtime.app import App
from exporter.web import server

TELEMETRY_PATH = "/metrics"

_CONFIG = """
targets:
  - vendor: github
    account: acme
    org: acme
    base_url: {simulator}/github
    auth: {{token_file: {directory}/github}}
    requests_per_minute: 100000
    streams:
      api_insights: {{interval: 1m, lookback: 28d}}
      copilot_reports: {{interval: 1m, lookback: 28d, teams: true, repositories: true}}
      copilot_seats: {{interval: 1m}}
  - vendor: github
    account: acme-enterprise
    enterprise: acme
    base_url: {simulator}/github
    auth: {{token_file: {directory}/github}}
    requests_per_minute: 100000
    streams:
      copilot_reports: {{enabled: false}}
      copilot_seats: {{enabled: false}}
      rate_limit: {{enabled: false}}
      billing_usage: {{interval: 1m, lookback: 28d, budget_details: true}}
      usage_reports: {{interval: 1m, create: true}}
  - vendor: github
    account: acme-studio
    org: acme-studio
    standalone: true
    base_url: {simulator}/github
    auth: {{token_file: {directory}/github}}
    requests_per_minute: 100000
    streams:
      api_insights: {{enabled: false}}
      copilot_reports: {{enabled: false}}
      copilot_seats: {{enabled: false}}
      rate_limit: {{enabled: false}}
      ai_credits: {{interval: 1m, lookback: 28d}}
  - vendor: cursor
    account: acme
    base_url: {simulator}/cursor
    auth: {{token_file: {directory}/cursor}}
    requests_per_minute: 100000
    streams:
      ai_code_commits: {{interval: 30s, lookback: 28d}}
      ai_code_changes: {{interval: 30s, lookback: 28d}}
      usage_events: {{interval: 30s, lookback: 28d}}
      spend: {{interval: 1m}}
      members: {{interval: 1m, billing_groups: true}}
  - vendor: cursor
    account: acme-organization
    organization_id: org_acme
    base_url: {simulator}/cursor
    auth: {{token_file: {directory}/cursor-organization}}
    requests_per_minute: 100000
    streams:
      # What the team's key tells already is not counted again.
      usage_events: {{enabled: false}}
      daily_usage: {{enabled: false}}
      members: {{enabled: false}}
      pool: {{interval: 1m}}
  - vendor: tabnine
    account: acme
    base_url: {simulator}/tabnine
    auth: {{token_file: {directory}/tabnine}}
    requests_per_minute: 100000
    streams:
      usage: {{interval: 30s, lookback: 28d}}
      team_usage: {{interval: 1m, lookback: 28d}}
      organization: {{interval: 1m}}
      audit_log: {{interval: 30s, lookback: 28d}}
      repositories: {{interval: 1m}}
  - vendor: anthropic
    account: acme
    base_url: {simulator}/anthropic
    auth: {{token_file: {directory}/anthropic}}
    requests_per_minute: 100000
    streams:
      usage: {{interval: 30s, lookback: 28d}}
      cost: {{interval: 30s, lookback: 28d}}
      organization: {{interval: 1m}}
      claude_code: {{interval: 1m, lookback: 28d}}
  - vendor: anthropic
    account: acme-claude
    api: analytics
    base_url: {simulator}/anthropic
    auth: {{token_file: {directory}/anthropic-analytics}}
    requests_per_minute: 100000
    streams:
      enterprise: {{interval: 1m, lookback: 28d}}
      enterprise_usage: {{interval: 1m, lookback: 28d}}
state: {{path: {directory}/demo.db}}
counting: {{history: count, birth_hold: 1m}}
"""
_SECRETS = {
    "github": "sim-github-token",
    "cursor": "sim-cursor-key",
    "cursor-organization": "sim-cursor-organization-key",
    "tabnine": "sim-tabnine-token",
    "anthropic": "sim-anthropic-admin-key",
    "anthropic-analytics": "sim-anthropic-analytics-key",
}
_PROGRESS_SECONDS = 0.5
_SUMMARY_SECONDS = 60


class Demo:
    """A simulator in a process of its own, and an exporter that polls it."""

    async def __aenter__(self) -> "Demo":
        self._resources = AsyncExitStack()
        try:
            directory = self._resources.enter_context(TemporaryDirectory(prefix="usage-exporter-"))
            self._simulator = await self._resources.enter_async_context(simulator())
            self._app = await self._resources.enter_async_context(
                App(configuration(self._simulator, Path(directory)), SystemClock(), Random())
            )
        except BaseException:
            await self._resources.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._resources.aclose()

    async def serve(
        self, sockets: Sequence[socket], stop: asyncio.Event, say: Callable[[str], None]
    ) -> None:
        """Serve until `stop` is set, and tell of the progress."""
        url = server.url_of(sockets[0])
        say(
            f"usage-exporter {__version__} demo: GitHub, Tabnine, Cursor and Anthropic accounts of "
            "acme, simulated\n"
            f"  status page  {url}/\n"
            f"  metrics      {url}{TELEMETRY_PATH}\n"
            f"  the vendors  {self._simulator}\n"
            "28 days of history are read first; then new usage arrives. Ctrl-C stops it."
        )
        progress = asyncio.create_task(self._tell(say))
        try:
            await self._app.serve(sockets, TELEMETRY_PATH, stop)
        finally:
            progress.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await progress
        say("stopped")

    async def _tell(self, say: Callable[[str], None]) -> None:
        clock = SystemClock()
        told: set[StreamKey] = set()
        next_summary = clock.time() + _SUMMARY_SECONDS
        while True:
            await clock.sleep(_PROGRESS_SECONDS)
            streams = [stream for target in self._app.targets for stream in target.streams.values()]
            for stream in streams:
                if stream.state is not None and stream.key not in told:
                    told.add(stream.key)
                    say(
                        f"  {stream.key}: {stream.state}, {stream.last_records} records, "
                        f"{stream.series} series {stream.reason}".rstrip()
                    )
            if clock.time() >= next_summary:
                next_summary += _SUMMARY_SECONDS
                polls = sum(stream.polls for stream in streams)
                records = sum(stream.records for stream in streams)
                say(f"  {polls} polls so far, {records} records read")


def configuration(simulator_url: str, directory: Path) -> Config:
    """The demo's configuration, with its secrets and state in `directory`."""
    for name, secret in _SECRETS.items():
        (directory / name).write_text(secret, encoding="utf-8")
    text = _CONFIG.format(simulator=simulator_url, directory=directory)
    return parse(text, "demo configuration")


class SimulatorError(Exception):
    """The simulator could not be started."""


@contextlib.asynccontextmanager
async def simulator(*options: str) -> AsyncIterator[str]:
    """A running simulator; gives its URL."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "exporter.simulator", "--exit-with-parent", "--no-rate-limit"),
        *options,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        line = (await process.stdout.readline()).decode() if process.stdout else ""
        if "listening on" not in line:
            raise SimulatorError("the simulator did not start; its messages are above")
        yield line.split()[-1]
    finally:
        if process.returncode is None:
            process.kill()  # it has nothing to keep, and may be busy
        await process.wait()
