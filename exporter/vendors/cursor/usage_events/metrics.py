"""The metrics of `usage_events`."""

from exporter.streams import common_metrics, kit

API = "Cursor usage events, by UTC day; prices are corrected within the billing cycle"
TOKEN_KINDS = ("input", "output", "cache_write", "cache_read")

REQUESTS = kit.Group.counters(
    {"cursor_usage_events_total": "Requests to models, by who or what made them"},
    api=API,
    labels=("model", "kind", "actor"),
    foldable_labels=("model", "kind"),
)
TOKENS = kit.Group.counters(
    {"cursor_tokens_total": "Tokens of requests whose tokens Cursor tells"},
    api=API,
    labels=("model", "token_kind"),
    foldable_labels=("model",),
)
CHARGED = kit.Group.counters(
    {
        "cursor_charged_usd_total": "What requests cost in US dollars, use that is included valued too"
    },
    api=API,
    labels=("model", "kind", "chargeable"),
    foldable_labels=("model", "kind"),
    totals=(common_metrics.COST,),
)
UNITS = kit.Group.counters(
    {"cursor_request_units_total": "Request units that requests took; no money"},
    api=API,
    labels=("model", "kind"),
)
USER_REQUESTS = kit.Group.counters(
    {"cursor_user_usage_events_total": "Requests to models, by user"},
    api=API,
    labels=("user",),
    people=True,
)
USER_TOKENS = kit.Group.counters(
    {"cursor_user_tokens_total": "Tokens of requests whose tokens Cursor tells, by user"},
    api=API,
    labels=("user", "token_kind"),
    foldable_labels=("user",),
    people=True,
)
USER_CHARGED = kit.Group.counters(
    {"cursor_user_charged_usd_total": "What requests cost in US dollars, by user"},
    api=API,
    labels=("user",),
    people=True,
)
ALL_TOKENS = kit.Group(common_metrics.TOKENS)

COUNTED = (*REQUESTS.metrics, *USER_REQUESTS.metrics)
TOKENS_TOLD = (*TOKENS.metrics, *USER_TOKENS.metrics, *ALL_TOKENS.metrics)
MONEY = (*CHARGED.metrics, *USER_CHARGED.metrics, *CHARGED.totals)
METRICS = (*COUNTED, *TOKENS_TOLD, *MONEY, *UNITS.metrics)
