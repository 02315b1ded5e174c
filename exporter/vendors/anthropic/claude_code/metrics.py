"""The families of `claude_code`."""

from exporter.streams import common_metrics, kit

API = "Claude Code report of Anthropic's Admin API, polled; by UTC day, the last hour is missing"
_WHERE = ("customer_type", "terminal", "remote")
_COUNTS = {
    "sessions": "Sessions of Claude Code",
    "commits": "Commits that Claude Code made",
    "pull_requests": "Pull requests that Claude Code made",
}
_LINES = "Lines that Claude Code added or removed, and people accepted"
_TOKENS = "Tokens of Claude Code; each token has one kind"
_COST = "What the tokens of Claude Code would cost in US dollars by the price list: an estimate, no bill"


def _of_people(helps: dict[str, str], labels: tuple[str, ...] = ()) -> kit.Group:
    """The families of people: an actor is a person, or an API key by its name."""
    return kit.Group.counters(
        {
            f"anthropic_claude_code_user_{name}_total": f"{text}, by user or API key"
            for name, text in helps.items()
        },
        api=API,
        labels=("user", "actor_type", *labels),
        foldable_labels=("user",),
        people=True,
    )


COUNTS = kit.Group.counters(
    {f"anthropic_claude_code_{name}_total": text for name, text in _COUNTS.items()},
    api=API,
    labels=_WHERE,
    foldable_labels=("terminal",),
)
LINES = kit.Group.counters(
    {"anthropic_claude_code_lines_total": _LINES},
    api=API,
    labels=(*_WHERE, "change"),
    foldable_labels=("terminal",),
)
DECISIONS = kit.Group.counters(
    {
        "anthropic_claude_code_tool_decisions_total": (
            "Changes that a tool of Claude Code proposed, by what people decided"
        )
    },
    api=API,
    labels=("tool", "decision"),
    foldable_labels=("tool",),
)
TOKENS = kit.Group.counters(
    {"anthropic_claude_code_tokens_total": _TOKENS},
    api=API,
    labels=("model", "token_kind"),
    foldable_labels=("model",),
)
ESTIMATED_COST = kit.Group.counters(
    {"anthropic_claude_code_estimated_cost_usd_total": _COST}, api=API, labels=("model",)
)
USER_COUNTS = _of_people(_COUNTS)
USER_LINES = _of_people({"lines": _LINES}, ("change",))
USER_TOKENS = _of_people({"tokens": _TOKENS}, ("token_kind",))
USER_COST = _of_people({"estimated_cost_usd": _COST})
LINES_ACCEPTED = kit.Group(common_metrics.LINES_ACCEPTED)
ACTIVE = kit.gauge(
    "anthropic_claude_code_active_actors",
    "People and API keys that used Claude Code on the newest whole UTC day, by actor_type (user, api_key); "
    f"each once, at however many terminals ({API}).",
    ("actor_type",),
    foldable_labels=(),
)

_GROUPS = (
    *(COUNTS, LINES, DECISIONS, TOKENS, ESTIMATED_COST, LINES_ACCEPTED),
    *(USER_COUNTS, USER_LINES, USER_TOKENS, USER_COST),
)
COUNTERS = tuple(metric for group in _GROUPS for metric in group.metrics)
GAUGES = (ACTIVE, common_metrics.DAILY_ACTIVE_USERS)
METRICS = (*COUNTERS, *GAUGES)
