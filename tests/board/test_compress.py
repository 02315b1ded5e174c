"""Pieces that were compressed apart join to one plain gzip member."""

import gzip
import shutil
import subprocess
import zlib

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.exposition.compress import deflate, inflate, join

chunks = st.lists(st.tuples(st.binary(max_size=300), st.booleans(), st.integers(1, 400)))


@given(chunks)
def test_any_pieces_join_to_one_member(parts: list[tuple[bytes, bool, int]]) -> None:
    """Small and big pieces of either compressor give the concatenation, with nothing behind it."""
    datas = [data * times for data, _, times in parts]
    member = join(deflate(data, fast=fast) for data, (_, fast, _) in zip(datas, parts, strict=True))
    whole = b"".join(datas)
    decompressor = zlib.decompressobj(31)
    assert decompressor.decompress(member) + decompressor.flush() == whole
    assert decompressor.eof
    assert decompressor.unused_data == b""
    assert gzip.decompress(member) == inflate(member) == whole


def test_pieces_can_be_used_again_in_another_order() -> None:
    """A piece knows nothing of its neighbours."""
    one, two = deflate(b"one " * 50), deflate(b"two " * 50, fast=True)
    assert inflate(join([two, one, two])) == b"two " * 50 + b"one " * 50 + b"two " * 50


def test_httpx_reads_the_whole_page() -> None:
    """A client that stops after the first member gets everything."""
    body = join([deflate(b"first\n"), deflate(b"second\n" * 9_999, fast=True)])
    response = httpx.Response(200, headers={"content-encoding": "gzip"}, content=body)
    assert response.content == b"first\n" + b"second\n" * 9_999


@pytest.mark.process
@pytest.mark.skipif(shutil.which("gzip") is None, reason="needs the gzip command")
def test_gzip_command_accepts_the_page() -> None:
    """`gzip -t` finds the CRC and the length right."""
    body = join([deflate(b"x" * 100_000, fast=True), deflate(b""), deflate(b"end\n")])
    check = subprocess.run(["gzip", "-t"], input=body, capture_output=True, check=False)
    assert (check.returncode, check.stderr) == (0, b"")


def test_equal_pages_are_equal_bytes() -> None:
    """No time stamp or name gets into a page."""
    assert join([deflate(b"same")]) == join([deflate(b"same")])
