"""What becomes of people: left out, given a pseudonym, or shown."""

import enum
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from exporter.model import OTHER, Coverage, Metric, Person, Sample


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

    def apply(
        self, samples: Iterable[Sample], coverage: Sequence[Coverage] = ()
    ) -> Iterator[Sample]:
        """The samples without a `Person` among their labels, or the id of one as their identity.

        With users off, families of people disappear and a person in another family becomes `other`.
        """
        parts = _parts_of(coverage)
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
                identity = self._hidden(sample.identity, parts[metric], named=named)
                yield sample._replace(labels=labels, identity=identity)
            else:
                yield sample

    def covered(self, coverage: Iterable[Coverage]) -> list[Coverage]:
        """What the answers speak for, by the identities that `apply` gives."""
        if self._users is not Users.PSEUDONYM:
            return list(coverage)
        result = []
        for part in coverage:
            naming = tuple(m for m in part.metrics if part.identities and _names_people(m))
            others = tuple(m for m in part.metrics if m not in naming)
            result.append(replace(part, metrics=others))
            if naming:
                hidden = self._pseudonym(part.identities)
                result.append(replace(part, metrics=naming, identities=hidden))
        return result

    def _hidden(self, identity: str, parts: "_Parts", *, named: bool) -> str:
        """An identity without an id of a person, that begins as `covered` says of its part."""
        if self._users is Users.PLAIN or not identity:
            return identity
        if self._users is Users.OFF:
            # All persons of such a family are one series, and are read together.
            return "" if named else identity
        part = parts.of(identity)
        return (self._pseudonym(part) if part else "") + self._pseudonym(identity)

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


class _Parts:
    """The beginnings of identities by which a metric is read in parts."""

    def __init__(self) -> None:
        self._beginnings: set[str] = set()
        self._lengths: set[int] = set()

    def add(self, beginning: str) -> None:
        self._beginnings.add(beginning)
        self._lengths.add(len(beginning))

    def of(self, identity: str) -> str:
        """The longest beginning that an identity has, or nothing."""
        found = (identity[:length] for length in self._lengths)
        return max((b for b in found if b in self._beginnings), key=len, default="")


def _parts_of(coverage: Iterable[Coverage]) -> defaultdict[Metric, _Parts]:
    parts: defaultdict[Metric, _Parts] = defaultdict(_Parts)
    for part in coverage:
        if part.identities:
            for metric in part.metrics:
                parts[metric].add(part.identities)
    return parts
