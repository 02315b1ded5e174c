"""Stream `usage_reports`: an enterprise's bill from the export files that GitHub makes on request.

Exports that somebody made are used as they are. With `create: true` the missing ones are asked for:
that makes work on the customer's account, and each shows in its list of exports.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Literal, Self, TypeAlias

import httpx
from pydantic import Field, model_validator

from exporter import log
from exporter.client.request import join, same_origin
from exporter.streams import kit
from exporter.vendors.github.billing.by_model import AI_CREDITS, PREMIUM_REQUESTS
from exporter.vendors.github.rights import BILL_READER, BILLING, REST, Right
from exporter.vendors.github.usage_reports.exports import (
    COMPLETED,
    FAILED,
    PROCESSING,
    Export,
    ExportList,
    Made,
    Memory,
    Wanted,
    days_to_read,
    in_the_works,
    made_already,
    missing,
)
from exporter.vendors.github.usage_reports.files import REPORT_TYPES, Totals
from exporter.vendors.github.usage_reports.metrics import EXPORTS, GAUGES, LAST_EXPORT, METRICS
from exporter.vendors.github.vendor import GROUP, GithubTarget, is_public_api, needs_enterprise

_log = log.logger(__name__)

LIST = kit.Endpoint("/enterprises/{enterprise}/settings/billing/reports", GROUP, conditional=True)
ONE = kit.Endpoint("/enterprises/{enterprise}/settings/billing/reports/{report_id}", GROUP)
FILE = kit.Endpoint("/enterprises/{enterprise}/metered_exports/{export}", GROUP)

_STATUSES = (PROCESSING, COMPLETED, FAILED)

_COUNTS = {"ai_credit": AI_CREDITS, "premium_request": PREMIUM_REQUESTS}
"""What of the report types the stream `ai_credits` counts too."""

TypeName: TypeAlias = Literal["summarized", "detailed", "ai_credit", "premium_request"]


class Options(kit.CountingOptions):
    """Options of `usage_reports`."""

    interval: kit.Duration = Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = Field(default=40 * kit.DAY, ge=0)
    """How far back days are corrected that a newer export tells of."""
    report_types: tuple[TypeName, ...] = Field(default=("summarized", "ai_credit"), min_length=1)
    """What is read: summarized or detailed, not both; premium_request for use before June 2026."""
    create: bool = False
    """Create the exports that are missing. It makes work on the account, and shows in its list."""
    create_every: kit.Duration = Field(default=kit.DAY, ge=kit.HOUR)
    """How often one of a type is created at most, also after one that failed."""

    @model_validator(mode="after")
    def _each_row_once(self) -> Self:
        if {"summarized", "detailed"} <= set(self.report_types):
            raise ValueError("summarized and detailed hold the same usage: name one of them")
        return self


_Source: TypeAlias = kit.Source[GithubTarget, Options]


class _Read:
    """One read of the stream: the list, the files that are new, at most one creation."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._types = dict.fromkeys(source.options.report_types)
        self._path = source.target.scope_path
        self._memory = source.recall(Memory)

    async def batches(self) -> AsyncGenerator[kit.Batch, None]:
        """A batch for each export, which remembers that it was counted."""
        source, memory = self._source, self._memory
        exports = await self._list()
        shown = list(_shown(exports))
        pending = await self._unlisted(exports)
        self._tell_failure(exports)
        yield self._batch(shown, [kit.Coverage(GAUGES)])
        for report_type in self._types:
            for export, days in days_to_read(exports, report_type, source.window, memory):
                async with source.optional(f"an export of type {report_type}") as part:
                    samples = await self._samples(export, days)
                if part.error is None:
                    memory.count(export, days)
                    counters = REPORT_TYPES[report_type].counters
                    covers = [kit.Coverage(counters, run) for run in _runs(days)]
                    yield self._batch(samples, covers)
        if source.options.create and not pending:
            await self._create_one(exports)
            yield self._batch()

    def _batch(
        self, samples: Sequence[kit.Sample] = (), covers: Sequence[kit.Coverage] = ()
    ) -> kit.Batch:
        stored = self._memory.stored(self._source.poll_window, self._types)
        return kit.Batch(samples, covers, memory=stored)

    async def _list(self) -> list[Export]:
        request = kit.Request(LIST, self._path)
        found = await self._source.get(
            request, ExportList, records=lambda found: len(found.usage_report_exports)
        )
        return found.usage_report_exports

    async def _one(self, report_id: str) -> Export:
        request = kit.Request(ONE, {**self._path, "report_id": report_id})
        return await self._source.get(request, Export)

    async def _unlisted(self, exports: list[Export]) -> bool:
        """Look for what was created here and is not on the list yet, at growing intervals.

        What is found joins the exports; true where one must be taken for being made.
        """
        listed, now = {export.id for export in exports}, self._source.now
        pending = False
        for made in self._memory.made.values():
            if not made.id or made.id in listed or now - made.at >= kit.DAY:
                continue
            pending = True
            if now >= made.look_at:
                made.looks += 1
                try:
                    exports.append(await self._one(made.id))
                except kit.NotFoundError as error:
                    # It may be as late here as on the list.
                    _log.debug("a created export is not there yet", reason=str(error))
        return pending

    def _tell_failure(self, exports: Sequence[Export]) -> None:
        ours = {made.id for made in self._memory.made.values()}
        for export in exports:
            if export.has_failed and export.id in ours:
                problem = kit.PollError(
                    f"{LIST.path}: GitHub failed to make the {export.report_type} export of "
                    f"{export.start_date} to {export.end_date}; another is asked for "
                    f"{self._source.options.create_every // kit.HOUR} h after it"
                )
                self._source.fail("an export that was asked for", problem)

    async def _samples(self, export: Export, days: list[int]) -> list[kit.Sample]:
        """The days as the files of an export tell them.

        A file that breaks off is read again, once, with a new link.
        """
        try:
            totals = await self._downloaded(export, days)
        except kit.UnavailableError as error:
            _log.debug("an export is downloaded again", reason=str(error))
            totals = await self._downloaded(export, days)
        samples = list(totals.samples())
        self._source.has_days(sample.bucket for sample in samples if sample.bucket is not None)
        return samples

    async def _downloaded(self, export: Export, days: list[int]) -> Totals:
        source = self._source
        report = REPORT_TYPES[export.report_type]
        totals = Totals(report, export.days, days, FILE.path, source.reject, source.leave_out)
        # The links of the list may have ended. An export without any is one of days without usage.
        for url in (await self._one(export.id)).download_urls or ():
            await source.csv(_file(source.target, url), totals.rows(), totals.add)
        return totals

    async def _create_one(self, exports: Sequence[Export]) -> None:
        """Ask for one export, as the last request of the poll: it is remembered with its commit."""
        memory, window = self._memory, self._source.poll_window
        now, every = self._source.now, self._source.options.create_every
        for name in self._types:
            wanted = missing(name, REPORT_TYPES[name].longest, window, memory, now, every)
            if wanted is None:
                continue
            export = made_already(exports, wanted, now, every)
            if export is not None:
                memory.made[name] = Made(export.id, export.created)
            elif not in_the_works(exports, now):
                await self._create(wanted)
                return

    async def _create(self, wanted: Wanted) -> None:
        """Whatever comes of it, the attempt is remembered: it may have arrived."""
        made = self._memory.made[wanted.report_type] = Made("", self._source.now)
        request = kit.Request(LIST, self._path, method="POST", json=wanted.body)
        try:
            made.id = (await self._source.get(request, Export)).id
        except kit.PollError as error:
            self._source.fail("asking for an export", error)


def _file(target: GithubTarget, url: str) -> kit.Request:
    """The request for a file: with the credential where its link is one to the API, else without.

    Behind a gateway that does not rewrite links they name the API's public host.
    """
    base = httpx.URL(target.base_url)
    link = join(base, url, f"GET {FILE.path}")
    if same_origin(link, base):
        return kit.Request.at(FILE, url)
    if is_public_api(link.host):
        return kit.Request.at(FILE, target.base_url.rstrip("/") + link.raw_path.decode())
    return kit.Request.signed_link(FILE, url)


def _shown(exports: Sequence[Export]) -> Iterator[kit.Sample]:
    """How many exports of each type there are in each status, and when the newest was made."""
    counts = Counter((export.report_type, export.status) for export in exports)
    for export in exports:
        counts.update({(export.report_type, status): 0 for status in _STATUSES})
        if export.status == COMPLETED:
            yield kit.Sample(LAST_EXPORT, (export.report_type,), export.created)
    yield from (kit.Sample(EXPORTS, key, count) for key, count in counts.items())


def _runs(days: Sequence[int]) -> Iterator[kit.Window]:
    """Days in order as few windows."""
    breaks = [later for earlier, later in pairwise(days) if later != earlier + kit.DAY]
    starts = [days[0], *breaks]
    ends = [*(days[days.index(start) - 1] for start in breaks), days[-1]]
    for start, end in zip(starts, ends, strict=True):
        yield kit.Window(start, end + kit.DAY)


def counts(options: Options) -> Mapping[str, str]:
    """What the stream `ai_credits` counts too, and which report types leave it to that."""
    others = [name for name in options.report_types if name not in _COUNTS]
    chosen = f"report_types: [{', '.join(others)}]" if others else "enabled: false"
    found = (_COUNTS[name] for name in options.report_types if name in _COUNTS)
    return dict.fromkeys(found, f"usage_reports: {{{chosen}}}")


def plan(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """The list, and for each type about once a day a creation, its links and its file."""
    a_day = min(1, options.interval / kit.DAY)
    return (kit.Cost(GROUP, 1 + len(options.report_types) * (2 + options.create) * a_day),)


_PERMISSION = (
    'the enterprise permission "Enterprise billing" (read) or "Enterprise administration" (write)'
)

STREAM = kit.Stream(
    name="usage_reports",
    summary="the bill of an enterprise from usage report exports, with AI credits by model",
    metrics=METRICS,
    options=Options,
    read=lambda source: _Read(source).batches(),
    plan=plan,
    # The list; nothing is created.
    probe=kit.once(lambda source: kit.Request(LIST, source.target.scope_path), ExportList),
    right=Right(
        document=f"{REST}/billing/usage-reports#list-usage-report-exports",
        who=BILL_READER,
        classic=("manage_billing:enterprise",),
        fine_grained=_PERMISSION,
        app=_PERMISSION,
        plan=BILLING,
    ),
    by_default=False,
    inapplicable=needs_enterprise,
    counts=counts,
)
