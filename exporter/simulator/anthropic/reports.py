"""Anthropic's reports of usage and cost: buckets of time, with what was used in each by what is asked for."""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, HOUR, MINUTE, floor
from exporter.simulator.answers import format_seconds
from exporter.simulator.anthropic.rest import (
    ADMIN,
    AnthropicRest,
    RefusedError,
    number,
    page_start,
    page_token,
)
from exporter.simulator.anthropic.times import moment_of
from exporter.simulator.world.model_use import CREDIT_CENTS, SEARCH_CENTS, ModelUse, Tokens
from exporter.simulator.world.world import World

_Group: TypeAlias = tuple[str | None, ...]
_Results: TypeAlias = Callable[[Sequence[ModelUse], Sequence[str]], list[dict[str, Any]]]


class _Width(NamedTuple):
    """A width of buckets: how many a page has by default, and at most."""

    seconds: int
    default: int
    most: int


_WIDTHS = {"1d": _Width(DAY, 7, 31), "1h": _Width(HOUR, 24, 168), "1m": _Width(MINUTE, 60, 1440)}
_USAGE_DIMENSIONS = (
    *("account_id", "api_key_id", "context_window", "inference_geo", "model"),
    *("service_account_id", "service_tier", "workspace_id"),
)
_COST_DIMENSIONS = ("workspace_id", "description")
_TOKEN_TYPES = {
    "input_uncached": ("uncached_input_tokens", "Input Tokens"),
    "input_cache_read": ("cache_read_input_tokens", "Input Tokens, Cache Read"),
    "cache_write_5m": ("cache_creation.ephemeral_5m_input_tokens", "Input Tokens, Cache Write 5m"),
    "cache_write_1h": ("cache_creation.ephemeral_1h_input_tokens", "Input Tokens, Cache Write 1h"),
    "output": ("output_tokens", "Output Tokens"),
}


class _Line(NamedTuple):
    """A line of the cost report; an adjustment or credit has nothing but its description."""

    description: str
    cost_type: str | None = None
    model: str | None = None
    token_type: str | None = None
    service_tier: str | None = None


class ReportsApi:
    """Answers to an Admin key."""

    def __init__(self, world: World, rest: AnthropicRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        root = "/v1/organizations"
        return [
            Route(f"{root}/usage_report/messages", self._rest.endpoint(self._usage, ADMIN)),
            Route(f"{root}/cost_report", self._rest.endpoint(self._cost, ADMIN)),
        ]

    def _usage(self, query: QueryParams) -> dict[str, Any]:
        return self._report(query, _WIDTHS, _USAGE_DIMENSIONS, _usage_results)

    def _cost(self, query: QueryParams) -> dict[str, Any]:
        return self._report(query, {"1d": _WIDTHS["1d"]}, _COST_DIMENSIONS, _cost_results)

    def _report(
        self,
        query: QueryParams,
        widths: Mapping[str, _Width],
        dimensions: Sequence[str],
        results: _Results,
    ) -> dict[str, Any]:
        """A page of buckets, oldest first, also of those in which there is nothing."""
        width, asked = widths.get(query.get("bucket_width", "1d")), query.getlist("group_by[]")
        if width is None or not set(asked) <= set(dimensions):
            raise RefusedError(400, "bucket_width or group_by[]: no such value")
        size = number(query, "limit", width.default, width.most)
        starts = self._starts(query, width.seconds)
        question = "&".join(
            f"{k}={v}" for k, v in query.multi_items() if k not in ("page", "limit")
        )
        first = page_start(query, question)
        shown = starts[first : first + size]
        more = first + size < len(starts)
        return {
            "data": [self._bucket(start, width.seconds, asked, results) for start in shown],
            "has_more": more,
            "next_page": page_token(question, first + size) if more else None,
        }

    def _starts(self, query: QueryParams, width: int) -> list[int]:
        now = self._world.clock.time()
        begin = floor(moment_of(query, "starting_at"), width)
        end = now if "ending_at" not in query else moment_of(query, "ending_at") - width + 1
        return [
            start
            for start in range(begin, int(min(end, now + 1)), width)
            if self._world.model_usage.has_bucket(start, now)
        ]

    def _bucket(
        self, start: int, width: int, asked: Sequence[str], results: _Results
    ) -> dict[str, Any]:
        end = start + width
        uses = self._world.model_usage.told(start, end, self._world.clock.time())
        return {
            "starting_at": format_seconds(start),
            "ending_at": format_seconds(end),
            "results": results(uses, asked),
        }


def _usage_results(uses: Sequence[ModelUse], asked: Sequence[str]) -> list[dict[str, Any]]:
    sums: defaultdict[_Group, tuple[list[int], list[int]]]
    sums = defaultdict(lambda: ([0] * len(Tokens._fields), [0]))
    for use in uses:
        told = {
            "model": use.model,
            "service_tier": use.tier,
            "workspace_id": use.workspace,
            "context_window": "0-200k",
            "inference_geo": "global",
        }
        tokens, searches = sums[_group(told, asked, _USAGE_DIMENSIONS)]
        for place, count in enumerate(use.tokens):
            tokens[place] += count
        searches[0] += use.searches
    return [
        {
            **_tokens(Tokens(*tokens)),
            "server_tool_use": {"web_search_requests": searches[0]},
            **dict(zip(_USAGE_DIMENSIONS, group, strict=True)),
        }
        for group, (tokens, searches) in sums.items()
    ]


def _tokens(tokens: Tokens) -> dict[str, Any]:
    return {
        "uncached_input_tokens": tokens.input_uncached,
        "cache_creation": {
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
            "ephemeral_5m_input_tokens": tokens.cache_write_5m,
        },
        "cache_read_input_tokens": tokens.input_cache_read,
        "output_tokens": tokens.output,
    }


def _cost_results(uses: Sequence[ModelUse], asked: Sequence[str]) -> list[dict[str, Any]]:
    sums: defaultdict[tuple[str | None, _Line | None], Decimal] = defaultdict(Decimal)
    for use in uses:
        workspace = use.workspace if "workspace_id" in asked else None
        for line, cents in _lines(use):
            sums[workspace, line if "description" in asked else None] += cents
    return [
        {
            "amount": f"{cents:f}",
            "currency": "USD",
            **(line or _Line("")._replace(description=None))._asdict(),  # type: ignore[arg-type]
            "context_window": "0-200k" if line and line.token_type else None,
            "inference_geo": "global" if line and line.token_type else None,
            "workspace_id": workspace,
        }
        for (workspace, line), cents in sums.items()
        if cents
    ]


def _lines(use: ModelUse) -> Iterator[tuple[_Line, Decimal]]:
    """What a use is charged, line by line."""
    for kind, cents in use.token_cents.items():
        yield _token_line(use.model, kind, use.tier), cents
    if use.searches:
        yield _Line("Web Search Usage", "web_search"), SEARCH_CENTS * use.searches
    if use.extra is None:
        return
    cost_type, cents = use.extra
    if cost_type is not None:
        yield _Line(cost_type, cost_type), cents
        return
    yield _Line("Adjustment"), cents + CREDIT_CENTS
    yield _Line("Credit"), -CREDIT_CENTS


@functools.cache
def _token_line(model: str, kind: str, tier: str) -> _Line:
    token_type, words = _TOKEN_TYPES[kind]
    return _Line(f"{model} Usage - {words}", "tokens", model, token_type, tier)


def _group(
    told: Mapping[str, str | None], asked: Sequence[str], dimensions: Sequence[str]
) -> _Group:
    return tuple(told.get(name) if name in asked else None for name in dimensions)
