"""How long a scrape takes while polls of all series are rendered and swapped without a pause."""

import gzip
import statistics
import time
from collections.abc import Iterable

from bench.run import Row
from bench.servers import FAMILIES, running

SERIES = 100_000
SCRAPES = 200


def rows() -> Iterable[Row]:
    with running("busy", SERIES) as server:
        if server is None:
            return
        server.scrape()
        seconds, pages = [], set()
        for _ in range(SCRAPES):
            start = time.perf_counter()
            body = server.scrape()
            seconds.append(time.perf_counter() - start)
            pages.add(_poll_of(body))
    ordered = statistics.quantiles(seconds, n=100)
    yield Row(
        f"scrape of {SERIES:,} series while polls are rendered: p99",
        ordered[98] * 1e3,
        "ms",
        note=f"median {ordered[49] * 1e3:.1f} ms; {SCRAPES} scrapes saw {len(pages)} polls, "
        "each page whole",
    )


def _poll_of(body: bytes) -> bytes:
    """The poll that a page comes from; raises ValueError for a page made of two, or cut off."""
    page = gzip.decompress(body)
    samples = [line for line in page.splitlines() if not line.startswith(b"#")]
    values = {line.rpartition(b" ")[2] for line in samples}
    if (len(values) != 1 and len(values) != len(samples) // FAMILIES) or not page.endswith(b"\n"):
        raise ValueError(f"a torn page with {len(values)} values in {len(samples)} series")
    return min(values)
