"""Who works with Cursor, with which of its parts, and what they take of what it offers."""

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import by_day, counted, in_range, increase, total

_SETTLED = "Of the newest settled UTC day: yesterday or the day before, few after a weekend."
_LATE = "By UTC day; the last two days still move."
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_NAMED = f"In the time range, the 20 most used, by the names that people gave. {_LATE}"
_SEATS = 'sum(cursor_members{@, role!="free-owner"})'


def _accepted(metric: str) -> str:
    accepted = increase(f'{metric}{{@, decision="accepted"}}', "job", "7d")
    return f"clamp_max({accepted} / ({increase(metric, 'job', '7d')} > 0), 1)"


def _most_used(title: str, metric: str, keys: dict[str, str], heading: str, width: int) -> Table:
    used = in_range(metric, ", ".join(keys))
    return Table(
        title=title,
        note=_NAMED,
        keys=keys,
        width=width,
        columns=(Column(heading, f"topk(20, {used})"),),
    )


PEOPLE = Row(
    "People at work",
    (
        Stat(
            title="Members",
            note="Of the team, without free owners, who take no seat, as last polled.",
            query=Query(_SEATS),
        ),
        Stat(
            title="Active people",
            note=f"On any surface. {_SETTLED}",
            query=Query('sum(cursor_active_users{@, surface="all"})'),
        ),
        Lines(
            title="Active people by surface",
            note=f"Somebody on two surfaces is in both, and once in all: they cannot be added up. {_SETTLED}",
            queries=(Query("sum by (surface) (cursor_active_users{@})", "{{surface}}"),),
        ),
        by_day(
            "Requests a day by mode",
            f"As people made them; one is no unit of a bill. {_DAY}",
            "cursor_requests_total",
            "mode",
        ),
        Table(
            title="Roles",
            note="Members by role, without those who were removed, as last polled.",
            keys={"role": "Role"},
            width=6,
            height=6,
            columns=(Column("Members", "sum by (role) (cursor_members{@})"),),
        ),
        Table(
            title="Versions",
            note=f"People by the version of Cursor that they used. {_SETTLED}",
            keys={"version": "Version"},
            width=6,
            height=6,
            columns=(Column("People", "sum by (version) (cursor_client_version_users{@})"),),
        ),
        Table(
            title="Models by messages",
            note="In the time range, with uses of plan and ask mode; default is Auto. From the analytics, which counts "
            f"what people say and not what that costs. {_LATE}",
            keys={"model": "Model"},
            height=6,
            columns=counted(
                "model",
                {
                    "Messages": "cursor_model_messages_total",
                    "Plan": "cursor_plan_uses_total",
                    "Ask": "cursor_ask_uses_total",
                },
            ),
        ),
    ),
)

OFFERS = Row(
    "Agent, Tab and tools",
    (
        Lines(
            title="Accepted, 7 days",
            note="Diffs of the agent and completions of Tab that people accepted, for all that were suggested; those "
            f"that were neither accepted nor rejected are among them. {_LATE}",
            unit="percentunit",
            maximum=1,
            queries=(
                Query(_accepted("cursor_agent_diffs_total"), "agent's diffs"),
                Query(_accepted("cursor_tab_suggestions_total"), "Tab's completions"),
            ),
        ),
        *(
            by_day(
                f"{what} a day",
                f"Undecided is what was neither accepted nor rejected. {_DAY}",
                metric,
                "decision",
            )
            for what, metric in (
                ("The agent's diffs", "cursor_agent_diffs_total"),
                ("Tab's completions", "cursor_tab_suggestions_total"),
            )
        ),
        _most_used(
            "MCP tools", "cursor_mcp_calls_total", {"server": "Server", "tool": "Tool"}, "Calls", 8
        ),
        _most_used("Commands", "cursor_command_uses_total", {"command": "Command"}, "Uses", 8),
        _most_used("Skills", "cursor_skill_uses_total", {"skill": "Skill"}, "Uses", 8),
    ),
)

BUGBOT = Row(
    "Bugbot",
    (
        total(
            "Reviews",
            "In the time range, whether billed or not.",
            "cursor_bugbot_reviews_total",
        ),
        total(
            "Bugs found",
            "In the time range, of all severities.",
            "cursor_bugbot_bugs_found_total",
        ),
        total(
            "Cost of reviews",
            "Of billed reviews in the time range. They are usage events too: this is a part of the dollars above "
            "and not on top of them.",
            "cursor_bugbot_cost_usd_total",
            unit="currencyUSD",
        ),
        by_day(
            "Bugs found a day by severity",
            "By the UTC day of the review. Each point is the sum of the 24 hours before it.",
            "cursor_bugbot_bugs_found_total",
            "severity",
            width=12,
        ),
    ),
)
