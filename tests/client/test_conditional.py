"""What has not changed is answered from memory, within bounds."""

import httpx
import pytest

from exporter.client.client import Endpoint, Request
from exporter.client.errors import SchemaError
from exporter.client.etag_cache import ETagCache
from tests.client.support import Setup, answer
from tests.clock import ManualClock

THINGS = Endpoint("/things", "core", conditional=True)
READER = "the only one"


async def test_an_unchanged_answer_comes_from_memory() -> None:
    """The ETag goes out, the 304 is counted as such, and the caller sees the old 200."""
    setup = Setup(
        answer([1], etag='W/"a"', link="<x>"), httpx.Response(304, headers={"x-new": "1"})
    )
    first = await setup.client.get(Request(THINGS))
    second = await setup.client.narrowed(None).get(Request(THINGS))
    assert "if-none-match" not in setup.vendor.requests[0].headers
    assert setup.vendor.requests[1].headers["if-none-match"] == 'W/"a"'
    assert (first.from_cache, second.from_cache) == (False, True)
    assert (second.status, second.body) == (200, first.body)
    assert (second.headers["link"], second.headers["X-New"]) == ("<x>", "1")
    assert setup.watch.codes == ["200", "304"]


async def test_each_url_has_its_own_etag() -> None:
    """Another query is another thing."""
    setup = Setup(answer([1], etag='"a"'))
    await setup.client.get(Request(THINGS, query={"page": 1}))
    await setup.client.get(Request(THINGS, query={"page": 2}))
    assert "if-none-match" not in setup.vendor.requests[1].headers


async def test_an_endpoint_that_is_not_conditional_keeps_nothing() -> None:
    """The declaration decides, not the header."""
    setup = Setup(answer([1], etag='"a"'))
    for _ in range(2):
        await setup.client.get(Request(Endpoint("/things", "core")))
    assert "if-none-match" not in setup.vendor.requests[1].headers


async def test_a_304_that_nobody_asked_for_is_asked_again_once() -> None:
    """Then it is a schema error."""
    setup = Setup(httpx.Response(304), answer([2]))
    assert (await setup.client.get(Request(THINGS))).body == b"[2]"
    stubborn = Setup(httpx.Response(304))
    with pytest.raises(SchemaError, match="304 to a request without a condition"):
        await stubborn.client.get(Request(THINGS))
    assert len(stubborn.vendor.requests) == 2


def test_the_least_recently_used_goes_first() -> None:
    """The bytes kept never exceed the bound; what is too large is not kept at all."""
    cache = ETagCache(8_000, ManualClock().time)
    for name in ("a", "b"):
        cache.put(name, {"etag": name}, b"x" * 2_000, READER)
    assert cache.get("a", READER) is not None
    cache.put("c", {"etag": "c"}, b"x" * 2_000, READER)
    assert [name for name in "abc" if cache.get(name, READER)] == ["a", "c"]
    cache.put("d", {"etag": "d"}, b"x" * 8_000, READER)
    assert [name for name in "abcd" if cache.get(name, READER)] == ["a", "c"]


@pytest.mark.parametrize("etag", ["", "x" * 2000, '"é"', '"a\x1fb"'])
def test_an_answer_without_a_usable_etag_forgets_the_old_one(etag: str) -> None:
    """What was kept is no longer the vendor's last word. An ETag that is not ASCII cannot be sent back."""
    cache = ETagCache(8_000, ManualClock().time)
    cache.put("a", {"etag": "1"}, b"", READER)
    cache.put("a", {"etag": etag}, b"", READER)
    assert cache.get("a", READER) is None


async def test_what_is_not_asked_for_any_more_is_let_go() -> None:
    """URLs with the time in them would fill the memory; what each poll asks for is kept for good."""
    setup = Setup(answer([1], etag='"a"'))
    await setup.client.get(Request(THINGS, query={"until": 1}))
    for until in range(1, 4):
        setup.clock.now += 3600
        await setup.client.get(Request(THINGS))
        await setup.client.get(Request(THINGS, query={"until": until + 1}))
    await setup.client.get(Request(THINGS, query={"until": 1}))
    await setup.client.get(Request(THINGS))
    assert "if-none-match" not in setup.vendor.requests[-2].headers
    assert setup.vendor.requests[-1].headers["if-none-match"] == '"a"'


async def test_what_a_reader_could_not_use_is_asked_for_in_full() -> None:
    """A damaged body with a good ETag is not kept for ever; what others read stays."""
    setup = Setup(answer([1], etag='"a"'))
    one, other = setup.client.narrowed(None), setup.client.narrowed(None)
    await one.get(Request(THINGS, query={"page": 1}))
    await other.get(Request(THINGS, query={"page": 2}))
    one.forget()
    await one.get(Request(THINGS, query={"page": 1}))
    await other.get(Request(THINGS, query={"page": 2}))
    assert "if-none-match" not in setup.vendor.requests[2].headers
    assert setup.vendor.requests[3].headers["if-none-match"] == '"a"'
