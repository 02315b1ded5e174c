"""Stream `bugbot_reviews`: what Bugbot reviewed and found, and what its billed reviews cost.

A review counts in the UTC day of its time; its id is fixed. Which repository it was in is not read.
"""

from collections import Counter
from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import charge
from exporter.vendors.cursor.analytics import days
from exporter.vendors.cursor.pages import Paged, by_id, one_of_yesterday, ranges, rows_in
from exporter.vendors.cursor.rights import REVIEWS as RIGHT
from exporter.vendors.cursor.vendor import ANALYTICS, needs_team

API = "Cursor Bugbot reviews, polled; by UTC day of the review"
REVIEWS = kit.Endpoint("/analytics/team/bugbot-reviews", ANALYTICS, conditional=True)
PAGE_SIZE = 250

COUNT = kit.Group.counters(
    {
        "cursor_bugbot_reviews_total": (
            "Reviews by Bugbot, by whether they are billed; unknown before October 2026"
        )
    },
    api=API,
    labels=("billed",),
    foldable_labels=(),
)
BUGS = kit.Group.counters(
    {"cursor_bugbot_bugs_found_total": "Bugs that Bugbot found, by severity"},
    api=API,
    labels=("severity",),
)
COST = kit.Group.counters(
    {"cursor_bugbot_cost_usd_total": "US dollars that billed reviews by Bugbot cost"}, api=API
)
METRICS = (*COUNT.metrics, *BUGS.metrics, *COST.metrics)


class Options(kit.CountingOptions):
    """Options of `bugbot_reviews`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)


class Bug(msgspec.Struct, kw_only=True):
    """A bug; what becomes of it is told too late to be counted."""

    ignored: ClassVar[frozenset[str]] = kit.names("resolution_status")

    comment_id: str | int | None = None
    severity: str | None = None


class Review(msgspec.Struct, kw_only=True):
    """A review; older ones lack `billed`, and then nobody knows whether its cost is charged."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "repo repo_node_id pr_number commit_sha dry_run publication_status"
    )

    request_id: str
    timestamp: str
    bugs_found: kit.Count
    cost_cents: Decimal | None = None
    billed: bool | None = None
    bugs: list[Bug] | None = None

    def __post_init__(self) -> None:
        kit.checked("timestamp", kit.moment, self.timestamp)
        if self.cost_cents is not None:
            self.cost_cents = kit.checked("cost_cents", charge, self.cost_cents)

    @property
    def severities(self) -> tuple[tuple[str, int], ...]:
        """How many of the bugs are how severe, each bug once, in the order of their names."""
        bugs = self.bugs or ()
        known = {str(bug.comment_id): bug for bug in bugs if bug.comment_id is not None}
        each = [*known.values(), *(bug for bug in bugs if bug.comment_id is None)]
        return tuple(sorted(Counter(bug.severity or kit.UNKNOWN for bug in each).items()))

    @property
    def row(self) -> kit.Row:
        return (
            self.request_id,
            self.timestamp,
            self.billed,
            self.bugs_found,
            self.severities,
            self.cost_cents,
        )


class ReviewsPage(Paged, kw_only=True):
    """A page of reviews."""

    ignored: ClassVar[frozenset[str]] = kit.names("params")

    data: list[Review]


_BILLED = {True: "true", False: "false", None: kit.UNKNOWN}


def count(row: kit.Row, day: int, tally: kit.Tally) -> kit.Row:
    """Add a review; returns what two rows of one review must agree in."""
    _, _, billed, bugs, severities, cents = row
    tally.add(COUNT, (_BILLED[billed],), day, (1,))
    by_severity = [((severity,), (number,)) for severity, number in severities]
    tally.parts(BUGS, by_severity, (bugs,), day, rest=(kit.UNKNOWN,))
    if billed and cents is not None:
        tally.add(COST, (), day, (cents.scaleb(-2),))
    return row[2:]


def asked(_: kit.Source[Any, Any], window: kit.Window) -> kit.Request:
    """The reviews of a window."""
    return kit.Request(REVIEWS, query=days.dates(window))


STREAM = kit.events(
    "bugbot_reviews",
    "reviews by Bugbot, the bugs that they found, and what the billed ones cost",
    rows=rows_in(asked, ReviewsPage, lambda page: page.data, PAGE_SIZE),
    sums=by_id(count),
    metrics=METRICS,
    options=Options,
    plan=lambda _, options: [kit.Cost(ANALYTICS, ranges(options))],
    probe=kit.once(one_of_yesterday(asked), ReviewsPage),
    right=RIGHT,
    retention=90 * kit.DAY,
    inapplicable=needs_team,
)
