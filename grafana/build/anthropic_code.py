"""What people and API keys do with Claude Code, and what that would cost by the price list."""

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import a_day, in_range, increase

_LATE = "By UTC day, an hour late; what people do with subscriptions may be missing."
_DAY = f"Each point is the sum of the 24 hours before it. {_LATE}"
_WHOLE = "Of the newest whole UTC day: few after a weekend."
_NO_BILL = (
    "An estimate by the price list, also of what a subscription includes. It is no bill: what was billed of it is in "
    "the bill above, so do not add them."
)
_ESTIMATED = "anthropic_claude_code_estimated_cost_usd_total"
_ADDED = 'anthropic_claude_code_lines_total{@, change="added"}'
_DECISIONS = "anthropic_claude_code_tool_decisions_total"


def _accepted(by: str, window: str) -> str:
    accepted = increase(f'{_DECISIONS}{{@, decision="accepted"}}', by, window)
    return f"{accepted} / ({increase(_DECISIONS, by, window)} > 0)"


def _in_range(title: str, what: str) -> Stat:
    metric = f"anthropic_claude_code_{what}_total"
    return Stat(
        title=title,
        height=4,
        note=f"In the time range. {_LATE}",
        query=Query(f"sum(increase({metric}{{@}}[$__range]))"),
    )


def _active(title: str, actor_type: str, who: str) -> Stat:
    return Stat(
        title=title,
        height=4,
        note=f"{who} that used Claude Code, each once. {_WHOLE} Unknown where the report has no rows at all.",
        missing="unknown",
        query=Query(f'sum(anthropic_claude_code_active_actors{{@, actor_type="{actor_type}"}})'),
    )


WORK = Row(
    "Claude Code",
    (
        _active("People at work", "user", "People"),
        _active("API keys at work", "api_key", "API keys"),
        _in_range("Sessions", "sessions"),
        _in_range("Commits", "commits"),
        _in_range("Pull requests", "pull_requests"),
        Stat(
            title="Changes accepted",
            height=4,
            note=f"Of the changes that tools proposed in the time range. {_LATE}",
            unit="percentunit",
            query=Query(_accepted("job", "$__range")),
        ),
        Lines(
            title="Active people and API keys",
            note=f"Each once, at however many terminals. {_WHOLE}",
            queries=(
                Query(
                    "sum by (actor_type) (anthropic_claude_code_active_actors{@})", "{{actor_type}}"
                ),
            ),
        ),
        Lines(
            title="Lines a day",
            note=f"Lines that Claude Code added or removed, and people accepted. {_DAY}",
            queries=(a_day("anthropic_claude_code_lines_total", "change"),),
        ),
        Lines(
            title="Sessions a day by terminal",
            note=f"Remote sessions are among them. {_DAY}",
            stacked=True,
            queries=(a_day("anthropic_claude_code_sessions_total", "terminal"),),
        ),
        Lines(
            title="Changes proposed a day",
            note=f"By what people decided. {_DAY}",
            stacked=True,
            queries=(a_day(_DECISIONS, "decision"),),
        ),
        Table(
            title="Tools",
            note=f"Changes that each tool proposed in the time range. {_LATE}",
            keys={"tool": "Tool"},
            width=8,
            columns=(
                Column("Proposed", in_range(_DECISIONS, "tool")),
                Column("Accepted", _accepted("tool", "$__range"), "percentunit"),
            ),
        ),
        Table(
            title="Who pays for sessions",
            note=f"In the time range: the API's bill, or a subscription. {_LATE}",
            keys={"customer_type": "Paid by", "remote": "Remote"},
            width=8,
            columns=(
                Column(
                    "Sessions",
                    in_range("anthropic_claude_code_sessions_total", "customer_type, remote"),
                ),
                Column(
                    "Lines", in_range("anthropic_claude_code_lines_total", "customer_type, remote")
                ),
            ),
        ),
    ),
)

ESTIMATE = Row(
    "Claude Code: an estimate, no bill",
    (
        Stat(
            title="Estimated cost",
            note=f"In the time range. {_NO_BILL}",
            unit="currencyUSD",
            query=Query(f"sum(increase({_ESTIMATED}{{@}}[$__range]))"),
        ),
        Stat(
            title="Estimate for 1,000 lines",
            note=f"Estimated cost of the time range for a thousand added lines that people accepted. {_NO_BILL}",
            unit="currencyUSD",
            query=Query(
                f"1000 * {increase(_ESTIMATED, 'job', '$__range')}"
                f" / ({increase(_ADDED, 'job', '$__range')} > 0)"
            ),
        ),
        Lines(
            title="Estimated dollars a day by model",
            note=f"{_NO_BILL} {_DAY}",
            unit="currencyUSD",
            stacked=True,
            queries=(a_day(_ESTIMATED, "model"),),
        ),
        Table(
            title="Claude Code by model",
            note=f"In the time range. {_NO_BILL} Its tokens are in the tokens above, too. {_LATE}",
            keys={"model": "Model"},
            width=8,
            columns=(
                Column("Estimate", in_range(_ESTIMATED, "model"), "currencyUSD"),
                Column("Tokens", in_range("anthropic_claude_code_tokens_total", "model")),
            ),
        ),
    ),
)
