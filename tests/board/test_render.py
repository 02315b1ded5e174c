"""Sample lines are byte for byte what both formats ask for, whatever the labels and values."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric as ClientMetric
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.parser import text_string_to_metric_families as parse_plain

from exporter.exposition.render import SLICE, PointError, header, number, render
from exporter.model import Histogram, Metric, MetricType, Person, Point, Scope

# The client leaves this function without types.
parse_openmetrics: Callable[[str], Iterator[ClientMetric]] = (
    openmetrics_parser.text_string_to_metric_families
)

GOLDEN = Path(__file__).parent / "golden"

TOKENS = Metric(
    "github_ai_credit_tokens_total",
    MetricType.COUNTER,
    'Tokens, as the "report" file\nwrites them in C:\\usage.',
    labels=("model", "token_kind"),
)
COST = Metric("assistant_cost_usd_total", MetricType.COUNTER, "Cost.", scope=Scope.VENDOR_ACCOUNT)
RATIO = Metric("tabnine_chat_consumption_ratio", MetricType.GAUGE, "Share of chats that were used.")
UPTIME = Metric("usage_exporter_targets", MetricType.GAUGE, "Targets.", scope=Scope.EXPORTER)
DURATION = Metric(
    "usage_exporter_poll_duration_seconds",
    MetricType.HISTOGRAM,
    "Duration of polls.",
    scope=Scope.STREAM,
)
BARE_DURATION = Metric("page_bytes", MetricType.HISTOGRAM, "Page sizes.", scope=Scope.EXPORTER)

SHOWN: dict[Metric, list[Point]] = {
    TOKENS: [
        Point(("acme", "plain", "input"), 2**53 + 1, 1767225600.25),
        Point(("acme", 'quote " slash \\ line\nend', "output"), 0, 1767225600.0),
        Point(("acme", "trailing \\", "undated"), 7),
        Point(("ünïcode 名前 🚀", "lone \ud83d half", "{},=#"), 1, 1767225601),
    ],
    COST: [Point(("github", "acme"), Decimal("1234567.8900")), Point(("cursor", "a"), Decimal(3))],
    RATIO: [
        Point(("a",), 0.1),
        Point(("b",), math.nan),
        Point(("c",), math.inf),
        Point(("d",), -math.inf),
        Point(("e",), 5.0),
    ],
    UPTIME: [Point((), 3)],
    DURATION: [
        Point(("github", "acme", "seats"), Histogram(((0.5, 1), (1, 2)), 4.5, 3), 1767225600.0),
        Point(("github", 'a"c', "seats"), Histogram(((0.5, 0),), 0.0, 0)),
    ],
    BARE_DURATION: [Point((), Histogram(((1024.0, 1),), 512, 1))],
}


def exposition() -> tuple[bytes, bytes]:
    plain = openmetrics = b""
    for metric, points in SHOWN.items():
        plain += header(metric).plain + render(metric, points).plain
        openmetrics += header(metric).openmetrics + render(metric, points).openmetrics
    return plain, openmetrics + b"# EOF\n"


def labelled(labels: int) -> Metric:
    names = tuple(f"label_{number}" for number in range(labels))
    return Metric("things_total", MetricType.COUNTER, "Things.", labels=names, scope=Scope.EXPORTER)


def test_text_format_is_byte_for_byte_as_expected() -> None:
    """Text 0.0.4: escaping, `_total` in TYPE, exact numbers, no `_created`, no UNIT."""
    assert exposition()[0].decode() == (GOLDEN / "plain.txt").read_text(encoding="utf-8")


def test_openmetrics_is_byte_for_byte_as_expected() -> None:
    """OpenMetrics 1.0: family names, UNIT, `_created` beside its counter, EOF."""
    assert exposition()[1].decode() == (GOLDEN / "openmetrics.txt").read_text(encoding="utf-8")


def test_client_library_reads_both_formats_alike() -> None:
    """The official parsers find the same families, samples and values in both pages."""
    plain, openmetrics = (page.decode() for page in exposition())

    def samples(page: str, *, strict: bool) -> dict[tuple[str, tuple[tuple[str, str], ...]], str]:
        families = list(parse_openmetrics(page) if strict else parse_plain(page))
        assert len(families) == len(SHOWN)
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): repr(float(sample.value))
            for family in families
            for sample in family.samples
            if not sample.name.endswith("_created")
        }

    assert samples(plain, strict=False) == samples(openmetrics, strict=True)


values = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.text(
    '\\"\n,{}= ', max_size=6
)


@given(st.lists(st.tuples(values, values), min_size=1, max_size=5, unique=True))
def test_any_unicode_label_value_round_trips(rows: list[tuple[str, str]]) -> None:
    """Whatever characters label values have, both parsers read back the same values in order."""
    metric = labelled(2)
    points = [Point(row, index, 5.0) for index, row in enumerate(rows)]
    text = render(metric, points)
    plain = (header(metric).plain + text.plain).decode()
    openmetrics = (header(metric).openmetrics + text.openmetrics).decode() + "# EOF\n"
    for family in (*parse_plain(plain), *parse_openmetrics(openmetrics)):
        read = [
            (sample.labels["label_0"], sample.labels["label_1"])
            for sample in family.samples
            if sample.name == "things_total"
        ]
        assert read == rows


@given(st.text(st.characters(categories=["Cs", "L"]), min_size=1))
def test_lone_surrogates_become_replacement_characters(value: str) -> None:
    """What has no UTF-8 form is replaced, character by character; the rest stays."""
    line = render(labelled(1), [Point((value,), 1)]).plain.decode()
    expected = "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in value)
    assert line == f'things_total{{label_0="{expected}"}} 1\n'


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_decimals_are_exact_and_without_exponent(value: Decimal) -> None:
    """A Decimal reads back as itself and is spelled in digits alone."""
    spelled = number(value)
    assert Decimal(spelled) == value
    assert "e" not in spelled.lower()
    assert "." not in spelled or spelled[-1] != "0"


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (10**25 + 1, "10000000000000000000000001"),
        (True, "1"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.10"), "0.1"),
        (Decimal(100), "100"),
        (Decimal("NaN"), "NaN"),
        (Decimal("-Infinity"), "-Inf"),
        (Decimal("1E+999999"), "+Inf"),
        (1e300, "1e+300"),
        (0.1, "0.1"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_spelled_as_prometheus_does(value: float | Decimal, spelled: str) -> None:
    """Integers keep every digit, no spelling is longer than a float needs."""
    assert number(value) == spelled


def test_slices_keep_the_order_of_the_caller() -> None:
    """A family of many slices, dated and undated series mixed, comes out in the order given."""
    metric = labelled(1)
    count = 2 * SLICE + 5
    points = [
        Point((f"{index}",), index, 1.5 if index % 3 else None) for index in reversed(range(count))
    ]
    text = render(metric, points)
    plain = "".join(
        f'things_total{{label_0="{index}"}} {index}\n' for index in reversed(range(count))
    )
    assert text.plain.decode() == plain
    lines = text.openmetrics.decode().splitlines()
    assert [line for line in lines if not line.startswith("things_created")] == plain.splitlines()
    dated = lines.index('things_total{label_0="1000"} 1000')
    assert lines[dated + 1] == 'things_created{label_0="1000"} 1.5'


def test_formats_share_one_object_where_they_agree() -> None:
    """A gauge's lines are held once."""
    text = render(RATIO, SHOWN[RATIO])
    assert text.plain is text.openmetrics


def test_no_points_are_no_lines() -> None:
    """A family without series renders to nothing, in every kind."""
    assert all(render(metric, []) == (b"", b"") for metric in SHOWN)


def test_person_is_rendered_as_its_text() -> None:
    """The marker type of people leaves no trace."""
    line = render(labelled(1), [Point((Person('a"b'),), 1)]).plain
    assert line == b'things_total{label_0="a\\"b"} 1\n'


@pytest.mark.parametrize(
    ("metric", "point"),
    [
        (TOKENS, Point(("acme",), 1)),
        (UPTIME, Point(("acme",), 1)),
        (TOKENS, Point(("a", "b", "c"), Histogram((), 0.0, 0))),
        (DURATION, Point(("a", "b", "c"), 1)),
        (TOKENS, Point(("a", "b", None), 1)),  # type: ignore[arg-type]
        (UPTIME, Point((), 10**5000)),
    ],
)
def test_a_point_that_does_not_fit_names_its_metric(metric: Metric, point: Point) -> None:
    """Wrong label counts and values of another kind are refused, never rendered askew."""
    with pytest.raises(PointError, match=metric.name):
        render(metric, [point])
