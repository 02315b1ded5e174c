"""The families that every assistant feeds, so that vendors can be compared."""

from exporter.model import Metric, MetricType, Scope

DAILY_ACTIVE_USERS = Metric(
    "assistant_daily_active_users",
    MetricType.GAUGE,
    "People who used the assistant on the newest settled UTC day; each vendor counts in its own way.",
    scope=Scope.VENDOR_ACCOUNT,
)
SEATS = Metric(
    "assistant_seats",
    MetricType.GAUGE,
    "Seats of the assistant that are assigned or licensed, as last polled.",
    scope=Scope.VENDOR_ACCOUNT,
)
SUGGESTIONS = Metric(
    "assistant_suggestions_total",
    MetricType.COUNTER,
    "Suggestions that the assistant showed, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
ACCEPTANCES = Metric(
    "assistant_acceptances_total",
    MetricType.COUNTER,
    "Suggestions or changes of the assistant that people accepted, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
LINES_ACCEPTED = Metric(
    "assistant_lines_accepted_total",
    MetricType.COUNTER,
    "Lines of the assistant that people accepted, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
CHAT_INTERACTIONS = Metric(
    "assistant_chat_interactions_total",
    MetricType.COUNTER,
    "Prompts that people sent to the assistant's chat, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
COST = Metric(
    "assistant_cost_usd_total",
    MetricType.COUNTER,
    "What the assistant cost in US dollars, as late as the vendor's billing data.",
    scope=Scope.VENDOR_ACCOUNT,
)
TOKENS = Metric(
    "assistant_tokens_total",
    MetricType.COUNTER,
    "Tokens that the assistant's models took in, read from a cache or gave out, as late as the vendor's usage data.",
    ("token_kind",),
    scope=Scope.VENDOR_ACCOUNT,
    foldable_labels=(),
)
