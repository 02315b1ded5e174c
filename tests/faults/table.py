"""All faults, with the state that each must lead to."""

from dataclasses import dataclass

from exporter.client.errors import State
from tests.faults import contents, refusals, wire
from tests.faults.contents import always, changed, numbers
from tests.faults.proxy import Spoil
from tests.faults.refusals import TEN_YEARS, status


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong, and what a stream must say of it.

    `states` are all that may be told; where `OK` is among them, the fault may not touch a stream, or do
    no harm, and what is counted must be right at once. A `slow` one lasts as long as the client's own
    time-outs; the memory that a `flood` takes is measured in a process of its own. `only` names the
    streams that can tell (those whose rows have an identity), where not all can; `valid_for` those to
    which it is a good answer, as a credit on a bill is. `pages` may be asked
    for besides thrice what a good poll asks. Under a `stale` one nobody can tell that time has passed.
    """

    name: str
    spoil: Spoil
    states: frozenset[State]
    slow: bool = False
    flood: bool = False
    only: frozenset[str] | None = None
    valid_for: frozenset[str] = frozenset()
    pages: int = 0
    stale: bool = False

    def concerns(self, stream: str) -> bool:
        """Whether a stream is to withstand it."""
        return stream not in self.valid_for and (self.only is None or stream in self.only)


_FINE = frozenset({State.OK, State.EMPTY})
_UNAVAILABLE = frozenset({State.UNAVAILABLE})
_SCHEMA = frozenset({State.SCHEMA_ERROR})
_LIMITED = frozenset({State.RATE_LIMITED})

FAULTS = (
    Fault("answers late", wire.delayed, _FINE),
    Fault("never answers", wire.stalled, _UNAVAILABLE, slow=True),
    Fault("a byte now and then", wire.drip, _UNAVAILABLE, slow=True),
    Fault("reset before the answer", wire.reset_before, _UNAVAILABLE),
    Fault("reset in the headers", wire.reset_in_headers, _UNAVAILABLE),
    Fault("reset in the body", wire.reset_in_body, _UNAVAILABLE),
    Fault("cut, with Content-Length", wire.cut_short, _UNAVAILABLE),
    Fault("cut, without Content-Length", wire.cut_unnoticed, _SCHEMA | _UNAVAILABLE),
    Fault("cut between chunks", wire.cut_chunks, _UNAVAILABLE),
    Fault("a chunk of no size", wire.bad_chunks, _UNAVAILABLE),
    Fault("no HTTP at all", wire.no_http, _UNAVAILABLE),
    Fault("two Content-Lengths", wire.two_lengths, _UNAVAILABLE),
    Fault("bits flipped", changed(contents.corrupted), _SCHEMA),
    Fault("a storm of 1xx", wire.informational_storm, _UNAVAILABLE, slow=True, flood=True),
    Fault("endless headers", wire.endless_headers, _UNAVAILABLE, flood=True),
    Fault("429", status(429), _LIMITED),
    Fault("429, Retry-After: 1", status(429, retry_after="1"), _LIMITED),
    Fault("429, Retry-After negative", status(429, retry_after="-5"), _LIMITED),
    Fault("429, Retry-After ten years", status(429, retry_after=str(TEN_YEARS)), _LIMITED),
    Fault(
        "429, Retry-After past",
        status(429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
        _LIMITED,
    ),
    Fault("429, Retry-After garbage", status(429, retry_after="soon\u00b2 (1e999)"), _LIMITED),
    Fault(
        "403, quota always used up",
        status(403, x_ratelimit_remaining="0", x_ratelimit_reset="9" * 400),
        _LIMITED,
    ),
    Fault("503", status(503), _UNAVAILABLE),
    Fault("503, Retry-After ten years", status(503, retry_after=str(TEN_YEARS)), _UNAVAILABLE),
    Fault("redirect to another host", refusals.elsewhere, _UNAVAILABLE),
    Fault("redirect to itself", refusals.loop, _SCHEMA),
    Fault("redirect to a file", refusals.nowhere, _SCHEMA),
    Fault("304 to everything", refusals.unmodified, _FINE | _SCHEMA, stale=True),
    Fault("HTML with 200", refusals.login_page, _SCHEMA),
    Fault("HTML said to be JSON", refusals.undeclared_login_page, _SCHEMA),
    Fault("200 without a body", refusals.empty, _SCHEMA | _UNAVAILABLE),
    Fault("gzip bomb", wire.gzip_bomb, _SCHEMA, flood=True),
    Fault("plain, said to be gzip", wire.said_gzip, _UNAVAILABLE),
    Fault("Content-Encoding: br", wire.said_brotli, _SCHEMA),
    Fault("damaged gzip", wire.damaged_gzip, _UNAVAILABLE),
    Fault("10 GB of blanks", wire.huge_body, _SCHEMA, flood=True),
    Fault("10 GB of lines", wire.huge_lines, _SCHEMA, flood=True),
    Fault(
        "endless pages",
        contents.list_without_end(marked=True),
        _FINE | _SCHEMA | _UNAVAILABLE,
        flood=True,
        pages=5_000,
    ),
    Fault(
        "a page that repeats",
        contents.list_without_end(marked=False),
        _FINE | _SCHEMA | _UNAVAILABLE,
    ),
    Fault("a text instead", always(b'"maintenance"'), _SCHEMA),
    Fault("a number instead", always(b"7"), _SCHEMA),
    Fault("null instead", always(b"null"), _SCHEMA),
    Fault("numbers in a list", always(b"[1, 2, 3]"), _SCHEMA),
    Fault("numbers 1e400", changed(numbers(b"1e400")), _FINE | _SCHEMA),
    Fault("numbers NaN", changed(numbers(b"NaN")), _FINE | _SCHEMA),
    Fault(
        "numbers negative",
        changed(numbers(b"-3")),
        _FINE | _SCHEMA,
        valid_for=frozenset({"billing_usage", "usage_reports", "ai_credits"}),
    ),
    Fault("numbers 2**70", changed(numbers(b"%d" % 2**70)), _FINE | _SCHEMA),
    Fault("half characters", changed(contents.surrogates), _FINE | _SCHEMA),
    Fault(
        "every row twice",
        changed(contents.rows_twice),
        _FINE | _SCHEMA,
        only=frozenset(
            {
                *("ai_code_commits", "ai_code_changes", "audit_log", "copilot_seats"),
                *("bugbot_reviews", "daily_usage", "members", "spend"),
            }
        ),
    ),
    Fault("nested 100,000 deep", always(b"[" * contents.DEEP + b"]" * contents.DEEP), _SCHEMA),
    Fault(
        "nested in a field", always(b'{"x":' * contents.DEEP + b"1" + b"}" * contents.DEEP), _SCHEMA
    ),
)
