"""Mentors, and the way of a mentorship: asked, then accepted or declined, then ended.

Asking is consenting: the MENTOR consent is granted with the question and lives as long as the mentorship.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from services.common.values import OUTPUT_ONLY
from services.kit.checks import Checks
from services.kit.errors import Kind, Refused
from services.kit.limits import number, text, within
from services.profile.domain.limits import MESSAGE, NAME, code, codes, unique
from services.profile.domain.values import Place

MOST_MENTEES = 100


class MentorshipState(StrEnum):
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"


LIVE = (MentorshipState.ASKED, MentorshipState.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Mentor:
    """A public profile. `place` is kept no more exactly than it is shown."""

    id: str
    association: Annotated[str, code]
    display_name: Annotated[str, text(NAME, required=True)]
    about: Annotated[str, text(MESSAGE, lines=True)]
    occupation_codes: Annotated[tuple[str, ...], codes, unique]
    place: Annotated[Place | None, within]
    capacity: Annotated[int, number(0, MOST_MENTEES)]
    open: bool
    version: int = field(default=0, metadata=OUTPUT_ONLY)

    def require_room(self, mentees: int) -> None:
        if not self.open:
            raise Refused(Kind.CONFLICT, "MENTOR_NOT_OPEN", "this mentor takes nobody at the moment")
        if mentees >= self.capacity:
            raise Refused(Kind.CONFLICT, "MENTOR_FULL", "this mentor has as many mentees as they can take")


@dataclass(frozen=True, slots=True)
class Mentorship:
    id: str
    person_id: str
    mentor_id: str
    state: MentorshipState
    message: str
    asked_at: datetime
    changed_at: datetime
    version: int = 1

    def accept(self, now: datetime) -> "Mentorship":
        return self._moved(MentorshipState.ACCEPTED, (MentorshipState.ASKED,), now)

    def decline(self, now: datetime) -> "Mentorship":
        return self._moved(MentorshipState.DECLINED, (MentorshipState.ASKED,), now)

    def end(self, now: datetime) -> "Mentorship":
        """One that was declined is over as well."""
        return self if self.state is MentorshipState.DECLINED else self._moved(MentorshipState.ENDED, LIVE, now)

    def _moved(self, to: MentorshipState, allowed: tuple[MentorshipState, ...], now: datetime) -> "Mentorship":
        if self.state is to:
            return self
        if self.state not in allowed:
            raise Refused(Kind.CONFLICT, f"MENTORSHIP_{self.state.name}", f"this mentorship is {self.state.value}")
        return replace(self, state=to, changed_at=now, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class MentorChanged:
    mentor: Mentor


@dataclass(frozen=True, slots=True)
class MentorshipChanged:
    mentorship: Mentorship


@dataclass(frozen=True, slots=True)
class MentorshipErased:
    mentorship_id: str


def checked_message(said: str) -> str:
    with Checks() as checks:
        return checks.text("message", said, MESSAGE, lines=True)
