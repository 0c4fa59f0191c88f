# What an operator runs once, without the checkout's tools: secrets, and tokens of the local issuer. Runs as whoever asks.
# Built from the repository root: docker build -t unavez/operations -f deploy/containers/operations.Dockerfile .
FROM python:3.11-slim AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/unavez
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /build
COPY pyproject.toml uv.lock ./
COPY shared/pyproject.toml shared/pyproject.toml
RUN uv sync --frozen --no-dev --no-install-workspace --package unavez-shared
COPY shared/src shared/src
RUN uv sync --frozen --no-dev --no-editable --package unavez-shared && chmod -R a+rX /opt/unavez

FROM python:3.11-slim
COPY --from=build /opt/unavez /opt/unavez
COPY deploy/containers/create-secrets.py deploy/containers/issue-token.py /opt/unavez/operations/
COPY deploy/containers/unavez_containers /opt/unavez/operations/unavez_containers
RUN chmod -R a+rX /opt/unavez/operations
ENV PATH=/opt/unavez/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /work
ENTRYPOINT ["/bin/sh", "-c", "exec python /opt/unavez/operations/$0.py \"$@\""]
CMD ["create-secrets"]
