"""Writes into the wheel which revision it was built from, and when, for `usage-exporter --version`."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BuildFacts(BuildHookInterface):
    """`REVISION` and `SOURCE_DATE_EPOCH` in the environment replace what git and the clock say."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        built = time.gmtime(None if epoch is None else int(epoch))
        facts = {
            "revision": os.environ.get("REVISION") or self._commit(),
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", built),
        }
        file = Path(self.directory) / "build.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(facts), encoding="utf-8")
        build_data["force_include"][str(file)] = "exporter/build.json"

    def finalize(self, *_: Any) -> None:
        (Path(self.directory) / "build.json").unlink(missing_ok=True)

    def _commit(self) -> str:
        """The commit of the checkout; a source distribution has none."""
        if not (Path(self.root) / ".git").exists():
            return "unknown"
        try:
            asked = subprocess.run(  # noqa: S603  # nothing of it comes from outside
                ["git", "-C", self.root, "rev-parse", "HEAD"],  # noqa: S607  # git is where it is
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError):
            return "unknown"
        return asked.stdout.strip()
