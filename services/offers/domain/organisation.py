"""Employers, training bodies and associations."""

from dataclasses import dataclass, replace
from enum import StrEnum

from services.kit.checks import Checks
from services.kit.errors import Kind, Refused, Violation
from services.offers.domain.siret import is_siret
from services.offers.domain.values import Place, check_place


class OrganisationKind(StrEnum):
    EMPLOYER = "employer"
    TRAINING_BODY = "training_body"
    ASSOCIATION = "association"


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organisation says of itself, or a feed of it."""

    kind: OrganisationKind | None
    name: str
    siret: str = ""
    activity_code: str = ""
    website: str = ""
    description: str = ""
    place: Place | None = None

    def check(self, checks: Checks) -> "Profile":
        """With its texts trimmed; wrong fields are added to `checks`."""
        if self.place is not None:
            check_place(checks, "place", self.place)
        siret = checks.text("siret", self.siret, 50).replace(" ", "")
        checks.require("siret", not siret or is_siret(siret), "NOT_A_SIRET", "14 digits with a right check digit")
        return replace(
            self,
            name=checks.text("name", self.name, 200, required=True),
            siret=siret,
            activity_code=checks.text("activity_code", self.activity_code, 10),
            website=checks.url("website", self.website),
            description=checks.text("description", self.description, 20_000, lines=True),
        )


@dataclass(frozen=True, slots=True)
class Owner:
    """What of an organisation is told with each of its offers and courses."""

    id: str
    name: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Organisation:
    """Verified means that a valid SIRET is known. Who wrote itself has no source."""

    id: str
    source: str
    external_id: str
    profile: Profile
    version: int

    @property
    def verified(self) -> bool:
        return bool(self.profile.siret)

    @property
    def owner(self) -> Owner:
        return Owner(self.id, self.profile.name, self.verified)

    def said(self, profile: Profile) -> "Organisation":
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
