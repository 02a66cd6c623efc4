"""Events in and out: offers, courses and people go into the index; matches are published."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from vivier.matching.v1 import events_pb2 as out

from services.kit.bus import Event, Record
from services.kit.dispatch import Batch, Listens, handling
from services.kit.outbox import Unit, outgoing, tombstone
from services.matching.deps import Deps
from services.matching.ingest import PERSON, put
from services.matching.messages import KEPT, value_of
from services.matching.usecases import changes
from services.matching.usecases.changes import OfferMatched, PersonForgotten, PersonMatched

TOPIC = "vivier.matching.v1"


def _offer_matched(event: OfferMatched) -> Event:
    offer = event.offer
    message = out.OfferMatched(
        offer_id=offer.id,
        offer_version=offer.version,
        formula_version=event.formula_version,
        people=[out.MatchedPerson(person_id=p.person_id, score=p.score) for p in event.pairs],
        title=offer.title,
        organisation_name=offer.organisation_name,
    )
    return outgoing(f"offer-matches/{offer.id}", message)


def _person_matched(event: PersonMatched) -> Event:
    message = out.PersonMatched(
        person_id=event.person_id,
        person_version=event.person_version,
        formula_version=event.formula_version,
        offers=[
            out.MatchedOffer(
                offer_id=offer.id, score=score, title=offer.title, organisation_name=offer.organisation_name
            )
            for offer, score in event.offers
        ],
        courses=[
            out.MatchedCourse(
                course_id=course.id,
                score=match.score,
                title=course.title,
                organisation_name=course.organisation_name,
                closed_skills=len(match.closed_skills),
                offers=match.offer_count,
            )
            for course, match in event.courses
        ],
    )
    return outgoing(f"person-matches/{event.person_id}", message)


PUBLISHES: Mapping[type, Callable[..., Event]] = {
    OfferMatched: _offer_matched,
    PersonMatched: _person_matched,
    PersonForgotten: lambda event: tombstone(TOPIC, f"person-matches/{event.person_id}"),
}


def listens(deps: Deps, now: Callable[[], datetime]) -> Listens:
    """All goes into the index at once; those whom it concerns are then told of what nothing newer overtook."""

    def index_and_notify(unit: Unit, records: Sequence[Record]) -> None:
        read = [(record, value_of(record)) for record in records]
        news = put(deps.index, read)
        for record, value in read:
            with handling(record):
                if record.event.payload is None:
                    changes.person_erased(unit, record.event.key.removeprefix(PERSON), now())
                elif value is not None and record.event.id in news:
                    changes.changed(deps, unit, value, now())

    return dict.fromkeys([*KEPT, PERSON], Batch(index_and_notify))
