"""Sends mails: the port, and an adapter for installations without a mail server.

- `send` returns when somebody else has taken the responsibility for the letter. It may have been taken although `send`
  raised, or the process may die before it writes down that it was: then the same letter is sent again, with the same
  `id`, of which the adapter makes the Message-ID, so that mail programs can drop the second.
- `RetryLater` means that the same letter may go later (the server is away or busy, or refuses ourselves). Whoever calls
  waits longer each time and gives up in the end; an adapter never tries twice by itself.
- `Poison` means that this address can never be reached.
- Letters are sent one after the other, by one thread. An adapter writes no address, name or text into its logs.
"""

import logging
from dataclasses import dataclass
from typing import Protocol

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Letter:
    id: str  # the same at every attempt
    to: str  # an e-mail address
    subject: str  # one line
    body: str  # plain text
    language: str


class Mailer(Protocol):
    def send(self, letter: Letter) -> None: ...


class LogMailer:
    """Sends nothing: writes a line for each letter."""

    def send(self, letter: Letter) -> None:
        logger.info("mail %s to %s, %d characters", letter.id, masked(letter.to), len(letter.body))


def masked(address: str) -> str:
    """Only the provider of an address."""
    return "…@" + address.rpartition("@")[2]
