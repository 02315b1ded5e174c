"""What the people of a Claude Enterprise organization did on a day, summed up: nobody is named."""

from collections.abc import Iterable
from typing import ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.anthropic.pages import Report
from exporter.vendors.anthropic.vendor import ANALYTICS

USERS = kit.Endpoint("/v1/organizations/analytics/users", ANALYTICS)
ROWS_A_PAGE = 1_000
_API = "Claude Enterprise Analytics API, by UTC day; a day is built at 10:00 of the next and revised after"

CHAT = kit.Group(
    kit.Metric(
        "anthropic_enterprise_chat_messages_total",
        kit.MetricType.COUNTER,
        f"Messages that people sent in chats ({_API}).",
    )
)
CHAT_INTERACTIONS = kit.Group(common_metrics.CHAT_INTERACTIONS)
CODE = kit.Group.counters(
    {
        "anthropic_enterprise_claude_code_commits_total": "Commits that Claude Code made",
        "anthropic_enterprise_claude_code_pull_requests_total": "Pull requests that Claude Code made",
    },
    api=_API,
)
LINES = kit.Group.counters(
    {
        "anthropic_enterprise_claude_code_lines_total": (
            "Lines that Claude Code added or removed, and people accepted"
        )
    },
    api=_API,
    labels=("change",),
    foldable_labels=(),
)
LINES_ACCEPTED = kit.Group(common_metrics.LINES_ACCEPTED)
DECISIONS = kit.Group.counters(
    {
        "anthropic_enterprise_claude_code_tool_decisions_total": (
            "Changes that a tool of Claude Code proposed, by what people decided"
        )
    },
    api=_API,
    labels=("tool", "decision"),
    foldable_labels=("tool",),
)
_CHAT_COUNTERS = (*CHAT.metrics, *CHAT_INTERACTIONS.metrics)
_CODE_COUNTERS = (*CODE.metrics, *LINES.metrics, *LINES_ACCEPTED.metrics, *DECISIONS.metrics)
COUNTERS = (*_CHAT_COUNTERS, *_CODE_COUNTERS)


class Chat(msgspec.Struct, kw_only=True):
    """Chats; distinct counts cannot be added up, so they are not read."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "thinking_message_count connectors_used_count distinct_conversation_count "
        "distinct_files_uploaded_count distinct_artifacts_created_count distinct_projects_created_count "
        "distinct_projects_used_count distinct_skills_used_count distinct_connectors_used_count "
        "distinct_shared_artifacts_viewed_count shared_conversations_viewed_count"
    )

    message_count: kit.Count


class CodeLines(msgspec.Struct, kw_only=True):
    """Lines of code."""

    added_count: kit.Count
    removed_count: kit.Count


class Core(msgspec.Struct, kw_only=True):
    """What came of the sessions of Claude Code, which are distinct and so not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("distinct_session_count artifacts_created_count")

    commit_count: kit.Count
    pull_request_count: kit.Count
    lines_of_code: CodeLines


class Decisions(msgspec.Struct, kw_only=True):
    """What was decided of the changes that a tool proposed."""

    accepted_count: kit.Count
    rejected_count: kit.Count


class Code(msgspec.Struct, kw_only=True):
    """Claude Code."""

    core_metrics: Core
    tool_actions: dict[str, Decisions] | None = None


class Person(msgspec.Struct, kw_only=True):
    """Whose row it is: who comes twice is counted once; the address is not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("email_address type")

    id: str | None = None


class UserDay(msgspec.Struct, kw_only=True):
    """A person's day: zeros, not nulls, where nothing was done."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "last_activity_date cowork_metrics design_metrics office_metrics science_metrics "
        "claude_tag_metrics chat_cowork_unified_metrics web_search_count rbac_group_id"
    )

    user: Person | None = None
    chat_metrics: Chat
    claude_code_metrics: Code | None = None


class UsersPage(Report, kw_only=True):
    """A page of people."""

    data: list[UserDay]


class DaySums:
    """Sums over the people of a day."""

    def __init__(self, day: kit.Window) -> None:
        self.rows = 0
        self._day = day
        self._tally = kit.Tally()
        self._seen: set[str] = set()
        self._code_is_told = False

    def add(self, rows: Iterable[UserDay]) -> None:
        for row in rows:
            identity = None if row.user is None else row.user.id
            if identity is not None and identity in self._seen:
                continue
            if identity is not None:
                self._seen.add(identity)
            self._count(row)

    def samples(self) -> list[kit.Sample]:
        return [*self._tally.samples()]

    @property
    def coverage(self) -> kit.Coverage:
        """What the rows speak for: of Claude Code nothing is known where no row tells of it."""
        told = COUNTERS if self._code_is_told or not self.rows else _CHAT_COUNTERS
        return kit.Coverage(told, self._day)

    def _add(self, group: kit.Group, labels: tuple[str, ...], *values: int) -> None:
        self._tally.add(group, labels, self._day.start, values)

    def _count(self, row: UserDay) -> None:
        self.rows += 1
        self._add(CHAT, (), row.chat_metrics.message_count)
        self._add(CHAT_INTERACTIONS, (), row.chat_metrics.message_count)
        if row.claude_code_metrics is not None:
            self._code_is_told = True
            self._count_code(row.claude_code_metrics)

    def _count_code(self, code: Code) -> None:
        core = code.core_metrics
        self._add(CODE, (), core.commit_count, core.pull_request_count)
        self._add(LINES, ("added",), core.lines_of_code.added_count)
        self._add(LINES, ("removed",), core.lines_of_code.removed_count)
        self._add(LINES_ACCEPTED, (), core.lines_of_code.added_count)
        for tool, decisions in (code.tool_actions or {}).items():
            self._add(DECISIONS, (tool, "accepted"), decisions.accepted_count)
            self._add(DECISIONS, (tool, "rejected"), decisions.rejected_count)


def asked(day: float) -> kit.Request:
    """Everybody on a UTC day."""
    return kit.Request(USERS, query={"date": kit.iso_day(day)})
