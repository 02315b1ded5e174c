"""What becomes of people: left out, given a pseudonym, or shown."""

import enum
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from functools import lru_cache

from exporter.model import OTHER, Person, Sample


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
        """The samples without a `Person` among their labels.

        With users off, families of people disappear and a person in another family becomes `other`.
        """
        for sample in samples:
            if self._users is Users.OFF and sample.metric.people:
                continue
            if any(type(value) is Person for value in sample.labels):
                if not (sample.metric.people or sample.metric.names_people):
                    raise TypeError(f"{sample.metric.name} must declare that it names people")
                yield sample._replace(labels=tuple(map(self._shown, sample.labels)))
            else:
                yield sample

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
