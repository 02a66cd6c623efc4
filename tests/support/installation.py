"""An installation of its own on engines that tests share: its settings, all that it has there, and its end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import brokers
import indices
import psycopg
import schemas
from engines import address_of, fresh_namespace
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql

Settings = Mapping[str, str]
MOST = 10_000


@contextmanager
def on_engines(**own: str) -> Iterator[Settings]:
    """Settings of a new installation, whose names go from the engines with the block; `own` addresses replace theirs.

    `on_engines(postgres=proxy.address)`; what stands on an engine of the test alone goes with that engine.
    """
    shared = {name: address_of(name) for name in ("kafka", "postgres", "elasticsearch")}
    namespace = fresh_namespace()
    addresses = {f"VIVIER_{name.upper()}": own.get(name, address) for name, address in shared.items()}
    try:
        yield {**addresses, "VIVIER_NAMESPACE": namespace}
    finally:
        brokers.forget(shared["kafka"], namespace)
        schemas.drop_schemas(shared["postgres"], namespace)
        indices.drop(shared["elasticsearch"], namespace)


def fields(settings: Settings) -> dict[str, str]:
    """As the settings of a service name them."""
    return {name.removeprefix("VIVIER_").lower(): value for name, value in settings.items()}


def rows(settings: Settings, store: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What stands in a store; the query is SQLite's, with `?` for values."""
    with in_store(settings, store) as connection:
        return connection.execute(query.replace("?", "%s").encode(), values).fetchall()


@contextmanager
def in_store(settings: Settings, store: str) -> Iterator["psycopg.Connection[Any]"]:
    """A connection to the schema of a service; committed when the block ends."""
    with psycopg.connect(settings["VIVIER_POSTGRES"]) as connection:
        schema = sql.Identifier(f"{settings['VIVIER_NAMESPACE']}_{store}")
        connection.execute(sql.SQL("SET search_path TO {}").format(schema))
        yield connection


def all_bytes(settings: Settings) -> dict[str, bytes]:
    """What every table, topic and index of it holds, by its name."""
    held = {**_of_stores(settings), **_of_topics(settings), **_of_indices(settings)}
    return {name.removeprefix(settings["VIVIER_NAMESPACE"])[1:]: content for name, content in held.items()}


def _of_stores(settings: Settings) -> dict[str, bytes]:
    query = "SELECT schemaname, tablename FROM pg_tables WHERE starts_with(schemaname, %s)"
    held = {}
    with psycopg.connect(settings["VIVIER_POSTGRES"]) as connection, connection.cursor() as cursor:
        for schema, table in cursor.execute(query, [settings["VIVIER_NAMESPACE"]]).fetchall():
            whole = sql.SQL("COPY {} TO STDOUT BINARY").format(sql.Identifier(schema, table))
            with cursor.copy(whole) as copy:
                held[f"{schema}.{table}"] = b"".join(bytes(piece) for piece in copy)
    return held


def _of_topics(settings: Settings) -> dict[str, bytes]:
    consumer = KafkaConsumer(bootstrap_servers=settings["VIVIER_KAFKA"].split(","), auto_offset_reset="earliest")
    try:
        names = [name for name in consumer.topics() if name.startswith(settings["VIVIER_NAMESPACE"])]
        return {name: _whole(consumer, name) for name in names}
    finally:
        consumer.close()


def _whole(consumer: KafkaConsumer, topic: str) -> bytes:
    places = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
    ends = consumer.end_offsets(places)
    consumer.assign(places)
    held = b""
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(1000).values():
            held += b"".join((each.key or b"") + (each.value or b"") for each in records)
    return held


def _of_indices(settings: Settings) -> dict[str, bytes]:
    address = settings["VIVIER_ELASTICSEARCH"]
    names = indices.generations(address, settings["VIVIER_NAMESPACE"])
    return {name: str(indices.ask(address, "GET", f"/{name}/_search?size={MOST}")).encode() for name in names}
