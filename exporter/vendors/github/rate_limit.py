"""Stream `rate_limit`: what GitHub grants the credential itself, and what is left of it."""

from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from exporter.streams import kit
from exporter.vendors.github.rights import RATE_LIMIT, Right
from exporter.vendors.github.vendor import RATE_GROUP

ASK = kit.Request(kit.Endpoint("/rate_limit", RATE_GROUP, free=True))


class _Allowance(msgspec.Struct):
    limit: kit.Count
    remaining: kit.Count
    reset: kit.Count
    used: kit.Count | None = None


class _Overview(msgspec.Struct):
    resources: dict[str, _Allowance]
    rate: Any = None  # the same as resources.core; gone in version 2026-03-10


_OF = "Requests that {} of the resource"
LEFT = kit.Table(
    _Allowance, api="GitHub rate limit API, as last polled; not late", labels=("resource",)
)
LEFT.ratio("github_rate_limit_limit", _OF.format("the credential may send in one window"), "limit")
LEFT.ratio("github_rate_limit_remaining", _OF.format("are left of the current window"), "remaining")
LEFT.ratio("github_rate_limit_used", _OF.format("were sent in the current window"), "used")
LEFT.ratio("github_rate_limit_reset_timestamp_seconds", "When the current window ends", "reset")


async def read(source: kit.Source[Any, Any]) -> AsyncGenerator[kit.Batch, None]:
    found = await source.get(ASK, _Overview, records=lambda overview: len(overview.resources))
    rows = (LEFT.samples(row, (resource,)) for resource, row in found.resources.items())
    yield kit.Batch([sample for row in rows for sample in row], [kit.Coverage(LEFT.metrics)])


STREAM = kit.Stream(
    name="rate_limit",
    summary="What GitHub grants the credential itself, and what is left of it",
    metrics=LEFT.metrics,
    options=kit.every(kit.MINUTE),
    read=read,
    plan=lambda _, __: (kit.Cost(RATE_GROUP, 1),),  # it counts against no other limit
    probe=kit.once(lambda _: ASK, _Overview),
    right=Right(
        document=RATE_LIMIT,
        gone="GitHub Enterprise Server has its rate limits off by default: turn the stream off",
    ),
    bucket=None,
    of_account=False,  # it answers for a misspelt organization too
    label_sizes=lambda _, __: {"resource": 15},
)
