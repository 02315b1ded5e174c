"""A real daemon whose configuration is changed while it counts: nothing is lost, nothing ends it."""

import contextlib
import re
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.counted import targets
from tests.e2e.processes import Exporter, Simulator, fetch, wait_for
from tests.e2e.test_counts import (
    FAMILIES,
    LOOKBACK_DAYS,
    Totals,
    configuration,
    counted,
    first_day,
    shared,
    shown_of,
)

pytestmark = pytest.mark.process

CURSOR = {"cursor/ai_code_changes"}
TABNINE = {"tabnine/audit_log", "tabnine/usage"}
GOOD = "usage_exporter_config_last_reload_successful"
GOOD_AT = "usage_exporter_config_last_reload_success_timestamp_seconds"


def value(exporter: Exporter, name: str, labels: str = "") -> float | None:
    found = re.search(rf"^{name}{re.escape(labels)} (\S+)$", exporter.page(), re.MULTILINE)
    return float(found[1]) if found else None


def light(simulator: Simulator, directory: Path) -> dict[str, Any]:
    """Three streams that count, and are quick to poll."""
    lookbacks = dict.fromkeys(CURSOR | TABNINE, f"{LOOKBACK_DAYS}d")
    return {
        **configuration(simulator, directory),
        "targets": targets(simulator.url, directory, lookbacks),
    }


def test_counts_are_true_through_added_changed_broken_and_removed_targets(
    simulator: Simulator, tmp_path: Path
) -> None:
    """At the end every total equals the truth, and the daemon has been one process throughout."""
    begun = first_day()
    content = light(simulator, tmp_path)
    cursor, tabnine = content["targets"]
    exporter = Exporter(tmp_path, {**content, "targets": [cursor]})
    try:
        exporter.wait_for_polls(CURSOR)
        simulator.control("changes", {"items": [{"source": "TAB", "totalLinesAdded": 7}] * 11})

        exporter.reconfigure(content)
        exporter.wait_for_polls(CURSOR | TABNINE)
        days = {begun, first_day()}
        simulator.control("audit-events", {"items": [{"eventType": "token.revoked"}] * 13})

        tabnine["streams"]["audit_log"] = {**tabnine["streams"]["audit_log"], "interval": "2s"}
        exporter.reconfigure(content)
        labels = '{vendor="tabnine",account="tabnine",stream="audit_log"}'
        assert value(exporter, "usage_exporter_poll_interval_seconds", labels) == 2

        good_at = value(exporter, GOOD_AT)
        exporter.reconfigure("targets: [{")
        assert value(exporter, GOOD) == 0
        assert value(exporter, GOOD_AT) == good_at
        simulator.control("changes", {"items": [{"source": "TAB", "totalLinesAdded": 5}] * 9})
        exporter.wait_for_polls(CURSOR | TABNINE)

        exporter.reconfigure({**content, "targets": [tabnine]})
        assert value(exporter, GOOD) == 1
        assert (value(exporter, GOOD_AT) or 0) > (good_at or 0)
        assert 'vendor="cursor"' not in exporter.page()
        assert "cursor_changes_total{" not in exporter.page()
        simulator.control("changes", {"items": [{"source": "TAB", "totalLinesAdded": 3}] * 8})

        exporter.reconfigure(content)
        simulator.control("freeze")
        exporter.wait_for_polls(CURSOR | TABNINE)
        told = [simulator.truth(since=day) for day in sorted(days)]

        def page_and_truth() -> tuple[Totals, Totals]:
            page = shared(counted(exporter.page()), FAMILIES)
            names = {name for name, _ in page}
            return page, shown_of([shared(truth, names) for truth in told], page)

        def has_it_all() -> bool:
            page, truth = page_and_truth()
            shown = {name for name, _ in page}
            whole = {"cursor_changes_total", "tabnine_completions_total"} <= shown
            return whole and page == truth

        # The last births are held at 0 for a while.
        with contextlib.suppress(AssertionError):
            wait_for("the page has it all", has_it_all)
        page, truth = page_and_truth()
        assert page == truth
        assert sum(n for (name, _), n in page.items() if name == "cursor_changes_total") >= 28
        assert page["tabnine_audit_events_total", (("event_type", "token.revoked"),)] == 13
    finally:
        assert exporter.process.stop() == 0


def test_a_hangup_ends_no_daemon_that_starts_or_stops(simulator: Simulator, tmp_path: Path) -> None:
    """Hangups from the moment that Python runs to the end of the process, and the exit code is 0."""
    content = light(simulator, tmp_path)
    exporter = Exporter(tmp_path, content)
    try:
        wait_for("the program has begun", lambda: ignores_hangups(exporter.process.pid))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not answers(exporter):
            exporter.process.send(signal.SIGHUP)
            time.sleep(0.02)
        assert exporter.process.running
        exporter.process.send(signal.SIGTERM)
        while exporter.process.running and time.monotonic() < deadline:
            exporter.process.send(signal.SIGHUP)
            time.sleep(0.005)
    finally:
        assert exporter.process.stop() == 0


def answers(exporter: Exporter) -> bool:
    try:
        return fetch(f"{exporter.url}/-/healthy").status_code == 200
    except httpx.TransportError:
        return False


def ignores_hangups(pid: int) -> bool:
    """Whether the process does not leave SIGHUP to its default."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    masks = [
        int(mask, 16) for mask in re.findall(r"^Sig(?:Ign|Cgt):\s+(\w+)$", status, re.MULTILINE)
    ]
    return any(mask >> (signal.SIGHUP - 1) & 1 for mask in masks)


def test_orders_need_the_flag_and_a_missing_web_configuration_is_a_bad_file(
    simulator: Simulator, tmp_path: Path
) -> None:
    """The order to quit ends the daemon as SIGTERM does."""
    content = light(simulator, tmp_path)
    web = tmp_path / "web.yml"
    web.write_text("http_server_config: {http2: false}\n", encoding="utf-8")
    exporter = Exporter(tmp_path, content, "--web.enable-lifecycle", f"--web.config.file={web}")
    try:
        wait_for("the exporter serves", lambda: answers(exporter))
        with httpx.Client(base_url=exporter.url, timeout=60) as client:
            assert client.post("/-/reload").status_code == 200
            web.unlink()
            refused = client.post("/-/reload")
            assert refused.status_code == 500
            assert f"{web}: cannot be read" in refused.text
            assert value(exporter, GOOD) == 0
            assert client.post("/-/quit").status_code == 200
        wait_for("the exporter has ended", lambda: not exporter.process.running)
    finally:
        assert exporter.process.stop() == 0


def test_a_stop_does_not_wait_for_polls_that_take_long(
    simulator: Simulator, tmp_path: Path
) -> None:
    """They are abandoned in good time before a supervisor would kill the process."""
    content = light(simulator, tmp_path)
    simulator.control("faults", {"path": "*", "kind": "hang"})
    exporter = Exporter(tmp_path, content)
    try:
        wait_for("the exporter serves", lambda: answers(exporter))
        wait_for("polls run", lambda: "usage_exporter_polls_total" in exporter.page())
    finally:
        assert exporter.process.stop() == 0
    assert "running polls were abandoned" in exporter.process.output.read_text("utf-8")
