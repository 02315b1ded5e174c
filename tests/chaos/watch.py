"""Scrapes without end, as Prometheus does: no counter may fall, vanish or be on a page twice."""

import re
import threading
import time

import httpx

PAUSE = 0.1
_COUNTER = re.compile(r"(anthropic|assistant|cursor|github|tabnine)_\w+_total(\{| )")


class Watch:
    """Reads the page of one port in the background until it is stopped."""

    def __init__(self, port: int) -> None:
        self.scrapes = 0
        self.wrongs: list[str] = []
        self.answered = threading.Event()
        self.answered_at = 0.0
        self._url = f"http://127.0.0.1:{port}/metrics"
        self._seen: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=30, verify=False) as client:
            while not self._stop.is_set():
                try:
                    answer = client.get(self._url)
                except httpx.TransportError:
                    # It is dead, or dies while it answers: half a page is not a scrape.
                    time.sleep(PAUSE / 4)
                    continue
                self.look(answer.text)
                if not self.answered.is_set():
                    self.answered_at = time.monotonic()
                    self.answered.set()
                self._stop.wait(PAUSE)

    def look(self, page: str) -> None:
        """Compare a page with all pages before."""
        self.scrapes += 1
        found: dict[str, float] = {}
        for line in page.splitlines():
            if not _COUNTER.match(line):
                continue
            series, _, text = line.rpartition(" ")
            if series in found:
                self.wrongs.append(f"{series} is twice on a page")
            found[series] = value = float(text)
            if value < self._seen.get(series, 0):
                self.wrongs.append(f"{series} fell from {self._seen[series]} to {value}")
        self.wrongs += [f"{series} vanished" for series in self._seen.keys() - found.keys()]
        self._seen = found
