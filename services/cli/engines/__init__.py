"""Real servers for development and tests, without Docker."""

from collections.abc import Mapping


def running() -> Mapping[str, str]:
    """The engines that `vivier engines up` keeps running: kafka, elasticsearch, postgres → address."""
    return {}
