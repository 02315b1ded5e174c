"""The accounts of the simulated vendors, and which streams each of them can have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench.simulated import SECRETS
from exporter.streams.contract import AnyStream
from exporter.vendors import VENDORS
from exporter.vendors.base import AnyVendor
from tests.streams.cases import CASES

OFF: Mapping[str, Any] = {"enabled": False}


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a vendor; `scope` are the target's keys that say whose it is."""

    vendor: AnyVendor
    scope: Mapping[str, str]

    @property
    def name(self) -> str:
        return " ".join([self.vendor.name, *self.scope])

    @property
    def streams(self) -> Mapping[str, AnyStream]:
        """The streams that it can have, by name."""
        target = self.vendor.target.model_construct(**self.scope)
        return {
            stream.name: stream
            for stream in self.vendor.streams
            if stream.inapplicable(target) is None
        }

    def allows(self, stream: str, options: Mapping[str, Any]) -> bool:
        """Whether the account can have a stream with these options."""
        declared = self.streams[stream]
        blocks = self.vendor.target.model_fields["streams"].get_default(call_default_factory=True)
        chosen = blocks.model_copy(update={stream: declared.options.model_validate(options)})
        target = self.vendor.target.model_construct(**self.scope, streams=chosen)
        return declared.inapplicable(target) is None

    def only(self, chosen: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        """The block `streams` of a target that has the chosen ones and no other."""
        return {**dict.fromkeys(self.streams.keys() - chosen.keys(), OFF), **chosen}

    def apart(self, chosen: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Mapping[str, Any]]]:
        """The chosen streams in as many targets as it takes so that none counts the same twice."""
        found: list[dict[str, Mapping[str, Any]]] = []
        counted: list[set[str]] = []
        for name, options in chosen.items():
            stream = self.streams[name]
            what = set(stream.counts(stream.options.model_validate(options)))
            free = next((i for i, known in enumerate(counted) if not known & what), len(found))
            if free == len(found):
                found.append({})
                counted.append(set())
            found[free][name] = options
            counted[free] |= what
        return found


def _accounts() -> list[Account]:
    """Every scope that a case of a simulated vendor has, by its name."""
    vendors = {vendor.name: vendor for vendor in VENDORS if vendor.name in SECRETS}
    found = {
        account.name: account
        for account in (
            Account(vendors[case.vendor], case.target) for case in CASES if case.vendor in vendors
        )
    }
    return [found[name] for name in sorted(found)]


ACCOUNTS = tuple(_accounts())
