"""A month in which the daemon is killed again and again, and what it counted at the end."""

import asyncio
import contextlib
import itertools
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random

from bench.ports import free_port
from exporter.model import DAY, HOUR
from tests.chaos.comparison import Key, Sums, differences, families, ledgers, promised, shown, truth
from tests.chaos.failpoints import Point, Strike
from tests.chaos.late_data import LateData
from tests.chaos.moves import Moves
from tests.chaos.watch import Watch
from tests.chaos.world import MonthOfWork, Settings, settle
from tests.counted import CHOICES, CountedStream
from tests.e2e.processes import Process, http, wait_for

SETTLING = 900.0
"""Seconds that the end is waited for, on a slow machine."""
_CHANGES = 0.15
"""How likely it is that a daemon starts with other settings than the one before."""


class Daemon:
    """The daemon of the campaign; each start may be given the strike that ends it."""

    def __init__(self, month: MonthOfWork, chance: Random) -> None:
        self.port = free_port()
        self._month = month
        self._chance = chance

    def start(self, settings: Settings, strike: Strike | None = None) -> Process:
        arguments = [
            *(sys.executable, "-m", "tests.chaos.daemon"),
            f"--config.file={self._month.configuration(settings)}",
            f"--port={self.port}",
            f"--clock={self._month.clock_file}",
            f"--seed={self._chance.getrandbits(32)}",
        ]
        if strike is not None:
            arguments.append(f"--strike={strike}")
        return Process(arguments, self._month.directory / "exporter.log")

    def page(self) -> str:
        return http.get(f"http://127.0.0.1:{self.port}/metrics", timeout=60).text

    def polled(self) -> Counter[str]:
        """How often each stream was polled by this process."""
        return _by_stream(self.page(), "usage_exporter_polls_total")

    def well(self) -> set[str]:
        """The streams whose last poll went well."""
        states = _by_stream(self.page(), "usage_exporter_stream_state", 'state="ok"')
        states += _by_stream(self.page(), "usage_exporter_stream_state", 'state="empty"')
        return {stream for stream, value in states.items() if value}

    def wait_for_polls(self, times: int) -> None:
        """Until every stream has had so many more polls and the last one went well."""
        before, streams = self.polled(), self._month.streams.keys()
        deadline = time.monotonic() + SETTLING
        while True:
            polled, well = self.polled(), self.well()
            late = {s for s in streams if polled[s] < before[s] + times}
            if not late and well >= streams:
                return
            assert time.monotonic() < deadline, f"late: {late}, not well: {streams - well}"
            time.sleep(0.2)


def _by_stream(page: str, metric: str, label: str = "") -> Counter[str]:
    found: Counter[str] = Counter()
    for line in page.splitlines():
        if line.startswith(f"{metric}{{") and label in line:
            vendor, stream = (_label(line, name) for name in ("vendor", "stream"))
            found[f"{vendor}/{stream}"] += int(float(line.rpartition(" ")[2]))
    return found


def _label(line: str, name: str) -> str:
    return line.split(f'{name}="')[1].split('"')[0]


@dataclass(slots=True)
class Report:
    """The figures of a campaign."""

    seed: int
    days: int
    kills: Counter[str] = field(default_factory=Counter)
    restarts: list[float] = field(default_factory=list)
    scrapes: int = 0
    series: int = 0
    debts: Decimal = Decimal(0)
    strayed: Decimal = Decimal(0)
    units: Decimal = Decimal(0)
    dollars: Decimal = Decimal(0)
    owed: int = 0
    wrong: dict[Key, tuple[Decimal, Decimal]] = field(default_factory=dict)
    falls: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def commits_struck(self) -> int:
        return sum(self.kills[point] for point in Point)

    def text(self) -> str:
        """As it is printed."""
        off = [abs(ours - true) for ours, true in self.wrong.values()]
        lines = {
            "seed": self.seed,
            "simulated": f"{self.days} days in {self.seconds:.0f} s",
            "kills": self.kills.total(),
            "kills in commits": self.commits_struck,
            **{f"  {point}": self.kills[point] for point in Point},
            "kills elsewhere": self.kills.total() - self.commits_struck,
            "restart until it serves": (
                f"median {statistics.median(self.restarts):.2f} s, "
                f"slowest {max(self.restarts):.2f} s"
            ),
            "scrapes": self.scrapes,
            "counters that fell": len(self.falls),
            "series compared": self.series,
            "series that owe": self.owed,
            "units owed": f"{self.debts:,}",
            "units of another series": f"{self.strayed:,}",
            "units counted": f"{self.units:,}",
            "dollars counted": f"{self.dollars:,.2f}",
            "series wrong": len(self.wrong),
            "units wrong": sum(off, Decimal(0)),
        }
        return "\n".join(f"{name:<24} {value}" for name, value in lines.items())


class Campaign:
    """One run; `longest` bounds the seconds that a daemon lives where no strike ends it."""

    def __init__(
        self,
        directory: Path,
        kills: int,
        seed: int,
        *,
        days: int = 30,
        developers: int = 12,
        longest: float = 2.0,
        streams: Mapping[str, CountedStream] = CHOICES[-1],
    ) -> None:
        self._kills = kills
        self._longest = longest
        self._chance = Random(seed)
        self._month = MonthOfWork(directory, seed, developers, streams=streams)
        self._daemon = Daemon(self._month, self._chance)
        self._late = LateData(self._month, self._chance)
        self._moves = Moves(self._month, self._chance)
        self._settings = Settings()
        self._strikes = list(itertools.islice(self._plan(), kills))
        self.report = Report(seed, days)

    def run(self, say: Callable[[str], None] = lambda _: None) -> Report:
        """Kill the daemon through a month, let it settle, compare."""
        begun = time.monotonic()
        self._watch = Watch(self._daemon.port)
        try:
            self._live_through(say)
            true, page = self._settle()
            self._compare(true, page)
        finally:
            self._watch.stop()
            self._month.stop()
        self.report.seconds = time.monotonic() - begun
        self.report.scrapes = self._watch.scrapes
        self.report.falls += self._watch.wrongs
        return self.report

    def _live_through(self, say: Callable[[str], None]) -> None:
        first = max(1, self._kills // 20)
        for _ in range(first):
            self._live(0)
        # Counting begins with the first day: each stream must have read it before it ends.
        with self._running():
            self._daemon.wait_for_polls(1)
            self._wait_for_beginnings()
        rest = self._kills - first
        forming = {first + rest // 3, first + 2 * rest // 3}
        for number in range(first, self._kills):
            if number in forming:
                self._form_team()
            if self._chance.random() < _CHANGES:
                self._settings = Settings.drawn(self._chance)
            self._live(self.report.days * DAY / rest)
            if (number + 1) % 25 == 0:
                say(f"{number + 1} kills")

    def _wait_for_beginnings(self) -> None:
        """Until every family counts: then no other `history` can say how it begins."""
        while True:
            # An export is only made when it is asked for, and takes its time.
            self._month.advance(HOUR)
            self._daemon.wait_for_polls(1)
            if families(self._month) <= {name for name, _ in shown(self._daemon.page())}:
                return

    def _form_team(self) -> None:
        """Where only what follows is counted of a new team, its people take nothing along to it."""
        with self._running():
            self._moves.form_team()
            # The first began before.
            self._daemon.wait_for_polls(2)

    def _live(self, passing: float) -> None:
        """One life of the daemon, from its start to its kill, while world time passes."""
        strike = self._strikes.pop()
        self._watch.answered.clear()
        started = time.monotonic()
        process = self._daemon.start(self._settings, strike)
        try:
            self._pass(passing)
            lasting = self._chance.uniform(0, self._longest)
            if strike is not None:
                # It comes with its commit; where none comes, it is as if there were no strike.
                self._wait_until_served(process, started)
                lasting = SETTLING
            elif self._chance.random() < 0.8:
                self._wait_until_served(process, started)
            deadline = time.monotonic() + lasting
            while process.running and time.monotonic() < deadline:
                time.sleep(0.005)
            self.report.kills[strike.point if strike else "elsewhere"] += 1
            assert strike is None or not process.running, f"never struck: {strike}"
            assert strike is not None or process.running, process.output.read_text("utf-8")[-2000:]
        finally:
            process.kill()

    def _pass(self, seconds: float) -> None:
        if not seconds:
            return
        part = self._chance.random()
        self._month.advance(seconds * part)
        self._late.happen()
        self._moves.happen()
        time.sleep(self._chance.uniform(0, self._longest / 3))
        self._month.advance(seconds * (1 - part))

    def _wait_until_served(self, process: Process, started: float) -> None:
        while process.running and not self._watch.answered.wait(0.005):
            if time.monotonic() > started + SETTLING:
                raise AssertionError(f"no page: {process.output.read_text('utf-8')[-2000:]}")
        if self._watch.answered.is_set():
            self.report.restarts.append(self._watch.answered_at - started)

    def _plan(self) -> Iterator[Strike | None]:
        """Every point of a commit, and twice none: in turns, each time in another order."""
        while True:
            turn = [*Point, None, None]
            self._chance.shuffle(turn)
            for point in turn:
                deepest = 3_000 if point is Point.DURING_COMMIT else 300
                depth = int(deepest * self._chance.random() ** 3)
                transaction = self._chance.randrange(2, 12)
                yield Strike(point, transaction, depth) if point else None

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        """A daemon that nobody strikes, from its first page to its good end."""
        process = self._daemon.start(Settings())
        try:
            wait_for("the page", self._daemon.page, SETTLING)
            yield
            assert process.stop() == 0, process.output.read_text("utf-8")[-2000:]
        finally:
            process.kill()

    def _settle(self) -> tuple[Sums, Sums]:
        """The truth and the page when the world stands still and all of it was read."""
        with self._running():
            self._moves.settle()
            settle(self._month)
            # The first began before; what was born in the second has ended its hold in the third.
            self._daemon.wait_for_polls(3)
            return truth(self._month), shown(self._daemon.page())

    def _compare(self, true: Sums, page: Sums) -> None:
        found = asyncio.run(ledgers(self._month.state))
        report = self.report
        report.wrong = differences(promised(found.net), promised(true))
        report.strayed = sum(
            (
                max(Decimal(0), ours - right)
                for ours, right in differences(found.net, true).values()
            ),
            Decimal(0),
        )
        report.falls += [
            f"the page shows {ours} of {name}{dict(labels)}, the state holds {kept}"
            for (name, labels), (ours, kept) in differences(page, found.counters).items()
        ]
        report.series = len(true.keys() | page.keys())
        report.debts = sum(found.debts.values(), Decimal(0))
        report.owed = sum(debt > 0 for debt in found.debts.values())
        for (name, _), value in true.items():
            if "_usd_" in name:
                report.dollars += value
            else:
                report.units += value
