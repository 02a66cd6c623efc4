"""The enums of the contracts, under the names that clients use: `REMOTE_FULL` of a contract is `FULL` here."""

from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

import strawberry
from vivier.common.v1 import common_pb2
from vivier.notifications.v1 import notifications_pb2
from vivier.offers.v1 import offers_pb2
from vivier.profile.v1 import profile_pb2

E = TypeVar("E", bound=Enum)


def enum_of(contract: Any, description: str | None = None) -> Callable[[type[E]], type[E]]:
    """Give an empty enum the members of a contract's: by number, without the common prefix and without UNSPECIFIED."""

    def filled(empty: Any) -> type[E]:
        unspecified, *values = contract.DESCRIPTOR.values
        prefix = unspecified.name.removesuffix("UNSPECIFIED")
        members = {value.name.removeprefix(prefix): value.number for value in values}
        made: type[E] = empty(empty.__name__, members, module=empty.__module__)
        return strawberry.enum(made, description=description)

    return filled


@enum_of(common_pb2.Outcome, "What an idempotent write did.")
class Outcome(Enum): ...


@enum_of(common_pb2.OfferKind)
class OfferKind(Enum): ...


@enum_of(offers_pb2.OrganisationKind)
class OrganisationKind(Enum): ...


@enum_of(offers_pb2.OfferState)
class OfferState(Enum): ...


@enum_of(offers_pb2.Remote)
class Remote(Enum): ...


@enum_of(offers_pb2.ContractType)
class ContractType(Enum): ...


@enum_of(offers_pb2.SalaryPeriod)
class SalaryPeriod(Enum): ...


@enum_of(offers_pb2.GreenGrade, "Place of the occupation in the ecological transition.")
class GreenGrade(Enum): ...


@enum_of(offers_pb2.CourseState)
class CourseState(Enum): ...


@enum_of(profile_pb2.TravelMode)
class TravelMode(Enum): ...


@enum_of(profile_pb2.ExperienceKind)
class ExperienceKind(Enum): ...


@enum_of(profile_pb2.EvidenceSource)
class EvidenceSource(Enum): ...


@enum_of(profile_pb2.ConsentKind)
class ConsentKind(Enum): ...


@enum_of(profile_pb2.MentorshipState)
class MentorshipState(Enum): ...


@enum_of(notifications_pb2.NotificationKind)
class NotificationKind(Enum): ...


@enum_of(notifications_pb2.Frequency)
class Frequency(Enum): ...
