"""What tests do to Kafka behind the log's back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from harness import eventually
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError


@contextmanager
def admin(brokers: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=brokers.split(","))
    try:
        yield client
    finally:
        client.close()


def forget(brokers: str, namespace: str) -> None:
    """Delete what a test made, topics and groups."""
    with admin(brokers) as client:
        topics = [name for name in client.list_topics() if name.startswith(f"{namespace}.")]
        if topics:
            client.delete_topics(topics)
        groups = [group["group_id"] for group in client.list_groups()]
        with suppress(KafkaError):
            client.delete_groups([group for group in groups if group.startswith(f"{namespace}.")])


def rewind(brokers: str, namespace: str) -> None:
    """Every group of a system that is stopped begins anew; members that were killed are waited for."""
    with admin(brokers) as client:

        def gone() -> bool:
            groups = [group["group_id"] for group in client.list_groups()]
            mine = [group for group in groups if group.startswith(f"{namespace}.")]
            with suppress(KafkaError):
                client.delete_groups(mine)
            return not mine

        eventually(gone, 60)


def alter(brokers: str, topic: str, settings: Mapping[str, object]) -> None:
    with admin(brokers) as client:
        values = {name: str(value) for name, value in settings.items()}
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, values)])
