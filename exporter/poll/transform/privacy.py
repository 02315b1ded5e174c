"""What becomes of people: left out, given a pseudonym, or shown."""

import enum
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from exporter.model import OTHER, Coverage, Metric, MetricType, Person, Sample


class Users(enum.StrEnum):
    """The setting `privacy.users`."""

    OFF = "off"
    PSEUDONYM = "pseudonym"
    PLAIN = "plain"


class Privacy:
    """Decides over every label value that names a person."""

    def __init__(self, users: Users, key: bytes = b"") -> None:
        if users is Users.PSEUDONYM and not key:
            raise ValueError("pseudonyms need a key")
        self._users = users
        self._key = key
        self._pseudonym = lru_cache(maxsize=65_536)(self._compute_pseudonym)

    @property
    def shows_people(self) -> bool:
        """Whether families of people exist."""
        return self._users is not Users.OFF

    @property
    def fingerprint(self) -> str:
        """Another one for every setting and key."""
        return hmac.new(self._key or b"-", self._users.encode(), hashlib.sha256).hexdigest()[:16]

    def apply(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        """The samples without a `Person` among their labels, or the id of one as partition or key.

        With users off, families of people disappear and a person in another family becomes `other`.
        """
        for sample in samples:
            metric, labels = sample.metric, sample.labels
            if self._users is Users.OFF and metric.people:
                continue
            named = any(type(value) is Person for value in labels)
            if named and not _names_people(metric):
                raise TypeError(f"{metric.name} must declare that it names people")
            if named:
                labels = tuple(map(self._shown, labels))
            if _names_people(metric):
                partition, key = self._hidden(sample.partition, sample.key, named=named)
                if self._users is Users.OFF and metric.type is MetricType.GAUGE:
                    # It has no slots to be added up in: the next answer for the partition replaces it.
                    partition = sample.partition
                yield sample._replace(labels=labels, partition=partition, key=key)
            else:
                yield sample

    def covered(self, coverage: Iterable[Coverage]) -> list[Coverage]:
        """What the answers speak for, by the partitions that `apply` gives."""
        if self._users is not Users.PSEUDONYM:
            return list(coverage)
        result = []
        for each in coverage:
            naming = tuple(m for m in each.metrics if each.partition and _names_people(m))
            others = tuple(m for m in each.metrics if m not in naming)
            result.append(replace(each, metrics=others))
            if naming:
                hidden, _ = self._hidden(str(each.partition), "", named=False)
                result.append(replace(each, metrics=naming, partition=hidden))
        return result

    def _hidden(self, partition: str, key: str, *, named: bool) -> tuple[str, str]:
        """Partition and key without an id of a person; the same one for the same person and setting."""
        if self._users is Users.PLAIN or not (partition or key):
            return partition, key
        if self._users is Users.OFF:
            # All persons of such a family are one series, and are read together.
            return ("", "") if named else (partition, key)
        if not partition:
            return "", self._pseudonym(key)
        # The colon keeps a person's partition apart from the same person's label.
        return self._pseudonym(f"{partition}:"), self._pseudonym(f"{partition}:{key}")

    def _shown(self, value: str) -> str:
        if type(value) is not Person:
            return value
        if self._users is Users.OFF:
            return OTHER
        if self._users is Users.PSEUDONYM:
            return self._pseudonym(value)
        return str(value)

    def _compute_pseudonym(self, value: str) -> str:
        text = value.casefold().encode("utf-8", "surrogatepass")
        return "p_" + hmac.new(self._key, text, hashlib.sha256).hexdigest()[:16]


def _names_people(metric: Metric) -> bool:
    return metric.people or metric.names_people
