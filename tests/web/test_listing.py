"""A search finds what its words name, in the order that was asked for, page by page."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.errors import State
from exporter.model import StreamKey
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.web.listing import LONGEST_SEARCH, PAGE_SIZE, Listing, Sort, View, choose

NOW = 1_784_000_000.0


def _target(vendor: str, account: str, **streams: State | None) -> TargetStatus:
    return TargetStatus(
        vendor,
        account,
        {
            name: StreamStatus(StreamKey(vendor, account, name), 300, state)
            for name, state in streams.items()
        },
    )


TARGETS = [
    _target("github", "Zeta", api_insights=State.OK, audit_log=State.FORBIDDEN),
    _target("cursor", "acme", commits=State.RATE_LIMITED, changes=None),
    _target("github", "acme", api_insights=State.OK),
    _target("tabnine", "idle"),
]


def _found(listing: Listing) -> list[str]:
    return [
        "/".join(
            (shown.target.vendor, shown.target.account, *(s.key.stream for s in shown.streams))
        )
        for shown in listing.shown
    ]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["github/Zeta/audit_log/api_insights", "cursor/acme/commits/changes"]),
        ("ZETA", ["github/Zeta/audit_log/api_insights"]),
        ("acme", ["cursor/acme/commits/changes", "github/acme/api_insights"]),
        ("hub/acme/api", ["github/acme/api_insights"]),
        ("github / acme", ["github/acme/api_insights"]),
        ("acme github", ["github/acme/api_insights"]),
        ("insights", ["github/Zeta/api_insights", "github/acme/api_insights"]),
        ("forbidden", ["github/Zeta/audit_log"]),
        ("rate limited", ["cursor/acme/commits"]),
        ("rate_limited", ["cursor/acme/commits"]),
        ("waiting", ["cursor/acme/changes"]),
        ("idle", ["tabnine/idle"]),
        ("acme forbidden", []),
    ],
)
def test_a_search_finds_streams_that_have_all_its_words(search: str, found: list[str]) -> None:
    """In vendor, account, name or state; the words of the state as the page and the log have it."""
    listing = choose(TARGETS, View.of({"q": search}))
    assert _found(listing)[: len(found) or None] == found
    assert listing.targets == (len(found) if search else len(TARGETS))


def test_by_name_is_by_vendor_then_account_whatever_the_case_then_stream() -> None:
    assert _found(choose(TARGETS, View(sort=Sort.NAME))) == [
        "cursor/acme/changes/commits",
        "github/acme/api_insights",
        "github/Zeta/api_insights/audit_log",
        "tabnine/idle",
    ]


def test_by_age_the_longest_without_a_success_comes_first() -> None:
    """One without any before all, one that has nothing to poll last."""
    fresh, stale, never = (_target("github", name, a=None, b=None) for name in "xyz")
    for target, age in ((fresh, 10), (stale, 500)):
        target.streams["a"].last_success = NOW
        target.streams["b"].last_success = NOW - age
    targets = [_target("github", "none"), fresh, stale, never]
    found = _found(choose(targets, View(sort=Sort.AGE)))
    assert found == ["github/z/a/b", "github/y/b/a", "github/x/b/a", "github/none"]


@given(st.integers(0, 3 * PAGE_SIZE), st.sampled_from(Sort))
def test_the_pages_hold_every_target_once(number: int, sort: Sort) -> None:
    targets = [_target("github", f"org{index}", a=State.OK) for index in range(number)]
    first = choose(targets, View(sort=sort))
    pages = [choose(targets, View(sort=sort, page=page + 1)) for page in range(first.pages)]
    shown = [each.target.account for page in pages for each in page.shown]
    assert sorted(shown) == sorted(target.account for target in targets)
    assert all(len(page.shown) <= PAGE_SIZE for page in pages)
    assert pages[-1].last == number


def test_a_page_behind_the_last_is_the_last() -> None:
    listing = choose(TARGETS, View(page=99))
    assert (listing.page, len(listing.shown)) == (1, 4)


@given(st.text(), st.sampled_from(Sort), st.integers(1, 10**8))
def test_the_address_of_a_view_leads_back_to_it(search: str, sort: Sort, page: int) -> None:
    view = View.of({"q": search, "sort": sort.value, "page": str(page)})
    assert View.of(dict(parse_qsl(view.address.removeprefix("?")))) == view


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "²", "1.5", "9" * 5_000])
def test_what_makes_no_sense_is_the_default(page: str) -> None:
    assert View.of({"page": page, "sort": "' or 1"}) == View()


def test_an_endless_search_is_cut() -> None:
    assert len(View.of({"q": "x" * 100_000}).search) == LONGEST_SEARCH
