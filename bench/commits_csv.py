"""Cursor commits over CSV: rows a second beside a bare `csv.reader`, and memory."""

import csv
import io
import random
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.run import TIMES, Row, cpu_seconds
from exporter.vendors.cursor.commits.stream import TRACKING, CommitSums

ROWS = 100_000
MANY_ROWS = 300_000
SLICE = 256 * 1024
HEADER = (
    "commit_hash,commit_source,user_id,user_email,repo_name,branch_name,is_primary_branch,"
    "total_lines_added,total_lines_deleted,tab_lines_added,tab_lines_deleted,composer_lines_added,"
    "composer_lines_deleted,non_ai_lines_added,non_ai_lines_deleted,message,commit_ts,created_at"
)
MESSAGES = ("Refactor the client", "Add error handling, and more\n\nSecond paragraph")


def commits(count: int) -> Iterator[list[object]]:
    chance = random.Random(1)
    for number in range(count):
        person = chance.randrange(2_000)
        day, second = chance.randrange(1, 15), chance.randrange(60)
        yield [
            f"{chance.getrandbits(160):040x}", "ide", f"user_{person:022}",
            f"developer{person}@example.com", f"acme/repository-{chance.randrange(200)}",
            f"feature/{chance.randrange(5_000)}", chance.choice(("true", "false")),
            120, 30, 50, 10, 40, 5, 30, 15, MESSAGES[number % 4 == 0],
            f"2026-01-{day:02}T14:12:03.000Z", f"2026-01-{day:02}T14:12:{second:02}.000Z",
        ]  # fmt: skip


def slices(count: int) -> Iterator[bytes]:
    """The CSV in pieces, as a stream gives it."""
    buffer = io.StringIO()
    buffer.write(HEADER + "\n")
    writer = csv.writer(buffer, lineterminator="\n")
    for row in commits(count):
        writer.writerow(row)
        if buffer.tell() >= SLICE:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def bare(body: list[bytes]) -> None:
    text = io.TextIOWrapper(io.BytesIO(b"".join(body)), encoding="utf-8", newline="")
    for _ in csv.reader(text):
        pass


def records(body: list[bytes]) -> None:
    rows = TRACKING.csv_rows()
    for piece in body:
        for _ in rows.feed(piece):
            pass
    for _ in rows.close():
        pass


def counted(body: Iterable[bytes]) -> CommitSums:
    rows, sums = TRACKING.csv_rows(), CommitSums(0, people=False, reject=lambda _: None)
    for piece in body:
        sums.add(rows.feed(piece))
    sums.add(rows.close())
    return sums


def peak_kib() -> int:
    """The peak of this process alone; `ru_maxrss` would begin with that of its parent."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])


def measured_peak(count: int) -> int:
    """Peak memory in KiB of a process that reads so many rows from a stream."""
    code = f"from bench import commits_csv as b; b.counted(b.slices({count})); print(b.peak_kib())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    return int(done.stdout)


def rows() -> Iterable[Row]:
    body = list(slices(ROWS))
    base = cpu_seconds(lambda: bare(body))
    read = cpu_seconds(lambda: records(body))
    whole = cpu_seconds(lambda: counted(body))
    yield Row(
        "commits CSV: our records / bare csv.reader, rows a second",
        base / read,
        TIMES,
        at_least=0.7,
        note=f"{ROWS / read:,.0f} against {ROWS / base:,.0f} rows/s of 18 columns",
    )
    yield Row(
        "commits CSV: read, de-duplicated and summed / bare csv.reader",
        base / whole,
        TIMES,
        note=f"{ROWS / whole:,.0f} rows/s",
    )
    few, many = measured_peak(ROWS // 10), measured_peak(MANY_ROWS)
    size = sum(map(len, body)) / ROWS * MANY_ROWS / 2**20
    yield Row(
        f"commits CSV: peak memory of {MANY_ROWS:,} rows over {ROWS // 10:,}",
        (many - few) / 1024,
        "MiB",
        at_most=size,
        note=f"of a {size:.0f} MiB body; it is the identities: "
        f"{(many - few) * 1024 / (MANY_ROWS - ROWS // 10):.0f} B a row",
    )
