"""The simulated month: its vendors, the exporter's configuration, and the time that both live in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Self

import yaml

from exporter.config.durations import format_duration
from exporter.model import DAY, HOUR, floor
from tests.chaos.world_time import WorldTime
from tests.counted import CHOICES, CountedStream, targets
from tests.e2e.processes import Simulator

BEGIN = 1_780_920_000
"""2026-06-08T12:00:00Z: noon, so that a start that takes long is still on the same day."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may change at any time without a count being lost.

    A shorter lookback than at the first start would forget days that are still told late. Who sees
    people's names is not among it: that erases what was counted of them.
    """

    history: str = "count"
    more_days: int = 0
    min_group_size: int = 1

    @classmethod
    def drawn(cls, chance: Random) -> Self:
        return cls(
            chance.choice(("count", "baseline")),
            chance.choice((0, 3)),
            chance.choice((1, 5)),
        )


class MonthOfWork:
    """A simulator that stands in the year 2026, and the clock that the daemons read.

    The exporter reads `streams`, beginning at `begin`.
    """

    def __init__(
        self,
        directory: Path,
        seed: int,
        developers: int,
        *,
        begin: int = BEGIN,
        streams: Mapping[str, CountedStream] = CHOICES[-1],
    ) -> None:
        self.directory = directory
        self.streams = streams
        self._begin = begin
        self.clock_file = directory / "clock"
        self.state = directory / "state.db"
        self.simulator = Simulator(
            directory,
            "--no-rate-limit",
            f"--start={begin}",
            f"--developers={developers}",
            f"--seed={seed}",
        )
        self._clock = WorldTime(self.clock_file)
        self.simulator.control("exports", {"nightly": False, "processing_seconds": 600})
        self.advance(0)

    @property
    def now(self) -> float:
        return self._clock.time()

    def advance(self, seconds: float) -> None:
        """Jump ahead: the vendors first, so that nobody asks for what they do not know yet."""
        self._clock.set(self.simulator.control("advance", {"seconds": seconds})["now"])

    def let_exporter_pass(self, seconds: float) -> None:
        """Jump ahead in the exporter's time alone, when the vendors' stands still."""
        self._clock.set(self.now + seconds)

    def configuration(self, settings: Settings) -> Path:
        """The file that makes the exporter read all that is counted, as fast as it can."""
        lookbacks = {
            name: format_duration(stream.lookback + settings.more_days * DAY)
            for name, stream in self.streams.items()
        }
        content = {
            "targets": targets(self.simulator.url, self.directory, lookbacks),
            "state": {"path": str(self.state)},
            "privacy": {"users": "plain", "min_group_size": settings.min_group_size},
            "counting": {"history": settings.history, "birth_hold": "1s"},
            "limits": {"series_per_stream": 100_000},
        }
        path = self.directory / "config.yaml"
        path.write_text(yaml.safe_dump(content), encoding="utf-8")
        return path

    def first_day(self, stream: str) -> int:
        """The oldest day that a stream's first poll reads."""
        return floor(self._begin - self.streams[stream].lookback, DAY)

    def stop(self) -> None:
        self.simulator.stop()


def settle(month: MonthOfWork) -> None:
    """Let every export that was begun be finished, and stop the vendors' time.

    The exporter's time goes on: it reads usage events when they are some minutes old.
    """
    month.simulator.control("exports", {"processing_seconds": 0})
    month.advance(HOUR)
    month.simulator.control("freeze")
    month.let_exporter_pass(HOUR)
