"""Ports of this machine to listen on.

Never from the range that the system gives to outgoing connections (32768 on, on Linux): a service that comes back after
a crash could find its port taken by a neighbour's connection.
"""

import socket
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from random import SystemRandom

FIRST, LAST = 10_000, 32_000
_random = SystemRandom()


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on now, picked at random so that two who ask at once rarely meet."""
    return _first_free(_anywhere(), count)


def ports_beside(port: int, count: int) -> list[int]:
    """The next ones after this port where they are free."""
    return _first_free(chain(range(port + 1, min(port + 20, 65_536)), _anywhere()), count)


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


def _first_free(candidates: Iterable[int], count: int) -> list[int]:
    return list(islice((port for port in dict.fromkeys(islice(candidates, 1000)) if is_free(port)), count))


def _anywhere() -> Iterator[int]:
    while True:
        yield _random.randrange(FIRST, LAST)
