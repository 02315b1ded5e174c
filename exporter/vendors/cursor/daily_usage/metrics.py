"""The families of `daily_usage`."""

from typing import NamedTuple

from exporter.streams import common_metrics, kit

API = "Cursor daily usage data, polled; by UTC day, the last hours still move"


class Family(NamedTuple):
    """A counter of the team and that of its people, with the field of each combination of labels."""

    team: kit.Group
    people: kit.Group
    fields: dict[tuple[str, ...], str]


def _family(
    name: str, told: str, labels: tuple[str, ...], fields: dict[tuple[str, ...], str]
) -> Family:
    by_user = name.replace("cursor_", "cursor_user_", 1)
    return Family(
        kit.Group.counters({name: told}, api=API, labels=labels, foldable_labels=()),
        kit.Group.counters(
            {by_user: f"{told}, by user"},
            api=API,
            labels=("user", *labels),
            foldable_labels=("user",),
            people=True,
        ),
        fields,
    )


FAMILIES = (
    _family(
        "cursor_lines_total",
        "Lines that the AI suggested, and those of them that people accepted",
        ("stage", "change"),
        {
            ("suggested", "added"): "total_lines_added",
            ("suggested", "deleted"): "total_lines_deleted",
            ("accepted", "added"): "accepted_lines_added",
            ("accepted", "deleted"): "accepted_lines_deleted",
        },
    ),
    _family(
        "cursor_applies_total",
        "Changes that the AI offered to apply",
        ("decision",),
        {
            ("accepted",): "total_accepts",
            ("rejected",): "total_rejects",
            ("undecided",): "undecided_applies",
        },
    ),
    _family(
        "cursor_requests_total",
        "Requests by the mode in which people made them; no units of a bill",
        ("mode",),
        {
            ("composer",): "composer_requests",
            ("chat",): "chat_requests",
            ("agent",): "agent_requests",
            ("cmdk",): "cmdk_usages",
            ("bugbot",): "bugbot_usages",
        },
    ),
    _family(
        "cursor_billed_requests_total",
        "Requests by what they are billed to; how many they were, not what they cost",
        ("bucket",),
        {
            ("included",): "subscription_included_reqs",
            ("usage_based",): "usage_based_reqs",
            ("api_key",): "api_key_reqs",
        },
    ),
)
CHATS = kit.Group(common_metrics.CHAT_INTERACTIONS)
COUNTERS = (
    *(metric for family in FAMILIES for metric in family.team.metrics),
    *(metric for family in FAMILIES for metric in family.people.metrics),
    *CHATS.metrics,
)
