"""Bodies are decompressed whole or not at all, and never beyond the limit."""

import gzip
import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.client.body import PIECE, BrokenBodyError, Decoder, pieces
from exporter.client.errors import SchemaError
from tests.client.support import Transport


def decoded(encoding: str, chunks: list[bytes], limit: int = 10**9) -> list[bytes]:
    decoder = Decoder(encoding, limit, "GET /x")
    found = [piece for chunk in chunks for piece in decoder.feed(chunk)]
    return found + list(decoder.finish())


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50), st.integers(0, 9))
def test_gzip_survives_any_cut_into_chunks_members_and_padding(
    members: list[bytes], size: int, padding: int
) -> None:
    """The content is the same however it was sent."""
    raw = b"".join(gzip.compress(m) for m in members)
    raw += b"\0" * padding if members else b""
    chunks = [raw[i : i + size] for i in range(0, len(raw), size)]
    assert b"".join(decoded("gzip", chunks)) == b"".join(members)


@pytest.mark.parametrize("size", [PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
@pytest.mark.parametrize("encoding", ["gzip", "identity", " X-GZIP", ""])
def test_pieces_are_short_and_complete(size: int, encoding: str) -> None:
    """No piece is longer than 1 MiB, none is empty, none is lost at the border."""
    content = random.Random(3).randbytes(size)
    raw = gzip.compress(content, 1) if "gzip" in encoding.lower() else content
    found = decoded(encoding, [raw])
    assert b"".join(found) == content
    assert all(0 < len(piece) <= PIECE for piece in found)


@pytest.mark.parametrize("cut", [1, 5, 12, 20])
def test_a_truncated_gzip_is_broken(cut: int) -> None:
    """Even when the end is lost only in its checksum."""
    with pytest.raises(BrokenBodyError):
        decoded("gzip", [gzip.compress(b"x" * 1000)[:-cut]])


def test_a_damaged_gzip_is_broken() -> None:
    """A flipped checksum, garbage, and garbage after the end."""
    good = gzip.compress(b"x" * 1000)
    for bad in (good[:-8] + b"\0" * 8, b"no gzip at all", good + b"tail"):
        with pytest.raises(BrokenBodyError):
            decoded("gzip", [bad])


def test_a_bomb_stops_at_the_limit_without_being_held() -> None:
    """A gigabyte of zeros is refused while only a few pieces were ever in memory."""
    bomb = gzip.compress(b"\0" * (32 * PIECE), 1) * 32
    tracemalloc.start()
    with pytest.raises(SchemaError, match=r"GET /x: .*larger than the limit of 4194304 bytes"):
        decoded("gzip", [bomb], limit=4 * PIECE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * PIECE


def test_endless_empty_members_stop_at_the_limit_too() -> None:
    """They produce nothing, but cost time."""
    with pytest.raises(SchemaError, match="larger than the limit"):
        decoded("gzip", [gzip.compress(b"")] * 100, limit=1000)


def test_an_unknown_encoding_is_a_schema_error() -> None:
    """Nothing but gzip was asked for."""
    with pytest.raises(SchemaError, match="Content-Encoding 'br'"):
        Decoder("br", 10, "GET /x")


@pytest.mark.parametrize("declared", [4, 6])
async def test_a_body_of_another_length_than_declared_is_broken(declared: int) -> None:
    """A short body must not pass for a whole one."""
    with pytest.raises(BrokenBodyError, match=f"5 of {declared} bytes"):
        async for _ in pieces(
            Transport([b"12345"]), {"content-length": str(declared)}, 10, "GET /x"
        ):
            pass
