"""Ways to spoil bytes, texts and JSON documents, drawn from a seeded random."""

import json
import re
from collections.abc import Sequence
from copy import deepcopy
from random import Random
from typing import Any

RAW_NUMBERS = (
    "NaN", "Infinity", "-Infinity", "-0", "-1", "1.0", "0.1", "1e5", "1e-400", "1e999", "-1e999",
    "9007199254740992", "9007199254740993", "9223372036854775808", "-9223372036854775809",
    "18446744073709551616", "1" + "0" * 400, "1" + "0" * 5_000, "01", "+1", "0x10",
)  # fmt: skip
RAW_VALUES = (
    *RAW_NUMBERS, "null", "true", "{}", "[]", '""', "tru", "'a'", '"\\ud800"', '"\\udc00\\ud800"',
    '"\\u0000"', '"a\\u0000b"', '{"a":1,"a":2}', "[" * 40 + "]" * 40, "[" * 3_000 + "]" * 3_000,
    '{"a":' * 1_500 + "1" + "}" * 1_500, "[" * 3_000,
)  # fmt: skip
TEXTS = (
    "", " ", "\0", "a\0b", "\n", "\r\n", '"', "\\", "\\n", "{", '"}', "a,b", "a=b", "\ufeff", "\u2028",
    "\u202e", "\x85", "\x1f", "é", "e\u0301", "\U0001f600", "\ud800", "\udfff", "a\udc80b", "other",
    ".", "..", "../..", "//", "/", "?", "#", "%", "%00", "%zz", "http://", "https://[::", "http://a:99999/",
    "https://user:pass@api.github.com/", "file:///etc/passwd", "x" * 5_000, "\U0001f600" * 1_000,
    "NaN", "nan", "inf", "-Infinity", "1e400", "-1", "1_000", "٣", "²", " 5", "5 ", "1e3", "0x1F",
    "9" * 30, "9" * 5_000, "0000-00-00", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01",
    "2026-01-06", "2026-01-06T00:00:00", "2026-01-06T23:59:60Z", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "2026-01-06T10:00:00.123456789Z",
    "2026-01-06T24:00:00Z", "2026-13-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-W01-1", "-1-01-01",
)  # fmt: skip
TOKENS = (
    b"\0", b"\n", b"\r", b"\r\n", b'"', b'""', b"'", b",", b";", b":", b"{", b"}", b"[", b"]", b"\\",
    b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80",
    b"-", b"9", b"e9", b".", b"null", b"true", b"NaN", b"\\u0000", b"\\ud800", b"\t", b" ", b"#", b"&a",
    b"*a", b"!!", b"<<: ", b"%00", b"=", b"q=0.", b"*", b"/",
)  # fmt: skip

_RAW = re.compile(r'"\u241b(\d+)\u241b"')


def text(random: Random) -> str:
    """A text that somebody once forgot to think of."""
    kind = random.randrange(4)
    if kind < 2:
        return random.choice(TEXTS)
    if kind == 2:
        return "".join(random.choice(TEXTS)[:20] for _ in range(random.randrange(1, 5)))
    return "".join(character(random) for _ in range(random.randrange(1, 12)))


def character(random: Random) -> str:
    """One of all characters: the awkward ones as likely as the rest."""
    highest = random.choice((0x20, 0x7F, 0x100, 0x2100, 0xE000, 0x110000))
    return chr(random.randrange(highest))


def shuffled_bytes(random: Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """The bytes with up to eight of: bits flipped, cut, inserted, repeated, spliced."""
    spoilt = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(spoilt) + 1)
        to = min(len(spoilt), at + random.choice((0, 1, 1, 2, 8, 64, 1_000)))
        kind = random.randrange(7)
        if kind == 0 and at < len(spoilt):
            spoilt[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del spoilt[at:to]
        elif kind == 2:
            spoilt[at:at] = random.choice(TOKENS) * random.choice((1, 1, 1, 2, 50))
        elif kind == 3:
            spoilt[at:to] = spoilt[at:to] * random.choice((0, 2, 3, 20))
        elif kind == 4 and others:
            other = random.choice(others)
            start = random.randrange(len(other) + 1)
            spoilt[at:to] = other[start : start + random.choice((4, 40, 4_000))]
        elif kind == 5:
            del spoilt[at:]
        else:
            spoilt[at:to] = random.randbytes(random.randrange(6))
    return bytes(spoilt)


def shuffled_text(random: Random, whole: str, others: Sequence[str] = ()) -> str:
    """The text with pieces cut, repeated, inserted and exchanged."""
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(whole) + 1)
        to = min(len(whole), at + random.choice((0, 1, 5, 40)))
        piece = random.choice(
            (text(random), "", whole[at:to] * 2, random.choice(others) if others else "\n")
        )
        whole = whole[:at] + piece + whole[to:]
    return whole


def document(random: Random, value: Any) -> bytes:
    """A JSON document with up to eight of its parts dropped, doubled, retyped or made extreme."""
    spoilt = deepcopy(value)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        spoilt = _changed(random, spoilt)
    return encoded(random, spoilt)


def encoded(random: Random, value: Any) -> bytes:
    """The document as bytes, with what no JSON writer would write where it was put in."""
    written = json.dumps(value, ensure_ascii=random.random() < 0.5)
    written = _RAW.sub(lambda found: RAW_VALUES[int(found[1])], written)
    return written.encode("utf-8", "surrogatepass")


def part(random: Random) -> Any:
    """A value in the place of another."""
    kind = random.randrange(8)
    if kind < 3:
        # Stands for a piece of text that is put in as it is.
        return f"\u241b{random.randrange(len(RAW_VALUES))}\u241b"
    if kind < 6:
        return text(random)
    if kind == 6:
        return random.choice((None, True, False, [], {}, [None], {"": None}, [[]], 0, -1, 0.5))
    return random.choice((1, -1)) * random.choice((1, 3, 2**31, 2**53, 2**63, 2**64, 10**30))


def _changed(random: Random, value: Any) -> Any:
    holder, key = _place(random, value)
    if holder is None:
        return part(random)
    kind = random.randrange(8)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder[key:key] = [deepcopy(holder[key])] * random.choice((1, 1, 2, 40))
    elif kind == 2 and isinstance(holder, list):
        random.shuffle(holder)
    elif kind == 1:
        holder[text(random)] = deepcopy(holder[key])
    elif kind == 2:
        holder[random.choice(list(holder))] = holder[key]
        del holder[key]
    elif kind == 3:
        other, other_key = _place(random, value)
        if other is not None:
            holder[key] = deepcopy(other[other_key])
    else:
        holder[key] = part(random)
    return value


def _place(random: Random, value: Any) -> tuple[Any, Any]:
    """A place somewhere in the document, deep ones as likely as shallow ones; None in a scalar."""
    holder: Any = None
    key: Any = None
    while isinstance(value, dict | list) and value and (holder is None or random.random() < 0.8):
        holder = value
        key = (
            random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
        )
        value = value[key]
    return holder, key
