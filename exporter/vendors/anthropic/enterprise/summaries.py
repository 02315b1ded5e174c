"""Seats, invitations and active people of a Claude Enterprise organization, as Anthropic sums up a day."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.anthropic.vendor import ANALYTICS

SUMMARIES = kit.Endpoint("/v1/organizations/analytics/summaries", ANALYTICS)
SPAN = 7 * kit.DAY
"""How far back is asked, to have the newest day that is built."""
WINDOWS = "daily", "weekly", "monthly"
_API = "Claude Enterprise Analytics API, newest day that is built"

SEATS = kit.gauge("anthropic_enterprise_seats", f"Seats that are assigned ({_API}).")
INVITES = kit.gauge("anthropic_enterprise_pending_invites", f"Invitations that are open ({_API}).")
ACTIVE = kit.gauge(
    "anthropic_enterprise_active_users",
    "People who used a product, or any (product all), in the window (daily, weekly: 7 days, monthly: 28 to "
    f"30 days) that ends with the newest day; windows and products overlap ({_API}).",
    ("window", "product"),
    foldable_labels=(),
)
GAUGES = (SEATS, INVITES, ACTIVE, common_metrics.SEATS, common_metrics.DAILY_ACTIVE_USERS)


class Summary(msgspec.Struct, kw_only=True):
    """A day. What is null or absent is unknown; the counts of products that are not enabled are absent."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "daily_adoption_rate weekly_adoption_rate monthly_adoption_rate"
    )

    starting_at: str
    ending_at: str
    assigned_seat_count: kit.Count | None = None
    pending_invite_count: kit.Count | None = None
    daily_active_user_count: kit.Count | None = None
    weekly_active_user_count: kit.Count | None = None
    monthly_active_user_count: kit.Count | None = None
    chat_daily_active_user_count: kit.Count | None = None
    chat_weekly_active_user_count: kit.Count | None = None
    chat_monthly_active_user_count: kit.Count | None = None
    claude_code_daily_active_user_count: kit.Count | None = None
    claude_code_weekly_active_user_count: kit.Count | None = None
    claude_code_monthly_active_user_count: kit.Count | None = None
    cowork_daily_active_user_count: kit.Count | None = None
    cowork_weekly_active_user_count: kit.Count | None = None
    cowork_monthly_active_user_count: kit.Count | None = None
    claude_design_daily_active_user_count: kit.Count | None = None
    claude_design_weekly_active_user_count: kit.Count | None = None
    claude_design_monthly_active_user_count: kit.Count | None = None
    office_agent_daily_active_user_count: kit.Count | None = None
    office_agent_weekly_active_user_count: kit.Count | None = None
    office_agent_monthly_active_user_count: kit.Count | None = None
    science_daily_active_user_count: kit.Count | None = None
    science_weekly_active_user_count: kit.Count | None = None
    science_monthly_active_user_count: kit.Count | None = None
    claude_tag_daily_active_user_count: kit.Count | None = None
    claude_tag_weekly_active_user_count: kit.Count | None = None
    claude_tag_monthly_active_user_count: kit.Count | None = None
    chat_cowork_unified_daily_active_user_count: kit.Count | None = None
    chat_cowork_unified_weekly_active_user_count: kit.Count | None = None
    chat_cowork_unified_monthly_active_user_count: kit.Count | None = None

    def __post_init__(self) -> None:
        kit.checked("starting_at", kit.moment, self.starting_at)

    @property
    def day(self) -> int:
        return kit.floor(kit.moment(self.starting_at), kit.DAY)

    def samples(self) -> Iterator[kit.Sample]:
        """What is known of the day."""
        known = {
            SEATS: self.assigned_seat_count,
            common_metrics.SEATS: self.assigned_seat_count,
            INVITES: self.pending_invite_count,
            common_metrics.DAILY_ACTIVE_USERS: self.daily_active_user_count,
        }
        for metric, number in known.items():
            if number is not None:
                yield kit.Sample(metric, (), number)
        for window, product, field in _COUNTS:
            number = getattr(self, field)
            if number is not None:
                yield kit.Sample(ACTIVE, (window, product), number)


def _counts() -> Iterator[tuple[str, str, str]]:
    """Window, product and field of each count of people."""
    for field in Summary.__struct_fields__:
        for window in WINDOWS:
            end = f"{window}_active_user_count"
            if field.endswith(end):
                yield window, field.removesuffix(end).rstrip("_") or "all", field


_COUNTS = tuple(_counts())


class Summaries(msgspec.Struct, kw_only=True):
    """The days of a range, under the name of either version of the API."""

    ignored: ClassVar[frozenset[str]] = kit.names("next_page has_more")

    summaries: list[Summary] | None = None
    data: list[Summary] | None = None

    def __post_init__(self) -> None:
        if self.summaries is None and self.data is None:
            raise ValueError("neither `summaries` nor `data` is there")

    @property
    def days(self) -> Sequence[Summary]:
        return self.summaries or self.data or ()

    @property
    def newest(self) -> Summary | None:
        return max(self.days, key=lambda summary: summary.day, default=None)


def asked(since: float) -> kit.Request:
    """The days since one, up to the newest that is built."""
    return kit.Request(SUMMARIES, query={"starting_date": kit.iso_day(since)})
