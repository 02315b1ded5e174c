"""What is odd about changes: their model, their files, and lines that no file tells of."""

from pathlib import Path

from exporter.model import DAY
from tests.streams.cursor.ai_code_changes.case import CASE as CHANGES
from tests.streams.cursor.rows import change, fill, without
from tests.streams.harness import Pipeline


async def test_gaps_in_changes(tmp_path: Path) -> None:
    """No model, no file name, no files, or fewer than the total: every line still counts once."""
    async with Pipeline(CHANGES, tmp_path) as run:
        fill(
            run,
            change("1"),
            without(change("2", metadata=None), "model"),
            without(change("3"), "metadata"),
            change("4", metadata=[{"linesAdded": 5}], source="COMPOSER", model="m"),
            change("5", metadata=[{"fileName": "x.py", "fileExtension": "py"}], source="NEW"),
            change("5"),
        )
        await run.poll()
        assert run.values("cursor_changes_total") == {
            ("tab", "unknown"): 3,
            ("composer", "m"): 1,
            ("other", "unknown"): 1,
        }
        added = run.values("cursor_change_file_lines_added_total")
        assert added == {("py",): 8, ("unknown",): 5, ("other",): 8 + 8 + 3 + 8}
        lines = run.values("cursor_change_lines_added_total")
        assert sum(added.values()) == sum(lines.values()) == 5 * 8


async def test_three_days_of_downtime_are_caught_up(tmp_path: Path) -> None:
    """The first poll after it reads from the last good one on, beyond the lookback."""
    async with Pipeline(CHANGES, tmp_path) as run:
        fill(run, change("1"))
        await run.poll()
        fill(run, change("1"), change("2"), change("3", createdAt="2026-01-07T23:00:00.000Z"))
        await run.restart()
        await run.poll(after=3 * DAY)
        assert sum(run.values("cursor_changes_total").values()) == 3


async def test_a_change_that_comes_again_with_other_lines_is_told(tmp_path: Path) -> None:
    """The first of them counts, and the other is rejected."""
    async with Pipeline(CHANGES, tmp_path) as run:
        fill(run, change("a"), change("a"), change("a", totalLinesAdded=999), change("b"))
        await run.poll()
        assert sum(run.values("cursor_changes_total").values()) == 2
        assert run.status.rejected == {"id": 1}
