"""A TCP proxy on this machine that does to a connection what networks do."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from services.cli.ports import free_ports

CHUNK = 65_536
LOOPBACK = "127.0.0.1"
Link = tuple[socket.socket, socket.socket]


class Proxy:
    """Stands before a server: `proxy.address` instead of its own. Healthy until told otherwise, and again by `heal`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        (self.port,) = free_ports(1)
        self._listener = socket.create_server((LOOPBACK, self.port))
        self.address = f"{LOOPBACK}:{self.port}"
        self._seconds = 0.0
        self._open = threading.Event()
        self._open.set()
        self._links: set[Link] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def delay(self, seconds: float) -> None:
        """Every piece, each way, comes so much later; about as if the other were that far away."""
        self._seconds = seconds

    def cut(self) -> None:
        """No byte passes any more, and nobody is told: connections stay, new ones are taken."""
        self._open.clear()

    def reset(self) -> None:
        """Every connection is broken at once; new ones are taken."""
        with self._lock:
            links, self._links = self._links, set()
        for link in links:
            for each in link:
                _break(each)

    def refuse(self) -> None:
        """As if no server were there: connections are broken, and new ones refused."""
        _wake_and_close(self._listener)
        self.reset()

    def heal(self) -> None:
        self._seconds = 0.0
        self._open.set()
        if self._listener.fileno() < 0:
            self._listener = socket.create_server((LOOPBACK, self.port))
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        self.refuse()
        self._open.set()  # ends the threads that wait

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            try:
                server = socket.create_connection(self._target)
            except OSError:
                _break(client)
                continue
            link = (client, server)
            with self._lock:
                self._links.add(link)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(link, *ends), daemon=True).start()

    def _carry(self, link: Link, source: socket.socket, sink: socket.socket) -> None:
        """Until one side ends; that is told to the other, as everything is, only while bytes pass."""
        try:
            while data := source.recv(CHUNK):
                time.sleep(self._seconds)
                self._open.wait()
                sink.sendall(data)
            self._open.wait()
            if link in self._links:
                sink.shutdown(socket.SHUT_WR)
        except OSError:
            self._open.wait()
            for each in (source, sink):
                _break(each)


@contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """Until the block ends."""
    started = Proxy(host, port)
    try:
        yield started
    finally:
        started.close()


def _break(connection: socket.socket) -> None:
    """Both ends get a reset instead of a goodbye, also who waits in `recv` in another thread."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    _wake_and_close(connection)


def _wake_and_close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    connection.close()
