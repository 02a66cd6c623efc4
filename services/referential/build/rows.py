"""What every source is read into, before the snapshot is laid out."""

from collections import Counter
from dataclasses import dataclass, field

from services.referential.records import Green, SkillKind


@dataclass(slots=True)
class OccupationRow:
    code: str
    label: str
    green: Green
    parent: str
    definition: str = ""
    esco_uri: str = ""
    esco_source: str = ""


@dataclass(slots=True)
class TitleRow:
    occupation: str
    text: str
    green: Green


@dataclass(slots=True)
class SkillRow:
    code: str
    label: str
    kind: SkillKind
    green: bool
    esco_uri: str = ""
    esco_source: str = ""


@dataclass(slots=True)
class LinkRow:
    occupation: str
    skill: str
    core: bool


@dataclass(slots=True)
class PlaceRow:
    code: str
    label: str
    postal_codes: tuple[str, ...]
    department: str
    region: str
    population: int = 0
    latitude: float | None = None
    longitude: float | None = None
    parent: str = ""
    reach_km: float | None = None  # how far its land goes from its centre; estimated from its neighbours when None


@dataclass(slots=True)
class FormerPlaceRow:
    """A name or code of the past that now means `place`; either may be empty."""

    place: str
    label: str
    code: str


@dataclass(slots=True)
class AreaRow:
    """A department or a region, so that its name is not taken for a commune elsewhere."""

    code: str
    label: str


@dataclass(slots=True)
class QuarterRow:
    code: str
    label: str
    commune: str


@dataclass(slots=True)
class OutlineRow:
    """A ring of (longitude, latitude) points; several rows may share a code (parts and holes, even-odd)."""

    code: str
    vintage: str
    points: list[tuple[float, float]]


@dataclass
class Rows:
    occupations: list[OccupationRow] = field(default_factory=list)
    titles: list[TitleRow] = field(default_factory=list)
    skills: list[SkillRow] = field(default_factory=list)
    links: list[LinkRow] = field(default_factory=list)
    places: list[PlaceRow] = field(default_factory=list)
    former_places: list[FormerPlaceRow] = field(default_factory=list)
    areas: list[AreaRow] = field(default_factory=list)
    quarters: list[QuarterRow] = field(default_factory=list)
    outlines: list[OutlineRow] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)

    def refuse(self, file: str, reason: str) -> None:
        """A malformed row is counted under its reason; the import goes on."""
        self.refused[f"{file}: {reason}"] += 1
