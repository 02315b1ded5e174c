"""The status page in a real browser: it fits, it is quiet, and its forms and links work."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.exposition.exposition import Exposition
from exporter.model import DAY
from exporter.telemetry.status import TargetStatus
from exporter.web import routes, server, status_page
from exporter.web.listing import View
from tests.clock import ManualClock
from tests.web import world
from tests.web.browser import Browser, browser

pytestmark = pytest.mark.process

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
MANY = 450
# As high as the whole page, because what is scrolled out of sight need not be laid out.
HIGH = 6_000
HEADINGS = "[...document.querySelectorAll('h2')].map(heading => heading.textContent)"
# What is for screen readers only is cut on purpose.
TOO_WIDE = """[...document.querySelectorAll('body *:not(.hidden)')]
  .filter(each => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map(each => each.outerHTML.slice(0, 80))"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture(scope="module")
def example() -> Iterator[str]:
    with served(world.example()) as url:
        yield url


@pytest.fixture(scope="module")
def many() -> Iterator[str]:
    with served(world.many(MANY)) as url:
        yield url


@contextmanager
def served(targets: Sequence[TargetStatus]) -> Iterator[str]:
    """The exporter's own routes and server on loopback, in a thread."""
    application = routes.create(
        Exposition([], clock=ManualClock()),
        telemetry_path="/metrics",
        status_page=lambda query: status_page.render(
            targets,
            world.NOW,
            View.of(query),
            telemetry_path="/metrics",
            version="0.1.0",
            started=world.NOW - 3 * DAY,
            configuration="/etc/usage-exporter/config.yaml",
        ),
        ready=lambda: True,
    )
    listening = server.listen("127.0.0.1:0")
    http = server.create(application)
    serving = threading.Thread(target=lambda: asyncio.run(http.serve(sockets=[listening])))
    serving.start()
    try:
        yield f"{server.url_of(listening)}/"
    finally:
        http.should_exit = True
        serving.join()
        listening.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_is_wider_than_the_window(chromium: Browser, example: str, width: int) -> None:
    """From a small phone to a desktop, with long names and long reasons."""
    chromium.resize(width, HIGH)
    chromium.open(example)
    assert chromium.evaluate("innerWidth") == width
    assert chromium.evaluate(SIDEWAYS) == 0
    assert chromium.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_the_first_reason_and_its_remedy_are_on_the_first_screen(
    chromium: Browser, example: str, width: int, height: int, scheme: str
) -> None:
    """Nobody who is called at night wants to scroll for it."""
    chromium.resize(width, height)
    chromium.prefer(scheme)
    chromium.open(example)
    first = chromium.evaluate(
        "(box => [box.top, box.bottom, innerHeight])"
        "(document.querySelector('.problems li').getBoundingClientRect())"
    )
    assert 0 < first[0] < first[1] <= first[2]


def test_a_count_leads_to_its_streams_and_back(chromium: Browser, example: str) -> None:
    """By its colour the most urgent one is the first."""
    chromium.open(example)
    chromium.act("document.querySelector('.counts a').click()")
    assert chromium.evaluate("location.search") == "?state=forbidden"
    assert chromium.evaluate(HEADINGS) == ["github / umbrella-research-and-development"]
    chromium.act("document.querySelector('.counts a[aria-current]').click()")
    assert chromium.evaluate("location.search") == ""
    assert len(chromium.evaluate(HEADINGS)) == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_has_nothing_to_complain_of(
    chromium: Browser, example: str, scheme: str
) -> None:
    """No line in its console, and no request but the one for the page."""
    chromium.problems.clear()
    chromium.requested.clear()
    chromium.prefer(scheme)
    chromium.open(example)
    assert chromium.problems == []
    assert {url for url in chromium.requested if not url.startswith("data:")} == {example}


def test_light_and_dark_are_each_as_asked_and_text_stands_out(
    chromium: Browser, example: str
) -> None:
    """Every badge and the page itself keep the contrast of 4.5 that WCAG asks for."""
    for scheme, is_dark in (("light", False), ("dark", True)):
        chromium.prefer(scheme)
        chromium.open(example)
        pairs = chromium.evaluate(
            "['body', ...document.querySelectorAll('.badge')].map(each => getComputedStyle("
            "each === 'body' ? document.body : each)).map(each => [each.color, each.backgroundColor])"
        )
        assert len(pairs) > 10
        assert (_luminance(pairs[0][1]) < 0.1) is is_dark
        for pair in pairs:
            dark, light = sorted(map(_luminance, pair))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, pair)


def _luminance(colour: str) -> float:
    """Relative luminance of `rgb(r, g, b)`."""
    shares = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_charts_are_seen_and_spoken(chromium: Browser, example: str) -> None:
    """Bars and crosses have an extent, and a screen reader gets the title and the description."""
    chromium.resize(390, HIGH)
    chromium.open(example)
    extents = chromium.evaluate(
        "[...document.querySelectorAll('.chart')].map(chart => [...chart.querySelectorAll('path')]"
        ".map(path => path.getBoundingClientRect().width).concat(chart.clientHeight))"
    )
    assert len(extents) == 10
    assert all(bars > 20 and height > 10 for bars, _, height in extents)
    assert any(crosses > 3 for _, crosses, _ in extents)
    spoken = chromium.spoken("image")
    assert len(spoken) == 10
    assert all(name.startswith("Records of the last ") for name, _ in spoken)
    assert all(description.startswith("From ") for _, description in spoken)


def test_the_form_searches_and_the_links_sort_what_was_found(
    chromium: Browser, example: str
) -> None:
    chromium.open(example)
    chromium.evaluate("document.querySelector('input[type=search]').value = 'acme'")
    chromium.act("document.querySelector('form button').click()")
    assert chromium.evaluate("location.search") == "?q=acme"
    assert chromium.evaluate(HEADINGS) == ["tabnine / acme", "github / acme"]
    chromium.act("document.querySelector('.sorts a').click()")
    assert chromium.evaluate("location.search") == "?q=acme&sort=name"
    assert chromium.evaluate(HEADINGS) == ["github / acme", "tabnine / acme"]
    chromium.act("document.querySelector('form button').click()")
    assert chromium.evaluate("location.search") == "?q=acme&sort=name"


def test_the_way_back_from_a_search_keeps_the_order(chromium: Browser, example: str) -> None:
    chromium.open(f"{example}?q=acme&sort=age")
    chromium.act("document.querySelector('[role=status] a').click()")
    assert chromium.evaluate("location.search") == "?sort=age"
    assert len(chromium.evaluate(HEADINGS)) == 4


def test_links_lead_through_all_pages(chromium: Browser, many: str) -> None:
    """Each target is met once, the ones with problems first."""
    chromium.open(many)
    met = chromium.evaluate(HEADINGS)
    while chromium.evaluate("document.querySelector('[rel=next]') !== null"):
        chromium.act("document.querySelector('[rel=next]').click()")
        met += chromium.evaluate(HEADINGS)
    assert sorted(met) == [f"github / org{index:04}" for index in range(MANY)]
    assert met[:4] == [f"github / org{index:04}" for index in (99, 199, 299, 399)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_documents_show_the_page(
    chromium: Browser, example: str, scheme: str, request: pytest.FixtureRequest
) -> None:
    """The pictures are of this window and small; `--update-goldens` takes them again."""
    path = PICTURES / f"status-{scheme}.png"
    chromium.resize(1_100, 900)
    chromium.prefer(scheme)
    chromium.open(example)
    picture = chromium.screenshot()
    if request.config.getoption("--update-goldens"):
        path.write_bytes(picture)
    kept = path.read_bytes()
    assert kept[:24] == picture[:24], "the picture has another size; take it again"
    assert len(kept) < 150_000
