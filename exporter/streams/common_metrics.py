"""The families that every assistant feeds, so that vendors can be compared."""

from functools import partial

from exporter.model import Scope
from exporter.streams.table import counter, gauge

_gauge = partial(gauge, scope=Scope.VENDOR_ACCOUNT)
_counter = partial(counter, scope=Scope.VENDOR_ACCOUNT)

DAILY_ACTIVE_USERS = _gauge(
    "assistant_daily_active_users",
    "People who used the assistant on the newest settled UTC day; each vendor counts in its own way.",
)
SEATS = _gauge(
    "assistant_seats",
    "Seats of the assistant that are assigned or licensed, as last polled.",
)
SUGGESTIONS = _counter(
    "assistant_suggestions_total",
    "Suggestions that the assistant showed, as late as the vendor's usage data.",
)
ACCEPTANCES = _counter(
    "assistant_acceptances_total",
    "Suggestions or changes of the assistant that people accepted, as late as the vendor's usage data.",
)
LINES_ACCEPTED = _counter(
    "assistant_lines_accepted_total",
    "Lines of the assistant that people accepted, as late as the vendor's usage data.",
)
CHAT_INTERACTIONS = _counter(
    "assistant_chat_interactions_total",
    "Prompts that people sent to the assistant's chat, as late as the vendor's usage data.",
)
COST = _counter(
    "assistant_cost_usd_total",
    "What the assistant cost in US dollars, as late as the vendor's billing data.",
)
TOKENS = _counter(
    "assistant_tokens_total",
    "Tokens that the assistant's models took in, read from a cache or gave out, as late as the vendor's usage data.",
    ("token_kind",),
    foldable_labels=(),
)
