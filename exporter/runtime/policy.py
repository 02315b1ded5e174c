"""What holds for every stream: people, the budget of series, how counters begin."""

from typing import NamedTuple

from exporter.config.blocks import Config, CountingConfig, LimitsConfig
from exporter.config.secrets import read_key
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting
from exporter.poll.transform.groups import GroupLimit
from exporter.poll.transform.privacy import Privacy


class CollectionPolicy(NamedTuple):
    """The blocks `privacy`, `limits` and `counting`."""

    privacy: Privacy
    groups: GroupLimit
    limits: LimitsConfig
    counting: CountingConfig

    @classmethod
    def of(cls, config: Config) -> "CollectionPolicy":
        """The policy of a configuration; raises ConfigError where the key cannot be read."""
        key_file = config.privacy.key_file
        privacy = Privacy(config.privacy.users, read_key(key_file) if key_file else b"")
        groups = GroupLimit(config.privacy.min_group_size)
        return cls(privacy, groups, config.limits, config.counting)

    def same(self, other: "CollectionPolicy") -> bool:
        """Whether streams can go on as they are: also the key of the pseudonyms must be the same."""
        return (self.privacy.fingerprint, *self[1:]) == (other.privacy.fingerprint, *other[1:])

    def counting_since(self, now: float, birth_hold: int | None) -> Counting:
        """How streams count that start at `now`; `birth_hold` replaces the configured one."""
        hold = self.counting.birth_hold if birth_hold is None else birth_hold
        return Counting(
            Exposure(hold, self.counting.expire_after, now),
            self.counting.history == "count",
            self.limits.series_per_stream,
            self.groups,
        )
