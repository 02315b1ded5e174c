"""Clients get the format and the encoding that their headers prefer, and never an error."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporter.exposition.compress import Encoding
from exporter.exposition.render import Format
from exporter.web.negotiation import CONTENT_TYPES, encoding_for, negotiate

PLAIN, OPENMETRICS = Format.PLAIN, Format.OPENMETRICS

OM = "application/openmetrics-text"
PROMETHEUS_2_42 = (
    f"{OM};version=1.0.0,{OM};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_2_53 = (
    f"{OM};version=1.0.0;q=0.5,{OM};version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3 = (
    f"{OM};version=1.0.0;escaping=allow-utf-8;q=0.6,{OM};version=0.0.1;q=0.5,"
    "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROTOBUF = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily"
PROMETHEUS_3_NATIVE = (
    f"{PROTOBUF};encoding=delimited;q=0.6,{OM};version=1.0.0;escaping=underscores;q=0.5,"
    f"{OM};version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=underscores;q=0.3,"
    "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
PROMETHEUS_3_TEXT_FIRST = (
    f"text/plain;version=0.0.4;q=0.6,{OM};version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.4"
)


@pytest.mark.parametrize(
    ("accept", "format_"),
    [
        (None, PLAIN),
        ("", PLAIN),
        ("*/*", PLAIN),
        ("text/plain", PLAIN),
        ("text/*", PLAIN),
        ("text/plain;version=0.0.4", PLAIN),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", PLAIN),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN),
        ("application/json", PLAIN),
        (OM, OPENMETRICS),
        (f"{OM}; version=1.0.0; charset=utf-8", OPENMETRICS),
        (f'{OM}; version="0.0.1"', OPENMETRICS),
        (f"{OM.upper()};VERSION=1.0.0;Q=0.5", OPENMETRICS),
        (f"{OM};version=1.0.0;escaping=values", OPENMETRICS),
        (f"{OM};version=1.0.0;escaping=made-up;x", OPENMETRICS),
        ("application/*", OPENMETRICS),
        ("text/plain;q=0,*/*", OPENMETRICS),
        (f"{OM};version=2.0.0", PLAIN),
        (f"{OM};version=2.0.0,*/*;q=0.1", PLAIN),
        (f"{OM};version=2.0.0,{OM};version=1.0.0;q=0.9,text/plain;q=0.5", OPENMETRICS),
        (f"{OM};version=2.0.0,text/plain;version=0.0.4;q=0.5", PLAIN),
        (f"{OM};q=0", PLAIN),
        (f"{OM};q=0,*/*;q=0.5", PLAIN),
        (f"{OM};version=1.0.0;q=0,{OM};version=0.0.1", PLAIN),
        (f"{OM};q=0.2,text/plain;q=0.8", PLAIN),
        (f"{OM};q=0.8,text/plain;q=0.2", OPENMETRICS),
        (f"text/plain,{OM}", OPENMETRICS),
        (f"text/plain;version=0.0.4,{OM};version=1.0.0", OPENMETRICS),
        (f"text/plain;version=0.0.4,{OM}", PLAIN),
        (f"*/*,{OM}", OPENMETRICS),
        ("*/*,text/plain", PLAIN),
        (f'text/plain;note="a,{OM};q=1"', PLAIN),
        (f"{OM};q=high,text/plain", PLAIN),
        (f"{OM};q=1.5", PLAIN),
        (",;,=;q,/", PLAIN),
        ('"', PLAIN),
        (PROMETHEUS_2_42, OPENMETRICS),
        (PROMETHEUS_2_53, OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS),
        (PROMETHEUS_3_NATIVE, OPENMETRICS),
        (PROMETHEUS_3_TEXT_FIRST, PLAIN),
    ],
)
def test_format_follows_the_accept_header(accept: str | None, format_: Format) -> None:
    """Quality first, then the closer range, then OpenMetrics where named; else text 0.0.4."""
    assert negotiate(accept) is format_


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        (None, Encoding.IDENTITY),
        ("", Encoding.IDENTITY),
        ("identity", Encoding.IDENTITY),
        ("gzip", Encoding.GZIP),
        ("GZIP", Encoding.GZIP),
        ("x-gzip", Encoding.GZIP),
        ("gzip, deflate, br, zstd", Encoding.GZIP),
        ("deflate, gzip;q=0.5", Encoding.GZIP),
        ("gzip;q=0", Encoding.IDENTITY),
        ("gzip;q=0.0, *", Encoding.IDENTITY),
        ("*", Encoding.GZIP),
        ("*;q=0", None),
        ("br, *;q=0.1", Encoding.GZIP),
        ("identity;q=0.5, gzip;q=1.0", Encoding.GZIP),
        ("identity, gzip;q=0.5", Encoding.IDENTITY),
        ("identity, gzip", Encoding.GZIP),
        ("identity;q=0, gzip;q=0.1", Encoding.GZIP),
        ("gzip;q=maybe", Encoding.IDENTITY),
        ("br", Encoding.IDENTITY),
        ("identity;q=0", None),
        ("gzip;q=0, identity;q=0", None),
        ("br, identity;q=0", None),
        ("gzip;q=0, *;q=0", None),
        ("*;q=0, identity;q=0.1", Encoding.IDENTITY),
        ("identity;q=0, *", Encoding.GZIP),
    ],
)
def test_the_encoding_follows_the_accept_encoding_header(
    accept_encoding: str | None, encoding: Encoding | None
) -> None:
    """Gzip where it is taken and nothing else is liked better; nothing where all is refused."""
    assert encoding_for(accept_encoding) is encoding


fragments = st.lists(
    st.sampled_from([*'",;=/*\\ q.0', OM, "text/plain", "version", "gzip", "1.0.0"]), max_size=30
).map("".join)


@given(st.text() | fragments)
@example("q=" * 20_000)
@example('"\\' * 20_000)
def test_no_header_raises(header: str) -> None:
    """Whatever a client sends, it gets an answer."""
    assert negotiate(header) in Format
    assert encoding_for(header) in (*Encoding, None)


def test_content_types_announce_what_is_served() -> None:
    """The versions of the grammar that is rendered, whatever was asked for."""
    assert CONTENT_TYPES == {
        PLAIN: "text/plain; version=0.0.4; charset=utf-8",
        OPENMETRICS: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
