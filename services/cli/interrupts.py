"""Ctrl-C, SIGTERM and a terminal that closes: one KeyboardInterrupt, and only where it does no harm.

A launcher like `uv run` passes on the Ctrl-C that its whole group gets already, so one often comes twice at once.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """From now on signals are only noted, but for what runs inside `with interrupts.taken():`."""

    def __init__(self) -> None:
        self._asked = False
        self._taken = False
        for each in SIGNALS:
            if signal.getsignal(each) is not signal.SIG_IGN:  # as under nohup
                signal.signal(each, self._note)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """The first signal, also one from before, ends the block with KeyboardInterrupt; the others are ignored."""
        self._taken = True
        try:
            if self._asked:
                raise KeyboardInterrupt
            yield
        finally:
            self._taken = False

    def _note(self, *_: object) -> None:
        self._asked = True
        if self._taken:
            self._taken = False
            raise KeyboardInterrupt
