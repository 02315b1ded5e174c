"""The streams that are counted beside the truth of the simulated world, as their cases declare them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import simulated
from exporter.model import Metric, MetricType, StreamKey
from exporter.streams.contract import AnyStream
from tests.accounts import ACCOUNTS, Account
from tests.streams.cases import CASES
from tests.streams.harness import Month


@dataclass(frozen=True)
class CountedStream:
    """A stream of an account whose counters the simulator knows the truth of."""

    account: Account
    stream: AnyStream
    month: Month

    @property
    def name(self) -> str:
        """Vendors may have streams of the same name."""
        return f"{self.account.vendor.name}/{self.stream.name}"

    @property
    def key(self) -> StreamKey:
        return StreamKey(self.account.vendor.name, self.account.name, self.stream.name)

    @property
    def lookback(self) -> int:
        """How far back it reads, in seconds."""
        return int(self.stream.options.model_validate(self.month.options).lookback)

    @property
    def what(self) -> frozenset[str]:
        """What it counts that other streams can count too."""
        return frozenset(self.stream.counts(self.stream.options.model_validate(self.month.options)))

    @cached_property
    def metrics(self) -> Mapping[str, Metric]:
        """The counters that are compared, by name."""
        return {
            metric.name: metric
            for metric in self.stream.metrics
            if metric.type is MetricType.COUNTER
            and not metric.people
            and not metric.name.startswith(self.month.left_out)
            # Of what is common to vendors, the truth knows GitHub's part.
            and (self.key.vendor == "github" or not metric.name.startswith("assistant_"))
        }


def _streams() -> Iterator[CountedStream]:
    """Each stream of one account: the first that can have it."""
    for case in CASES:
        if case.month is not None:
            account = next(
                each
                for each in ACCOUNTS
                if each.vendor.name == case.vendor and case.stream in each.streams
            )
            yield CountedStream(account, account.streams[case.stream], case.month)


STREAMS = {each.name: each for each in _streams()}
"""By vendor and name: `cursor/audit_log`."""


def _choices() -> Iterator[Mapping[str, CountedStream]]:
    """Of streams that count the same each once, beside all others."""
    for one in STREAMS.values():
        rivals = {
            other.name
            for other in STREAMS.values()
            if other is not one and other.account is one.account and other.what & one.what
        }
        if rivals:
            yield {name: each for name, each in STREAMS.items() if name not in rivals}


CHOICES = tuple(_choices())
"""What one configuration can have of them. The last one reads exports, which tell of most."""


def targets(simulator: str, directory: Path, lookbacks: Mapping[str, str]) -> list[dict[str, Any]]:
    """The targets that read the streams of these lookbacks once a second, and no others."""
    found = []
    for account in ACCOUNTS:
        chosen = {
            each.stream.name: {**each.month.options, "interval": "1s", "lookback": lookbacks[name]}
            for name, each in STREAMS.items()
            if name in lookbacks and each.account is account
        }
        if chosen:
            vendor, streams = account.vendor.name, account.only(chosen)
            found.append(
                simulated.target(
                    vendor,
                    account.name,
                    simulator,
                    directory,
                    streams,
                    requests_per_minute=1_000_000,
                    **account.scope,
                )
            )
    return found
