# syntax=docker/dockerfile:1
ARG PYTHON=3.12

FROM docker.io/library/python:${PYTHON}-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN ["python3", "-m", "venv", "/opt/usage-exporter"]
ENV PATH=/opt/usage-exporter/bin:$PATH
# The locked dependencies come first, so that a change of the code reuses this layer.
COPY requirements.txt requirements-build.txt ./
RUN python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --require-hashes --requirement requirements-build.txt \
    && python -m pip install --require-hashes --only-binary=:all: --requirement requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY exporter exporter
ARG REVISION=unknown
# When it is built, as 2026-11-28T12:00:00Z; the clock says it where it is left out.
ARG CREATED
RUN REVISION="${REVISION}" SOURCE_DATE_EPOCH="${CREATED:+$(date --utc --date="${CREATED}" +%s)}" \
    /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m pip install --no-deps --no-index /wheels/*.whl \
    && python -m compileall -q /opt/usage-exporter/lib \
    && python -m pip uninstall --quiet --yes pip \
    && install -d -o 65532 -g 65532 -m 0700 /data

FROM docker.io/library/python:${PYTHON}-slim
ARG VERSION=unknown
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/usage-exporter/usage-exporter
LABEL org.opencontainers.image.title="usage-exporter" \
      org.opencontainers.image.description="Prometheus exporter for the usage APIs of AI coding assistants and developer platforms" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.documentation="${SOURCE}/blob/main/docs/install.md" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /opt/usage-exporter /opt/usage-exporter
COPY --from=build --chown=65532:65532 /data /data
ENV PATH=/opt/usage-exporter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HEALTH_URL=http://127.0.0.1:9899/-/healthy
# A relative state.path, such as the default, is in the volume.
WORKDIR /data
VOLUME /data
USER 65532:65532
EXPOSE 9899
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(os.environ['HEALTH_URL'], timeout=4).close()"]
ENTRYPOINT ["usage-exporter"]
CMD ["run", "--config.file=/etc/usage-exporter/config.yaml"]
