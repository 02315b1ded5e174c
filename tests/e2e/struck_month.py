"""A stream whose daemon is killed while a real Prometheus scrapes it, and what came of it beside the truth."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

from tests.chaos.campaign import Daemon
from tests.chaos.comparison import Sums, shown, truth
from tests.chaos.failpoints import Point, Strike
from tests.chaos.world import MonthOfWork, Settings, settle
from tests.counted import STREAMS
from tests.e2e.processes import Process, Prometheus, wait_for

NEAR = Decimal("1e-6")
"""The page shows floats of exact decimals."""
IN_COMMITS = (Strike(Point.DURING_COMMIT, 4, 50), Strike(Point.AFTER_COMMIT, 3))
SEED = 20_261_128


class StruckMonth:
    """A stream in a simulated month, and those `beside` it; the `families` are compared with the truth."""

    def __init__(
        self,
        directory: Path,
        stream: str,
        families: Sequence[str],
        *,
        begin: int,
        developers: int,
        beside: Sequence[str] = (),
    ) -> None:
        streams = {name: STREAMS[name] for name in (stream, *beside)}
        self.month = MonthOfWork(directory, SEED, developers, begin=begin, streams=streams)
        self.daemon = Daemon(self.month, Random(17))
        self._directory = directory
        self._families = families
        self._process: Process | None = None
        self._prometheus: Prometheus | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._prometheus is not None:
            self._prometheus.stop()
        if self._process is not None:
            self._process.kill()
        self.month.stop()

    def begin(self, enough: Callable[[Mapping[str, Decimal]], bool]) -> None:
        """Start the daemon and Prometheus, and wait until it has scraped `enough` of the families."""
        self._process = self.daemon.start(Settings())
        self._prometheus = Prometheus(self._directory, self.daemon.port)
        self.daemon.wait_for_polls(1)
        self._prometheus.wait_for_scrape()
        # New series are held at 0 for a moment.
        wait_for("enough is scraped", lambda: enough(self.scraped()))

    def kill_in_a_read(self) -> None:
        before = self._requests()
        wait_for("something is asked for", lambda: self._requests() > before)
        assert self._process is not None
        self._process.kill()

    def kill_in_commits(self, passing: float) -> None:
        """Once before and once after one has ended, while `passing` seconds of the world pass each time."""
        for strike in IN_COMMITS:
            self._process = self.daemon.start(Settings(), strike)
            self.month.advance(passing)
            wait_for(f"it is struck {strike.point}", partial(_has_ended, self._process))

    def resume(self) -> None:
        """Start the daemon again, and wait for a poll."""
        self._process = self.daemon.start(Settings())
        wait_for("the page is back", self.daemon.page)
        self.daemon.wait_for_polls(1)

    def settle(
        self, polls: int, pay: Callable[[MonthOfWork], None] = lambda _: None
    ) -> tuple[Sums, Sums]:
        """Stop the vendors' time and let all be read: the truth and the page of the families.

        What is owed is paid by `pay` when nothing is corrected any more.
        """
        settle(self.month)
        pay(self.month)
        self.daemon.wait_for_polls(polls)
        return self._mine(truth(self.month)), self._mine(shown(self.daemon.page()))

    def scraped(self) -> dict[str, Decimal]:
        """What Prometheus has of each family."""
        assert self._prometheus is not None
        found = {name: self._prometheus.query(f"sum({name})") for name in self._families}
        return {name: Decimal(rows[0]["value"][1]) for name, rows in found.items() if rows}

    def assert_prometheus_has(self, true: Sums) -> None:
        """Prometheus has the sums of all families, and saw no counter fall."""
        assert self._prometheus is not None
        self._prometheus.wait_for_scrape()
        assert_near(self.scraped(), by_family(true))
        fell = {
            name: self._prometheus.query(f"sum(resets({name}[30m]))")[0]["value"][1]
            for name in self._families
        }
        assert set(fell.values()) == {"0"}, fell

    def _mine(self, sums: Sums) -> Sums:
        return {key: value for key, value in sums.items() if key[0] in self._families}

    def _requests(self) -> int:
        return sum(request["count"] for request in self.month.simulator.requests())


def by_family(sums: Sums) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for (name, _), value in sums.items():
        found[name] = found.get(name, Decimal(0)) + value
    return found


def assert_near(ours: Mapping[str, Decimal], true: Mapping[str, Decimal]) -> None:
    """The same families with the same sums."""
    assert ours.keys() == true.keys()
    assert {n: (v, true[n]) for n, v in ours.items() if abs(v - true[n]) >= NEAR} == {}


def _has_ended(process: Process) -> bool:
    return not process.running
