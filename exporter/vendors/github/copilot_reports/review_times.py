"""Which day's review times are shown."""

import asyncio
from collections.abc import Sequence

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.files import ReportsSource
from exporter.vendors.github.copilot_reports.reports import Reports
from exporter.vendors.github.copilot_reports.repositories import RepositoryTally


class ReviewTimes:
    """The review times of the newest settled day that has a report of repositories."""

    def __init__(self, source: ReportsSource, remembered: int | None) -> None:
        self._newest = _newest_settled(source)
        # The gauges of a piece of the past are not shown.
        self._shown = source.window.end >= source.poll_window.end
        # If the clock was set back, a day that was remembered may still change.
        self.day = remembered if remembered is not None and remembered <= self._newest else None
        self.samples: list[kit.Sample] | None = None

    def take(self, day: int, repositories: RepositoryTally) -> None:
        if (self.day or 0) <= day <= self._newest:
            self.day, self.samples = day, repositories.review_minutes()

    async def read_again(self, reports: Reports, asked: Sequence[int]) -> None:
        """Read the day whose times are shown, where this poll has not asked for it."""
        day = self._newest if self.day is None else self.day
        if self._shown and self.samples is None and day not in asked:
            found = await reports.repositories(kit.iso_day(day))
            if found is not None:
                await asyncio.to_thread(self.take, day, found)


def _newest_settled(source: ReportsSource) -> int:
    """The newest day that is no longer revised, as far as the lookback can tell."""
    options = source.options
    after = min(options.settled_after, options.lookback - kit.DAY)
    return kit.floor(source.now - after, kit.DAY) - kit.DAY
