"""What would be counted twice: by two targets, or by two streams."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, permutations, product
from typing import NamedTuple

from exporter.config.blocks import vendor_of
from exporter.config.text import Problem
from exporter.streams.contract import AnyStream
from exporter.streams.options import StreamOptions
from exporter.vendors.base import Target, enabled_streams


class _Counting(NamedTuple):
    """A stream of the file that counts."""

    number: int
    target: Target
    stream: AnyStream
    options: StreamOptions

    @property
    def place(self) -> str:
        return f"targets[{self.number}].streams.{self.stream.name}"


def read_by_both(targets: Sequence[tuple[int, Target]]) -> Iterator[Problem]:
    """What a target reads as a part of what another one reads, and both count."""
    for (_, whole), (index, part) in permutations(targets, 2):
        if not _same_place(whole, part):
            continue
        vendor = vendor_of(whole)
        unless = None if vendor.at_both_levels else vendor.contains(whole, part)
        streams = [name for name in _streams(part) if name in _streams(whole)]
        if unless is None or not streams:
            continue
        names, them = ", ".join(streams), "it" if len(streams) == 1 else "them"
        off = ", ".join(f"{name}: {{enabled: false}}" for name in streams)
        problem = (
            f"{whole.vendor}/{whole.account} reads {part.vendor}/{part.account} too, so {names} would be "
            f"counted twice: turn {them} off in one of the two, as streams: {{{off}}}; or, {unless}"
        )
        yield ("targets", index), problem


def counted_by_both(targets: Sequence[tuple[int, Target]]) -> Iterator[Problem]:
    """What two streams tell that they both count, in one target or in two of which one contains the other."""
    for (first, one), (second, other) in combinations_with_replacement(targets, 2):
        unless = _overlap(one, other)
        if unless is None:
            continue
        for pair in product(_counting(first, one), _counting(second, other)):
            yield from _problems(*pair, unless)


def _same_place(one: Target, other: Target) -> bool:
    """Whether two targets are of one vendor at one address, however that is written."""
    return (one.vendor, one.base_url.rstrip("/")) == (other.vendor, other.base_url.rstrip("/"))


def _streams(target: Target) -> list[str]:
    return [stream.name for stream, _ in enabled_streams(vendor_of(target), target)]


def _overlap(one: Target, other: Target) -> str | None:
    """None of targets that have nothing in common; else what to write where that is wrong, or nothing."""
    if one is other:
        return ""
    if not _same_place(one, other):
        return None
    if one.reads() & other.reads():
        return ""
    contains = vendor_of(one).contains
    return contains(one, other) or contains(other, one)


def _counting(index: int, target: Target) -> list[_Counting]:
    enabled = enabled_streams(vendor_of(target), target)
    return [_Counting(index, target, stream, options) for stream, options in enabled]


def _problems(one: _Counting, other: _Counting, unless: str) -> Iterator[Problem]:
    # Of one target each pair comes twice. What one stream counts under two accounts is a warning of `check`.
    same = one.stream is other.stream
    if (one.number == other.number and one.place >= other.place) or (same and not unless):
        return
    first, second = one.stream.counts(one.options), other.stream.counts(other.options)
    common = [name for name in first if name in second]
    if not common:
        return
    remedies = dict.fromkeys((first[common[0]], second[common[0]]))
    apart = f"; or, {unless}" if unless else ""
    problem = (
        f"{one.place} and {other.place} both count {' and '.join(common)}, which would be there twice: "
        f"leave that to one of them, with {' or '.join(remedies)} in the other{apart}"
    )
    yield ("targets", other.number, "streams", other.stream.name), problem
