"""nginx, which serves a page from files as fast as anything can."""

from pathlib import Path

_CONFIG = """
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log; user root;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen {listen}; root {folder}; gzip_static on; default_type text/plain;
    {settings}
  }}
}}
"""


def command(folder: Path, listen: str, settings: str, plain: bytes, compressed: bytes) -> list[str]:
    """The command of an nginx that has the page as `/metrics` in `folder`, in both encodings."""
    (folder / "metrics").write_bytes(plain)
    (folder / "metrics.gz").write_bytes(compressed)
    config = folder / "nginx.conf"
    config.write_text(
        _CONFIG.format(folder=folder, listen=listen, settings=settings), encoding="utf-8"
    )
    return ["nginx", "-c", str(config), "-p", str(folder)]
