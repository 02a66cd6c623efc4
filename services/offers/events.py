"""Events out: what the service publishes. It listens to nothing."""

from vivier.offers.v1 import events_pb2 as pb

from services.kit.outbox import Publishes, outgoing
from services.offers.domain.course import CourseChanged
from services.offers.domain.offer import OfferChanged
from services.offers.domain.organisation import OrganisationChanged
from services.offers.messages import course_message, offer_message, organisation_message

TOPIC = pb.DESCRIPTOR.package


def _organisation(event: OrganisationChanged) -> pb.OrganisationChanged:
    return pb.OrganisationChanged(organisation=organisation_message(event.organisation))


def _offer(event: OfferChanged) -> pb.OfferChanged:
    owner = event.offer.owner
    return pb.OfferChanged(
        offer=offer_message(event.offer), organisation_name=owner.name, organisation_verified=owner.verified
    )


def _course(event: CourseChanged) -> pb.CourseChanged:
    owner = event.course.owner
    return pb.CourseChanged(
        course=course_message(event.course), organisation_name=owner.name, organisation_verified=owner.verified
    )


PUBLISHES: Publishes = {
    OrganisationChanged: lambda event: outgoing(f"organisation/{event.organisation.id}", _organisation(event)),
    OfferChanged: lambda event: outgoing(f"offer/{event.offer.id}", _offer(event)),
    CourseChanged: lambda event: outgoing(f"course/{event.course.id}", _course(event)),
}
