"""The one world that all simulated vendors speak of, a function of its seed and its time."""

from dataclasses import dataclass, field

from exporter.model import DAY
from exporter.simulator.changes import Change, ChangeSource
from exporter.simulator.commits import Commit, CommitSource
from exporter.simulator.event_log import EventLog
from exporter.simulator.people import hire
from exporter.simulator.traffic import Lag, Traffic
from exporter.simulator.world_clock import WorldClock

HISTORY_DAYS = 60
ENTERPRISE = "acme"
ORGANIZATION = "acme"

_REPOSITORY_NAMES = (
    *("api", "web", "mobile-app", "checkout", "ledger", "search", "recommendations", "identity"),
    *("gateway", "notifications", "billing", "warehouse", "pipelines", "dashboards", "terraform"),
    *("charts", "design-system", "sdk-python", "sdk-go", "docs", "playground", "fraud", "support"),
    *("release-tools", "benchmarks"),
)


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """The size and habits of a world; `commits_per_day` replaces the volume people would make."""

    seed: int = 1
    developers: int = 200
    commits_per_day: int | None = None
    lag: Lag = field(default_factory=Lag)

    def __post_init__(self) -> None:
        if self.developers < 1:
            raise ValueError(f"world: developers must be 1 or more, not {self.developers}")


class World:
    """The facts; what of them is visible depends on the clock, so they flow by themselves."""

    def __init__(self, settings: WorldSettings, clock: WorldClock) -> None:
        self.settings = settings
        self.clock = clock
        self.enterprise = ENTERPRISE
        self.organization = ORGANIZATION
        self.developers = hire(settings.seed, settings.developers)
        self.repositories = tuple(f"{ORGANIZATION}/{name}" for name in _REPOSITORY_NAMES)
        first_day = int(clock.time() // DAY) - HISTORY_DAYS
        self.first = first_day * DAY
        commit_source = CommitSource(
            settings.seed,
            self.developers,
            self.repositories,
            first_day,
            settings.commits_per_day,
        )
        change_source = ChangeSource(settings.seed, self.developers)
        self.commits: EventLog[Commit] = EventLog(commit_source.day, first_day)
        self.changes: EventLog[Change] = EventLog(change_source.day, first_day)
        self.traffic = Traffic(settings.seed, settings.developers, self.first, settings.lag)

    def quiet(self, since: float | None) -> None:
        """Produce no more data at or after `since`; None lifts it."""
        self.commits.quiet(since)
        self.changes.quiet(since)
        self.traffic.quiet(since)
