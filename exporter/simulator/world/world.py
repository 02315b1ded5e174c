"""The one world that all simulated vendors speak of, a function of its seed and its time."""

from dataclasses import dataclass, field

from exporter.model import DAY
from exporter.simulator.world.assistance import Assistance
from exporter.simulator.world.audit import AuditEvent, AuditSource
from exporter.simulator.world.billing import Billing
from exporter.simulator.world.budgets import budgets
from exporter.simulator.world.bugbot import Review, ReviewSource
from exporter.simulator.world.changes import Change, ChangeSource
from exporter.simulator.world.claude_code import ClaudeCode
from exporter.simulator.world.claude_enterprise import ClaudeEnterprise
from exporter.simulator.world.commits import Commit, CommitSource
from exporter.simulator.world.console import Console
from exporter.simulator.world.copilot_activity import CopilotActivity
from exporter.simulator.world.event_log import EventLog
from exporter.simulator.world.exports import ExportDesk
from exporter.simulator.world.indexing import Indexing
from exporter.simulator.world.legacy_copilot import LegacyCopilot
from exporter.simulator.world.member_days import MemberDays
from exporter.simulator.world.membership import Membership
from exporter.simulator.world.model_use import ModelUsage
from exporter.simulator.world.organization import Organization
from exporter.simulator.world.people import TEAMS, hire
from exporter.simulator.world.repository_days import RepositoryDays
from exporter.simulator.world.repository_moves import RepositoryMoves
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seats import CopilotSeats
from exporter.simulator.world.spending import CursorTeam
from exporter.simulator.world.team_audit import TeamAuditEvent, TeamAuditSource
from exporter.simulator.world.traffic import Lag, Traffic
from exporter.simulator.world.usage_events import LATEST_PRICE, UsageEvent, UsageEventSource, told
from exporter.simulator.world.world_clock import WorldClock

HISTORY_DAYS = 60
ENTERPRISE = "acme"
ORGANIZATION = "acme"
SECOND_ORGANIZATION = "acme-labs"
LONE_ORGANIZATION = "acme-studio"
"""Of no enterprise, so that its bill is its own."""
_OF_LONE_ORGANIZATION = 14
"""How many of the people it has."""

_REPOSITORY_NAMES = (
    *("api", "web", "mobile-app", "checkout", "ledger", "search", "recommendations", "identity"),
    *("gateway", "notifications", "billing", "warehouse", "pipelines", "dashboards", "terraform"),
    *("charts", "design-system", "sdk-python", "sdk-go", "docs", "playground", "fraud", "support"),
    *("release-tools", "benchmarks"),
)


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """The size and habits of a world; `commits_per_day` replaces the volume people would make.

    `priced_again` says whether Cursor corrects the prices of usage events.
    """

    seed: int = 1
    developers: int = 200
    commits_per_day: int | None = None
    lag: Lag = field(default_factory=Lag)
    teams: int = len(TEAMS)
    priced_again: bool = True

    def __post_init__(self) -> None:
        if self.teams < 1:
            raise ValueError(f"world: teams must be 1 or more, not {self.teams}")
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
        start = clock.time()
        first_day = int(start // DAY) - HISTORY_DAYS
        self.first = first_day * DAY
        copilot, cursor, tabnine, claude = (
            Rollout(settings.seed, assistant, self.developers, self.first)
            for assistant in ("copilot", "cursor", "tabnine", "claude")
        )
        self.console = Console(claude, start)
        self.model_usage = ModelUsage(claude, self.console)
        self.claude_code = ClaudeCode(claude)
        self.claude_enterprise = ClaudeEnterprise(claude)
        self.repository_moves = RepositoryMoves()
        commit_source = CommitSource(cursor, self.repositories, settings.commits_per_day)
        change_source = ChangeSource(cursor)
        self.commits: EventLog[Commit] = EventLog(
            commit_source.day, first_day, self.repository_moves.told
        )
        self.changes: EventLog[Change] = EventLog(change_source.day, first_day)
        self.member_days = MemberDays(cursor)
        self.reviews: EventLog[Review] = EventLog(
            ReviewSource(cursor, self.repositories).day, first_day
        )
        self.team_audit: EventLog[TeamAuditEvent] = EventLog(TeamAuditSource(cursor).day, first_day)
        usage_event_source = UsageEventSource(cursor)
        self.usage_events: EventLog[UsageEvent] = EventLog(
            usage_event_source.day,
            first_day,
            told if settings.priced_again else None,
            settled=LATEST_PRICE,
        )
        self.cursor_team = CursorTeam(cursor, self.usage_events)
        self.cursor_organization = Organization(
            self.developers, self.cursor_team, self.usage_events, self.first
        )
        self.traffic = Traffic(settings.seed, settings.developers, self.first, settings.lag)
        organizations = (ORGANIZATION, SECOND_ORGANIZATION)
        self.copilot_seats = CopilotSeats(copilot, organizations, start)
        self.billing = Billing(copilot, organizations, self.repositories)
        self.lone_organization = LONE_ORGANIZATION
        studio = self.developers[:_OF_LONE_ORGANIZATION]
        self.lone_billing = Billing(
            Rollout(settings.seed + 1, "copilot", studio, self.first),
            (LONE_ORGANIZATION,),
            (f"{LONE_ORGANIZATION}/site",),
        )
        self.budgets = tuple(
            budgets(
                self.enterprise,
                self.billing.organizations,
                self.repositories,
                self.developers,
            )
        )
        self.exports = ExportDesk(self.first)
        self.membership = Membership(
            settings.seed, self.developers, settings.teams, self.first, start
        )
        self.assistance = Assistance(tabnine, self.membership.members)
        audit_source = AuditSource(settings.seed, self.developers, self.membership)
        self.audit: EventLog[AuditEvent] = EventLog(audit_source.day, first_day)
        self.legacy_copilot = LegacyCopilot(copilot)
        repository_days = RepositoryDays(settings.seed, self.repositories)
        self.copilot = CopilotActivity(copilot, repository_days)
        self.indexing = Indexing(settings.seed, len(self.membership.teams), self.repositories)

    def quiet(self, since: float | None) -> None:
        """Produce no more data at or after `since`; None lifts it."""
        self.claude_code.quiet(since)
        self.claude_enterprise.quiet(since)
        self.commits.quiet(since)
        self.changes.quiet(since)
        self.member_days.quiet(since)
        self.reviews.quiet(since)
        self.team_audit.quiet(since)
        self.usage_events.quiet(since)
        self.traffic.quiet(since)
        self.billing.quiet(since)
        self.copilot_seats.quiet(since)
        self.assistance.quiet(since)
        self.legacy_copilot.quiet(since)
        self.copilot.quiet(since)
        self.audit.quiet(since)
        self.model_usage.quiet(since)
