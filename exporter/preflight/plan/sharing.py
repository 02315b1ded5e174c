"""Limits that several targets share without knowing of each other."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.client.pace import Limit
from exporter.config.blocks import vendor_of
from exporter.model import HOUR
from exporter.vendors.base import Target, limits_of

Needed = Mapping[tuple[str, str], Mapping[str, float]]
"""Requests an hour by target and endpoint group."""


@dataclass(frozen=True, slots=True)
class Shared:
    """An endpoint group: what the targets need together, and what the vendor allows, an hour."""

    group: str
    needed: float
    allowed: float


@dataclass(frozen=True, slots=True)
class Sharing:
    """Targets of a vendor with the same limits; `by` is what they have in common."""

    vendor: str
    accounts: tuple[str, ...]
    by: str
    groups: tuple[Shared, ...]


def an_hour(limits: Sequence[Limit]) -> float:
    """How many requests an hour all of the limits allow."""
    return min(limit.requests / limit.seconds for limit in limits) * HOUR


def shared(targets: Sequence[Target], needed: Needed) -> Iterator[Sharing]:
    """Which targets share limits, but for those whose `requests_per_minute` split them already."""
    for by, together in _by_quota(targets):
        vendor = vendor_of(together[0])
        groups = []
        for group, limits in vendor.limits.items():
            users = [t for t in together if group in needed.get((t.vendor, t.account), {})]
            if len(users) < 2:
                continue
            own = [an_hour(limits_of(vendor, target)[group]) for target in users]
            # Whoever raised the limit of a target knows of a greater one than the vendor documents.
            allowed = max(an_hour(limits), *own)
            if sum(own) > allowed:
                wanted = sum(needed[t.vendor, t.account][group] for t in users)
                groups.append(Shared(group, wanted, allowed))
        if groups:
            accounts = tuple(target.account for target in together)
            yield Sharing(vendor.name, accounts, by, tuple(groups))


def _by_quota(targets: Sequence[Target]) -> Iterator[tuple[str, list[Target]]]:
    """The targets that have a quota in common, each set of them once."""
    having: defaultdict[tuple[str, str, str], list[Target]] = defaultdict(list)
    for target in targets:
        for quota in sorted(target.quotas()):
            having[target.vendor, target.base_url.rstrip("/"), quota].append(target)
    seen: set[tuple[str, ...]] = set()
    for (vendor, _, quota), together in having.items():
        accounts = (vendor, *(target.account for target in together))
        if len(together) > 1 and accounts not in seen:
            seen.add(accounts)
            yield quota, together
