# What a developer does often: `uv run just` lists it. Everything here also runs by hand.

_list:
    @just --list --unsorted

# Style, format, types, imports and contracts, without any test
check:
    uv run ruff check .
    uv run ruff format --check .
    uv run mypy
    uv run lint-imports --no-cache
    cd protos && uv run buf lint && uv run buf breaking --against released.binpb

# Tests of two minutes: no whole system, no real engine. Words after it go to pytest
fast *words:
    uv run pytest -m "not slow and not engines" {{words}}

# Everything, as a merge needs it: real engines, and stores on PostgreSQL
full:
    .ci/run

# Real Kafka, Elasticsearch and PostgreSQL on this machine: up, status or down
engines *words="up":
    uv run vivier engines {{words}}

# What is generated and committed: code of the contracts, the public schema
gen:
    uv run python protos/generate.py
    uv run python -m services.gateway.schema.build > services/gateway/schema.graphql.new
    mv services/gateway/schema.graphql.new services/gateway/schema.graphql

# The exact packages of an installation with their hashes, from the versions in pyproject.toml
lock:
    uv export --quiet --no-dev --no-emit-project --no-annotate --no-header --no-emit-index-url --format requirements-txt --output-file requirements.lock

# What is frozen and built for a release: see RELEASING.md
release: check full lock
    cd protos && uv run buf build --output released.binpb
    uv build --wheel --out-dir dist
