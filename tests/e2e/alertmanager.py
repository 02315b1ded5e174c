"""A real Alertmanager, and a webhook that keeps what it is told."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from bench.ports import free_port
from tests.e2e.processes import PATIENCE, Process, program, wait_for


class Webhook:
    """Its address, and each notification with the path to which it came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.told: list[tuple[str, dict[str, Any]]] = []

    @property
    def alerts(self) -> list[dict[str, Any]]:
        """The alerts of all notifications."""
        return [alert for _, notification in self.told for alert in notification["alerts"]]


@contextlib.contextmanager
def webhook() -> Iterator[Webhook]:
    """Served on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            hook.told.append((self.path, body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        hook = Webhook(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield hook
        finally:
            server.shutdown()
            thread.join()


class Alertmanager:
    """The program with a configuration of the test's."""

    def __init__(self, directory: Path, config: Mapping[str, Any]) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        path = directory / "alertmanager.yml"
        path.write_text(json.dumps(config), encoding="utf-8")
        self._process = Process(
            [
                program("prometheus-alertmanager"),
                f"--config.file={path}",
                f"--storage.path={directory / 'alertmanager'}",
                f"--web.listen-address={self.address}",
                "--cluster.listen-address=",
            ],
            directory / "alertmanager.log",
        )
        self._client = httpx.Client(base_url=f"http://{self.address}", timeout=PATIENCE)

    def wait_until_ready(self) -> None:
        wait_for("Alertmanager is ready", lambda: self._client.get("/-/ready").status_code == 200)

    def send(self, alerts: Sequence[Mapping[str, Any]]) -> None:
        """Alerts as Prometheus sends them, all at once."""
        self._client.post("/api/v2/alerts", json=list(alerts)).raise_for_status()

    def active(self) -> list[dict[str, str]]:
        """The labels of the alerts that nothing inhibits."""
        answer = self._client.get("/api/v2/alerts", params={"inhibited": "false"})
        answer.raise_for_status()
        return [alert["labels"] for alert in answer.json()]

    def stop(self) -> None:
        self._client.close()
        self._process.stop()
