"""The families that every assistant feeds, so that vendors can be compared."""

from exporter.model import Kind, Metric, Scope

DAILY_ACTIVE_USERS = Metric(
    "assistant_daily_active_users",
    Kind.GAUGE,
    "People who used the assistant on the newest settled UTC day; each vendor counts in its own way.",
    scope=Scope.VENDOR_ACCOUNT,
)
SEATS = Metric(
    "assistant_seats",
    Kind.GAUGE,
    "Seats of the assistant that are assigned or licensed, as last polled.",
    scope=Scope.VENDOR_ACCOUNT,
)
SUGGESTIONS = Metric(
    "assistant_suggestions_total",
    Kind.COUNTER,
    "Suggestions that the assistant showed, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
ACCEPTANCES = Metric(
    "assistant_acceptances_total",
    Kind.COUNTER,
    "Suggestions or changes of the assistant that people accepted, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
LINES_ACCEPTED = Metric(
    "assistant_lines_accepted_total",
    Kind.COUNTER,
    "Lines of the assistant that people accepted, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
CHAT_INTERACTIONS = Metric(
    "assistant_chat_interactions_total",
    Kind.COUNTER,
    "Prompts that people sent to the assistant's chat, as late as the vendor's usage data.",
    scope=Scope.VENDOR_ACCOUNT,
)
COST = Metric(
    "assistant_cost_usd_total",
    Kind.COUNTER,
    "What the assistant cost in US dollars, as late as the vendor's billing data.",
    scope=Scope.VENDOR_ACCOUNT,
)
