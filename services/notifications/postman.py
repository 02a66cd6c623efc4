"""Takes mails from the queue to the mailer, and makes the day's digests and goodbyes before.

A mail is put off before it is tried. So whatever goes wrong while it is tried (a passing fault, a bug, kill -9) it
comes round again, later each time, until it is given up; it never holds back the others.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from services.kit.errors import Poison, Refused, RetryLater
from services.kit.outbox import Units
from services.notifications import texts, usecases
from services.notifications.domain import Addressee, Notification, Post
from services.notifications.mailer import Letter, Mailer
from services.notifications.store.mails import Due

logger = logging.getLogger(__name__)
MAILS_A_ROUND = 200
Addressees = Callable[[Sequence[str]], Mapping[str, Addressee]]
"""Asks how recipients are addressed; who cannot be reached by mail is left out."""


class Postman:
    """In several processes over one store only one works at a time."""

    def __init__(
        self,
        units: Units,
        mailer: Mailer,
        addressees: Addressees,
        announce: Callable[[], None],
        stopping: threading.Event,
    ) -> None:
        self._units = units
        self._mailer = mailer
        self._addressees = addressees
        self._announce = announce
        self._stopping = stopping
        self._waits_for_profile = False

    def round(self) -> None:
        """Do what there is to do now, but carry no more mails than `MAILS_A_ROUND`: the service has others to serve."""
        carried = 0
        with self._units.database.only_one("post") as alone:
            while carried < MAILS_A_ROUND and not self._stopping.is_set() and alone():
                told = usecases.say_goodbye(self._units, self._announce)
                bundled = usecases.bundle_digests(self._units)
                sent = self._send()
                if not (sent or told or bundled):
                    return
                carried += sent

    def _send(self) -> int:
        """How many mails were tried."""
        due = usecases.due_mails(self._units)
        known = self._ask([each.recipient for each in due])
        if known is None or not due:
            return 0
        outcomes: dict[str, Post] = {}
        for each in usecases.take_mails(self._units, due):
            if self._stopping.is_set():
                break
            contents = usecases.mail_contents(self._units, each)  # as late as can be: they may be erased meanwhile
            outcomes[each.mail] = self._deliver(each, contents, known.get(each.recipient))
            if outcomes[each.mail] is Post.SENT:  # written down at once, so that hardly any mail goes twice
                usecases.settle_mails(self._units, outcomes)
                outcomes = {}
        usecases.settle_mails(self._units, outcomes)
        return len(due)

    def _ask(self, recipients: Sequence[str]) -> Mapping[str, Addressee] | None:
        """None when the answer has to be waited for: that is no fault of the mails."""
        try:
            known = self._addressees(recipients) if recipients else {}
        except (RetryLater, Refused) as error:
            if not self._waits_for_profile:
                logger.warning("mails wait for an answer of profile: %s", error)
            self._waits_for_profile = True
            return None
        self._waits_for_profile = False
        return known

    def _deliver(self, due: Due, contents: Sequence[Notification], to: Addressee | None) -> Post:
        worthwhile = [each for each in contents if each.worth_a_mail]
        if not worthwhile:
            return Post.NEEDLESS
        if to is None:
            return Post.NO_ADDRESS
        subject, body = texts.write(worthwhile, to.given_name, to.language)
        try:
            self._mailer.send(Letter(due.mail, to.email, subject, body, to.language))
        except RetryLater as error:
            logger.warning("mail %s did not go: %s", due.mail, error)
            return Post.DUE
        except Poison as error:
            logger.warning("mail %s can never go: %s", due.mail, error)
            return Post.FAILED
        return Post.SENT
