FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////data/easel.db

RUN useradd --uid 10001 --no-create-home easel \
    && install --directory --owner=easel --group=easel /data

WORKDIR /app
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY bot bot
COPY cogs cogs

USER 10001
VOLUME /data

# The heartbeat file lies beside the database and is touched every 15 s while the bot is well.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, sys, time; sys.exit(time.time() - os.stat('/data/heartbeat').st_mtime > 60)"]

ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
