"""What an exporter must count, computed from the world and not from any vendor's answer."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeAlias

from exporter.model import DAY, OTHER, Window, floor
from exporter.simulator.world import billing_truth, claude_truth, member_days_truth, model_use_truth
from exporter.simulator.world.assistance import NOTHING, Figures
from exporter.simulator.world.callers import Caller
from exporter.simulator.world.event_log import E, EventLog
from exporter.simulator.world.legacy_copilot import Code, PersonDay, breakdown, told_breakdown
from exporter.simulator.world.report_truth import report_counts
from exporter.simulator.world.world import World

UNKNOWN = "unknown"
_CHARGEABLE = {True: "true", False: "false"}
_NEVER_MS = 10**15

Labels: TypeAlias = tuple[tuple[str, str], ...]
Count: TypeAlias = tuple[str, Labels, int | Decimal]


class Total(NamedTuple):
    """The sum of one series over all buckets that were asked for."""

    name: str
    labels: dict[str, str]
    value: int | Decimal


@dataclass(frozen=True, slots=True)
class View:
    """The world as of a moment, narrowed to the buckets that start in `window`."""

    world: World
    window: Window
    as_of: float

    def holds(self, created_ms: int) -> bool:
        """Whether an event falls in a UTC day of the window."""
        return floor(created_ms / 1000, DAY) in self.window


def totals(view: View) -> list[Total]:
    """All series with their totals; a series that counts nothing is left out."""
    counter: defaultdict[tuple[str, Labels], int | Decimal] = defaultdict(int)
    for count in COUNTS:
        for name, labels, value in count(view):
            counter[name, labels] += value
    return [
        Total(name, dict(labels), value)
        for (name, labels), value in sorted(counter.items())
        if value
    ]


def _newest(view: View, log: EventLog[E], identity: Callable[[E], Hashable]) -> Iterator[E]:
    """Each thing once, as it was ingested last, where that was in the window."""
    # Older rows are out of the window and cannot be the newest of any row inside it.
    rows = log.between(view.window.start * 1000, _NEVER_MS, view.as_of)
    newest = {identity(row): row for row in rows}
    return (row for row in newest.values() if view.holds(row.created_ms))


def commit_counts(view: View) -> Iterator[Count]:
    """Each commit once, in the day of its newest ingestion."""
    for row in _newest(view, view.world.commits, lambda row: row.identity):
        primary = UNKNOWN if row.primary_branch is None else str(row.primary_branch).lower()
        labels = (("repository", row.repository or UNKNOWN), ("primary_branch", primary))
        yield "cursor_commits_total", labels, 1
        for source, added, deleted in (
            ("tab", row.tab_added, row.tab_deleted),
            ("composer", row.composer_added, row.composer_deleted),
            ("non_ai", row.non_ai_added, row.non_ai_deleted),
        ):
            labels_of_source = (*labels, ("source", source))
            yield "cursor_commit_lines_added_total", labels_of_source, added
            yield "cursor_commit_lines_deleted_total", labels_of_source, deleted


def change_counts(view: View) -> Iterator[Count]:
    """Each change once, and its lines by file extension."""
    for row in _newest(view, view.world.changes, lambda row: row.change_id):
        labels = (("source", row.source.lower()), ("model", row.model or UNKNOWN))
        yield "cursor_changes_total", labels, 1
        yield "cursor_change_lines_added_total", labels, row.total_added
        yield "cursor_change_lines_deleted_total", labels, row.total_deleted
        added, deleted = row.total_added, row.total_deleted
        for file in row.files:
            added, deleted = added - file.added, deleted - file.deleted
            yield from _file_lines(file.extension or UNKNOWN, file.added, file.deleted)
        yield from _file_lines(OTHER, max(0, added), max(0, deleted))


def _file_lines(extension: str, added: int, deleted: int) -> Iterator[Count]:
    labels = (("file_extension", extension),)
    yield "cursor_change_file_lines_added_total", labels, added
    yield "cursor_change_file_lines_deleted_total", labels, deleted


def usage_event_counts(view: View) -> Iterator[Count]:
    """Each usage event once, at the price that it has at the moment of the view."""
    events = view.world.usage_events.between(view.window.start * 1000, _NEVER_MS, view.as_of)
    for event in events:
        if not view.holds(event.created_ms):
            continue
        model, kind = ("model", event.model), ("kind", event.price.kind)
        yield "cursor_usage_events_total", (model, kind, ("actor", event.actor)), 1
        for token_kind, count in () if event.tokens is None else event.tokens._asdict().items():
            yield "cursor_tokens_total", (model, ("token_kind", token_kind)), count
        chargeable = ("chargeable", _CHARGEABLE[event.price.chargeable])
        dollars = event.price.cents / 100
        yield "cursor_charged_usd_total", (model, kind, chargeable), dollars
        yield "cursor_request_units_total", (model, kind), event.price.units


def traffic_counts(view: View) -> Iterator[Count]:
    """API requests as told at the moment of the view, and the rate-limited ones among them."""
    sums = view.world.traffic.sums(view.window.start, view.window.end, view.as_of)
    for sender, total in sums.total.items():
        for prefix, labels in _breakdowns(*sender):
            yield f"github_api_{prefix}requests_total", labels, total
            yield f"github_api_{prefix}rate_limited_requests_total", labels, sums.limited[sender]


def _breakdowns(caller: Caller, method: str, route: str) -> Iterator[tuple[str, Labels]]:
    actor = (("actor_type", caller.actor_type), ("actor_name", caller.actor_name))
    yield "", ()
    yield (
        "subject_",
        (("subject_type", caller.subject_type), ("subject_name", caller.subject_name)),
    )
    yield "actor_", (("actor_type", caller.actor_type), ("actor_id", str(caller.actor_id)))
    yield "route_", (*actor, ("http_method", method), ("api_route", route))
    if caller.subject_type == "user":
        yield "user_", (("user", caller.subject_name), *actor)


_ASSISTANCE_NAMES = (
    "completions",
    "completion_characters",
    "completion_lines",
    "keystrokes",
    "chat_interactions",
    "chat_useful_interactions",
    "chat_lines",
    "chat_characters",
)


def assistance_counts(view: View) -> Iterator[Count]:
    """The figures of everybody, and of each team's members under the name it has at the moment."""
    assistance, membership = view.world.assistance, view.world.membership
    everybody = range(len(membership.members))
    teams: dict[int | None, Figures] = {}
    for day in assistance.days(view.window.start, view.window.end, view.as_of):
        for person, figures in assistance.told(day, everybody, view.as_of):
            team = membership.members[person].team
            teams[team] = teams.get(team, NOTHING).plus(figures)
    for team, total in teams.items():
        for name in _ASSISTANCE_NAMES:
            value: int = getattr(total, name)
            yield f"tabnine_{name}_total", (), value
            if team is not None:
                labels = (("team_name", membership.name(team, view.as_of)),)
                yield f"tabnine_team_{name}_total", labels, value


def audit_counts(view: View) -> Iterator[Count]:
    """Each audit event once, by its type."""
    for event in view.world.audit.between(view.window.start * 1000, _NEVER_MS, view.as_of):
        if view.holds(event.created_ms):
            yield "tabnine_audit_events_total", (("event_type", event.type),), 1


def legacy_copilot_counts(view: View) -> Iterator[Count]:
    """The closed API's counts of everybody, and of each team that is large enough."""
    legacy = view.world.legacy_copilot
    for team in (None, *legacy.teams):
        prefix = "" if team is None else "team_"
        lead: Labels = () if team is None else (("team_slug", team),)
        for day, people in legacy.told(view.window.start, view.window.end, team, view.as_of):
            for name, labels, value in _legacy_day(day, people):
                yield f"github_copilot_usage_{prefix}{name}_total", lead + labels, value


def _legacy_day(day: int, people: Sequence[PersonDay]) -> Iterator[Count]:
    rows, told = breakdown(people), told_breakdown(day, breakdown(people)) or {}
    for (language, editor), code in rows.items():
        if (language, editor) not in told:
            language = editor = OTHER
        labels = (("language", language), ("editor", editor))
        yield from zip(Code._fields, (labels,) * len(code), code, strict=True)
    yield "chat_turns", (), sum(person.chats for person in people)
    yield "chat_acceptances", (), sum(person.insertions for person in people)


def copilot_report_counts(view: View) -> Iterator[Count]:
    """The days that have a Copilot usage report, as told at the moment of the view."""
    world = view.world
    called = partial(world.repository_moves.name, as_of=view.as_of)
    for report in world.copilot.reports(view.window.start, view.window.end, view.as_of):
        yield from report_counts(world.copilot, world.developers, report, called)


def billing_counts(view: View) -> Iterator[Count]:
    """Every line of the bill that is posted, in the day that it is for."""
    return billing_truth.billing_counts(view.world.billing, view.window, view.as_of)


def analytics_counts(view: View) -> Iterator[Count]:
    """What Cursor's Analytics API tells of each day."""
    return member_days_truth.analytics_counts(view.world.member_days, view.window, view.as_of)


def daily_usage_counts(view: View) -> Iterator[Count]:
    """What Cursor's daily usage data tell of each day."""
    return member_days_truth.daily_usage_counts(view.world.member_days, view.window, view.as_of)


def review_counts(view: View) -> Iterator[Count]:
    """Bugbot's reviews, the bugs that they found, and the cost of those that are billed."""
    for review in view.world.reviews.between(view.window.start * 1000, _NEVER_MS, view.as_of):
        if not view.holds(review.created_ms):
            continue
        billed = UNKNOWN if review.billed is None else str(review.billed).lower()
        yield "cursor_bugbot_reviews_total", (("billed", billed),), 1
        for severity in review.severities:
            labels = (("severity", severity or UNKNOWN),)
            yield "cursor_bugbot_bugs_found_total", labels, 1
        unlisted = review.bugs_found - len(review.severities)
        yield "cursor_bugbot_bugs_found_total", (("severity", UNKNOWN),), unlisted
        if review.billed and review.cost_cents is not None:
            yield "cursor_bugbot_cost_usd_total", (), review.cost_cents / 100


def cursor_audit_counts(view: View) -> Iterator[Count]:
    """Each audit event of the Cursor team once, by its type."""
    events = view.world.team_audit.between(view.window.start * 1000, _NEVER_MS, view.as_of)
    for event in events:
        if view.holds(event.created_ms):
            yield "cursor_audit_events_total", (("event_type", event.type),), 1


def model_use_counts(view: View) -> Iterator[Count]:
    """Requests to Claude models, as Anthropic's reports tell of them at the moment of the view."""
    return model_use_truth.model_use_counts(view.world.model_usage, view.window, view.as_of)


def claude_code_counts(view: View) -> Iterator[Count]:
    """What the Claude Code report tells of each day."""
    return claude_truth.claude_code_counts(view.world.claude_code, view.window, view.as_of)


def enterprise_counts(view: View) -> Iterator[Count]:
    """What people of the Claude Enterprise organization did on each day that is built."""
    return claude_truth.enterprise_counts(view.world.claude_enterprise, view.window, view.as_of)


def enterprise_usage_counts(view: View) -> Iterator[Count]:
    """What the Claude Enterprise organization is billed for each day."""
    enterprise = view.world.claude_enterprise
    return claude_truth.enterprise_usage_counts(enterprise, view.window, view.as_of)


COUNTS: tuple[Callable[[View], Iterator[Count]], ...] = (
    commit_counts,
    change_counts,
    usage_event_counts,
    traffic_counts,
    assistance_counts,
    audit_counts,
    billing_counts,
    legacy_copilot_counts,
    copilot_report_counts,
    analytics_counts,
    daily_usage_counts,
    review_counts,
    cursor_audit_counts,
    model_use_counts,
    claude_code_counts,
    enterprise_counts,
    enterprise_usage_counts,
)
