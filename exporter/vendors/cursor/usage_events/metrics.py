"""The metrics of `usage_events`."""

from functools import partial

from exporter.streams import common_metrics, kit

API = "Cursor usage events, by UTC day; prices are corrected within the billing cycle"
TOKEN_KINDS = ("input", "output", "cache_write", "cache_read")

_counters = partial(kit.Group.counters, api=API)
REQUESTS = _counters(
    {"cursor_usage_events_total": "Requests to models, by who or what made them"},
    labels=("model", "kind", "actor"),
    foldable_labels=("model", "kind"),
)
TOKENS = _counters(
    {"cursor_tokens_total": "Tokens of requests whose tokens Cursor tells"},
    labels=("model", "token_kind"),
    foldable_labels=("model",),
)
CHARGED = _counters(
    {
        "cursor_charged_usd_total": "What requests cost in US dollars, use that is included valued too"
    },
    labels=("model", "kind", "chargeable"),
    foldable_labels=("model", "kind"),
    totals=(common_metrics.COST,),
)
UNITS = _counters(
    {"cursor_request_units_total": "Request units that requests took; no money"},
    labels=("model", "kind"),
)
USER_REQUESTS = _counters(
    {"cursor_user_usage_events_total": "Requests to models, by user"},
    labels=("user",),
    people=True,
)
USER_TOKENS = _counters(
    {"cursor_user_tokens_total": "Tokens of requests whose tokens Cursor tells, by user"},
    labels=("user", "token_kind"),
    foldable_labels=("user",),
    people=True,
)
USER_CHARGED = _counters(
    {"cursor_user_charged_usd_total": "What requests cost in US dollars, by user"},
    labels=("user",),
    people=True,
)
ALL_TOKENS = kit.Group(common_metrics.TOKENS)

COUNTED = (*REQUESTS.metrics, *USER_REQUESTS.metrics)
TOKENS_TOLD = (*TOKENS.metrics, *USER_TOKENS.metrics, *ALL_TOKENS.metrics)
MONEY = (*CHARGED.metrics, *USER_CHARGED.metrics, *CHARGED.totals)
METRICS = (*COUNTED, *TOKENS_TOLD, *MONEY, *UNITS.metrics)
