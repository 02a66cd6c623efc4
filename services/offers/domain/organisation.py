"""Employers, training bodies and associations."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

from services.common.values import Place
from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, Violation
from services.kit.limits import text, within
from services.offers.domain.siret import checked_siret


class OrganisationKind(StrEnum):
    EMPLOYER = "employer"
    TRAINING_BODY = "training_body"
    ASSOCIATION = "association"


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organisation says of itself, or a feed of it."""

    kind: OrganisationKind | None
    name: Annotated[str, text(200, required=True)]
    siret: Annotated[str, checked_siret] = ""
    activity_code: Annotated[str, text(10)] = ""
    website: Annotated[str, Checks.url] = ""
    description: Annotated[str, text(20_000, lines=True)] = ""
    place: Annotated[Place | None, within] = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The part of an organisation that is published with each of its offers and courses."""

    id: str
    name: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """One that writes itself, not through a feed, has no source.

    Verified means that a SIRET with a right check digit is known, which nobody else holds who writes itself. It does
    not mean that the writer was proved to speak for that company.
    """

    id: str
    source: str
    external_id: str
    profile: Profile
    version: int

    @property
    def verified(self) -> bool:
        return bool(self.profile.siret)

    @property
    def company(self) -> str:
        """The SIREN: all establishments of a company share it."""
        return self.profile.siret[:9]

    @property
    def owner(self) -> Owner:
        return Owner(self.id, self.profile.name, self.verified)

    def with_profile(self, profile: Profile) -> "Organisation":
        """The organisation with this profile, itself when nothing changes.

        A feed that knows no SIRET does not take away the one that is known.
        """
        profile = replace(profile, siret=profile.siret or self.profile.siret)
        return self if profile == self.profile else replace(self, profile=profile, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class OrganisationChanged:
    organisation: Organisation


def siret_required(path: str) -> Refused:
    """Who posts by hand must be a known establishment."""
    message = "a SIRET is needed to post offers and courses by hand"
    return Refused(Kind.INVALID, "SIRET_REQUIRED", message, [Violation(path, "REQUIRED", message)])


def siret_taken(path: str) -> Refused:
    """Two who write themselves cannot be the same establishment."""
    message = "another organisation has this SIRET already"
    return Refused(Kind.CONFLICT, "SIRET_TAKEN", message, [Violation(path, "SIRET_TAKEN", message)])


def siret_fixed(path: str) -> Refused:
    """An organisation may move to another establishment of its company, and never become another company."""
    message = "this is another company's SIRET: the first nine digits stay what they were"
    return Refused(Kind.CONFLICT, "SIRET_FIXED", message, [Violation(path, "SIRET_FIXED", message)])
