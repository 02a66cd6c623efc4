"""Sends a mail: asks how its recipient is addressed and what goes into it, as late as can be."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from services.kit.deliveries import Delivery
from services.kit.outbox import Units
from services.notifications import texts
from services.notifications.domain import Addressee, MailState
from services.notifications.mailer import Letter, Mailer
from services.notifications.store import mails

Addressees = Callable[[Sequence[str]], Mapping[str, Addressee]]
"""Asks how recipients are addressed; who cannot be reached by mail is left out."""


class MailSender:
    """Deliveries by mail: the id is the Message-ID, the target a recipient."""

    def __init__(self, units: Units, mailer: Mailer, addressees: Addressees) -> None:
        self._units = units
        self._mailer = mailer
        self._addressees = addressees
        self._known: Mapping[str, Addressee] = {}

    def prepare(self, due: Sequence[Delivery]) -> None:
        self._known = self._addressees([each.target for each in due])

    def send(self, delivery: Delivery) -> str:
        with self._units.reading() as connection:  # nothing where all of it was erased or withdrawn meanwhile
            contents = mails.contents(connection, delivery.id)
        worthwhile = [each for each in contents if each.worth_a_mail]
        if not worthwhile:
            return MailState.NEEDLESS
        to = self._known.get(delivery.target)
        if to is None:
            return MailState.NO_ADDRESS
        subject, body = texts.write(worthwhile, to.given_name, to.language)
        self._mailer.send(Letter(delivery.id, to.email, subject, body, to.language))
        return ""

    def settled(self, connection: Connection, delivery: Delivery, reason: str) -> None:
        mails.settle(connection, delivery.id, MailState.of_outcome(reason))
