"""What several targets read, each under an account of its own: it is counted once for each of them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from exporter.config.blocks import vendor_of
from exporter.vendors.base import Target, enabled_streams


def read_twice(targets: Sequence[Target]) -> Iterator[str]:
    """A warning for each thing that is read under several accounts, with the remedy."""
    readers: defaultdict[tuple[str, str, str], list[Target]] = defaultdict(list)
    for target in targets:
        for read in sorted(target.reads()):
            readers[target.vendor, target.base_url.rstrip("/"), read].append(target)
    for (vendor, _, read), together in readers.items():
        for first, second in pairwise(together):
            common = [name for name in _streams(first) if name in _streams(second)]
            if common:
                yield (
                    f"{vendor}/{first.account} and {vendor}/{second.account} both read {read}: what "
                    f"{', '.join(common)} tell{'s' if len(common) == 1 else ''} is counted under each "
                    "account, and twice in a sum over both; keep it in one of them"
                )


def _streams(target: Target) -> list[str]:
    return [stream.name for stream, _ in enabled_streams(vendor_of(target), target)]
