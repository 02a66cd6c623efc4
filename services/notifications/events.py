"""The events that this service handles. It publishes none."""

from collections.abc import Callable
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from vivier.matching.v1 import events_pb2 as matching
from vivier.offers.v1 import events_pb2 as offers
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import events_pb2 as profile
from vivier.profile.v1 import profile_pb2

from services.kit.bus import Record
from services.kit.clock import Clock
from services.kit.dispatch import Handler, Listens
from services.kit.errors import Poison
from services.kit.outbox import Publishes, Unit
from services.notifications import usecases
from services.notifications.domain import KEPT, Kind, NewNotification, mentor, person
from services.notifications.store import inbox
from services.notifications.store.tables import ERASED

TOPICS = ("vivier.matching.v1", "vivier.profile.v1", "vivier.offers.v1")
PUBLISHES: Publishes = {}
GONE = (offers_pb2.OFFER_STATE_FILLED, offers_pb2.OFFER_STATE_CLOSED, offers_pb2.OFFER_STATE_EXPIRED)
_M = TypeVar("_M", bound=Message)


def _read(kind: type[_M], record: Record, key: Callable[[_M], str]) -> _M:
    """The message of a record. Bytes that are not one, or speak of nothing, can never be handled."""
    try:
        message = kind.FromString(record.event.payload or b"")
    except DecodeError as error:
        raise Poison("MESSAGE_UNREADABLE") from error
    if not key(message):
        raise Poison("MESSAGE_WITHOUT_ID")
    return message


def _offer_matched(record: Record) -> list[NewNotification]:
    event = _read(matching.OfferMatched, record, lambda m: m.offer_id)
    return [
        NewNotification(person(each.person_id), Kind.OFFER_MATCHED, event.offer_id, _words(event), each.score)
        for each in event.people
    ]


def _person_matched(record: Record) -> list[NewNotification]:
    event = _read(matching.PersonMatched, record, lambda m: m.person_id)
    who = person(event.person_id)
    return [
        *(NewNotification(who, Kind.OFFER_MATCHED, each.offer_id, _words(each), each.score) for each in event.offers),
        *(
            NewNotification(who, Kind.COURSE_MATCHED, each.course_id, _course_words(each), each.score)
            for each in event.courses
        ),
    ]


def _words(event: matching.OfferMatched | matching.MatchedOffer | matching.MatchedCourse) -> dict[str, str]:
    return {"title": event.title, "organisation_name": event.organisation_name}


def _course_words(event: matching.MatchedCourse) -> dict[str, str]:
    return {**_words(event), "closed_skills": str(event.closed_skills), "offers": str(event.offers)}


def _mentorship(record: Record) -> tuple[NewNotification, list[str]]:
    """Who asks waits, so the mentor is told of that; the person of all that follows."""
    event = _read(profile.MentorshipChanged, record, lambda m: m.id)
    asked = event.state == profile_pb2.MENTORSHIP_STATE_ASKED
    state = profile_pb2.MentorshipState.Name(event.state).removeprefix("MENTORSHIP_STATE_")
    recipient = mentor(event.mentor_id) if asked else person(event.person_id)
    new = NewNotification(recipient, Kind.MENTORSHIP_CHANGED, event.id, {"state": state}, state=state)
    return new, [person(event.person_id), f"mentorship/{event.id}"]


def _person_changed(unit: Unit, record: Record) -> None:
    event = _read(profile.PersonChanged, record, lambda m: m.person_id)
    usecases.learn_readers(unit, event.person_id, event.version, list(event.partner_ids), list(event.mentor_ids))


def _offer_changed(unit: Unit, record: Record) -> None:
    offer = _read(offers.OfferChanged, record, lambda m: m.offer.id).offer
    inbox.offer_changed(unit.connection, offer.id, offer.version, offer.state in GONE)


def listens(clock: Clock, announce: Callable[[], None]) -> Listens:
    def notifying(read: Callable[[Record], list[NewNotification]]) -> Handler:
        def handle(unit: Unit, record: Record) -> None:
            if record.event.time > clock() - KEPT:
                usecases.notify(unit, read(record), clock(), announce)

        return handle

    def mentorship_changed(unit: Unit, record: Record) -> None:
        if record.event.time > clock() - KEPT:
            usecases.notify_of_mentorship(unit, *_mentorship(record), clock(), announce)

    return {
        "vivier.matching.v1.OfferMatched": notifying(_offer_matched),
        "vivier.matching.v1.PersonMatched": notifying(_person_matched),
        "vivier.profile.v1.MentorshipChanged": mentorship_changed,
        "vivier.profile.v1.PersonChanged": _person_changed,
        "vivier.offers.v1.OfferChanged": _offer_changed,
        **dict.fromkeys(("person/", "mentor/", "mentorship/"), ERASED.handler(inbox.erase)),
    }
