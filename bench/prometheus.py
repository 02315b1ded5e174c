"""A real Prometheus scrapes 100,000 series over TLS with a password: ours, and nginx with the same file."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bcrypt

from bench import nginx
from bench.ports import free_port
from bench.run import TIMES, Row
from bench.servers import body, stopped, wait
from exporter.exposition.compress import Encoding

SERIES = 100_000
SECONDS = 40
PASSWORD = "bench"  # of servers that live for a minute on loopback
_TLS = """
ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
auth_basic bench; auth_basic_user_file {folder}/htpasswd;
"""


def rows() -> Iterable[Row]:
    if not all(map(shutil.which, ("prometheus", "nginx", "openssl"))):
        return
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        folder = Path(name)
        _certificate(folder)
        ports = {"ours": free_port(), "nginx": free_port()}
        for command in (_ours(folder, ports["ours"]), _nginx(folder, ports["nginx"])):
            running.enter_context(stopped(command))
        for port in ports.values():
            wait(port)
        url = f"http://127.0.0.1:{free_port()}"
        running.enter_context(stopped(_prometheus(folder, ports, url)))
        wait(int(url.rpartition(":")[2]))
        time.sleep(SECONDS)
        seconds = {
            job: _value(url, f'quantile_over_time(0.5, scrape_duration_seconds{{job="{job}"}}[5m])')
            for job in ports
        }
        samples = _value(url, 'scrape_samples_scraped{job="ours"}')
    yield Row(
        f"Prometheus scrapes {SERIES:,} series over TLS with a password: ours / nginx",
        seconds["ours"] / seconds["nginx"],
        TIMES,
        note=f"median scrape_duration_seconds {seconds['ours']:.3f} against {seconds['nginx']:.3f}, "
        f"{samples:,.0f} samples; it is nearly all Prometheus's own parsing",
    )


def _ours(folder: Path, port: int) -> list[str]:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode()
    tls = {"cert_file": "cert.pem", "key_file": "key.pem"}
    config = {"tls_server_config": tls, "basic_auth_users": {"bench": hashed}}
    (folder / "web.yml").write_text(json.dumps(config), encoding="utf-8")
    return [
        sys.executable,
        "-m",
        "bench.servers",
        "ours",
        str(SERIES),
        str(port),
        f"{folder}/web.yml",
    ]


def _nginx(folder: Path, port: int) -> list[str]:
    hashed = subprocess.run(
        ["openssl", "passwd", "-apr1", PASSWORD], capture_output=True, encoding="utf-8", check=True
    )
    (folder / "htpasswd").write_text(f"bench:{hashed.stdout}", encoding="utf-8")
    pages = body(SERIES, Encoding.IDENTITY), body(SERIES, Encoding.GZIP)
    return nginx.command(folder, f"127.0.0.1:{port} ssl", _TLS.format(folder=folder), *pages)


def _prometheus(folder: Path, ports: dict[str, int], url: str) -> list[str]:
    jobs = [
        {
            "job_name": job,
            "scheme": "https",
            "tls_config": {"ca_file": f"{folder}/cert.pem", "server_name": "localhost"},
            "basic_auth": {"username": "bench", "password": PASSWORD},
            "static_configs": [{"targets": [f"127.0.0.1:{port}"]}],
        }
        for job, port in ports.items()
    ]
    config = {"global": {"scrape_interval": "4s", "scrape_timeout": "4s"}, "scrape_configs": jobs}
    (folder / "prometheus.yml").write_text(json.dumps(config), encoding="utf-8")
    return [
        "prometheus",
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb",
        f"--web.listen-address={url.removeprefix('http://')}",
    ]


def _certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-days", "1", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"),
        ],
        capture_output=True,
        check=True,
    )


def _value(url: str, expression: str) -> float:
    query = urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(f"{url}/api/v1/query?{query}") as answer:
        result: list[dict[str, Any]] = json.load(answer)["data"]["result"]
    return float(result[0]["value"][1])
