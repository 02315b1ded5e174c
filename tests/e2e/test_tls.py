"""A real Prometheus scrapes over TLS with a client certificate and a password."""

from pathlib import Path

import bcrypt
import httpx
import pytest
import yaml

from tests.e2e.processes import PATIENCE, Exporter, Prometheus, Simulator, wait_for
from tests.web.certificates import Authority

pytestmark = pytest.mark.process


@pytest.mark.real_time("Prometheus judges the certificates by its own clock")
def test_prometheus_scrapes_over_tls_with_a_password(tmp_path: Path) -> None:
    """Only who has certificate and password sees numbers."""
    authority = Authority(tmp_path)
    authority.issue("server", "localhost")
    certificate, key = authority.issue("scraper", "prometheus")
    hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
    web_config = tmp_path / "web.yml"
    web_config.write_text(
        yaml.safe_dump(
            {
                "tls_server_config": {
                    "cert_file": "server.pem",
                    "key_file": "server.key",
                    "client_auth_type": "RequireAndVerifyClientCert",
                    "client_ca_file": "ca.pem",
                    "client_allowed_sans": ["prometheus"],
                },
                "basic_auth_users": {"prometheus": hashed},
            }
        ),
        encoding="utf-8",
    )
    (tmp_path / "token").write_text("sim-cursor-key", encoding="utf-8")
    simulator = Simulator(tmp_path, "--developers=5", "--no-rate-limit")
    target = {
        "vendor": "cursor",
        "account": "acme",
        "base_url": f"{simulator.url}/cursor",
        "auth": {"token_file": str(tmp_path / "token")},
    }
    exporter = Exporter(
        tmp_path,
        {"targets": [target], "state": {"path": str(tmp_path / "state.db")}},
        f"--web.config.file={web_config}",
    )
    scrape = {
        "scheme": "https",
        "tls_config": {
            "ca_file": str(authority.file),
            "server_name": "localhost",
            "cert_file": str(certificate),
            "key_file": str(key),
        },
        "basic_auth": {"username": "prometheus", "password": "secret"},
    }
    prometheus = Prometheus(tmp_path, exporter.port, scrape)
    try:
        wait_for(
            "Prometheus sees the commits", lambda: prometheus.query("cursor_commits_total"), 90
        )
        assert prometheus.query("up")[0]["value"][1] == "1"
        with (
            httpx.Client(verify=False, timeout=PATIENCE) as stranger,
            pytest.raises((httpx.NetworkError, httpx.RemoteProtocolError)),
        ):
            stranger.get(f"https://127.0.0.1:{exporter.port}/metrics")
    finally:
        prometheus.stop()
        assert exporter.process.stop() == 0
        simulator.stop()
