# An image with the server and its command line; docs/howto-containers.md says how to use it.
# BASE is any image of Debian with Python 3.11 or newer and its venv module.
ARG BASE=python:3.13-slim-bookworm

FROM ${BASE} AS build
RUN python3 -m venv /venv
COPY requirements-server.lock /
RUN /venv/bin/pip install --no-cache-dir --require-hashes --requirement /requirements-server.lock \
    && /venv/bin/pip uninstall --yes pip setuptools \
    && find /venv -name '*.po' -delete  # sources of translations
WORKDIR /app
COPY . .
# The root may be read-only, so nothing can be compiled later.
RUN /venv/bin/python -m compileall -q . && ln -s /app/cli.py /venv/bin/vid-trans

FROM ${BASE}
RUN useradd --uid 10001 --home-dir /data --no-create-home server \
    && install --directory --owner server --group server /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
# The defaults are for production. An upload that is being received is a file in TMPDIR, which is on
# the volume: a tmpfs would hold it in memory. gunicorn's heartbeats must not wait for a disk.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DEBUG=0 \
    DATABASE_URL=sqlite:////data/db.sqlite3 \
    UPLOAD_FOLDER=/data/uploads \
    TMPDIR=/data \
    GUNICORN_CMD_ARGS="--bind=0.0.0.0:8000 --worker-tmp-dir=/dev/shm"
USER server
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python3", "-c", \
    "import os, urllib.request as r; r.urlopen('http://127.0.0.1:8000' + os.environ.get('SCRIPT_NAME', '') + '/health/ready', timeout=4)"]
CMD ["deploy/start"]
