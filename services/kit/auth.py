"""Who calls: a typed parameter of every use case, carried between services in the call's metadata."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote


class Role(StrEnum):
    PARTNER = "partner"  # an association's app; subject: the partner's id
    RECRUITER = "recruiter"  # subject: the organisation's id
    TRAINING_BODY = "training_body"  # subject: the organisation's id
    PERSON = "person"  # subject: the person's id
    MENTOR = "mentor"  # subject: the mentor's id
    OPERATOR = "operator"  # runs this installation
    SERVICE = "service"  # a neighbour on its own account; subject: its name
    ANYONE = "anyone"  # no credential: sees what is public


CLIENT_ROLES = frozenset(Role) - {Role.SERVICE, Role.ANYONE}
"""The roles that a credential may have."""


@dataclass(frozen=True, slots=True)
class Caller:
    """`subject` is the id that the role speaks for; `client` the credential it came with, for the audit trail.

    `actor` is who acts in the subject's place, as "role/id"; empty for those who speak for themselves.
    """

    role: Role
    subject: str = ""
    client: str = ""
    actor: str = ""

    def may_act_for(self, role: Role, subject: str) -> bool:
        """Is this the very one, or an operator?"""
        return self.role is Role.OPERATOR or (self.role is role and self.subject == subject)


ANYONE = Caller(Role.ANYONE)
METADATA_KEY = "vivier-caller"


def to_metadata(caller: Caller) -> tuple[str, str]:
    """The pair that carries the caller in a gRPC call."""
    parts = [caller.role, caller.subject, caller.client, *filter(None, [caller.actor])]
    return METADATA_KEY, "|".join(quote(part, safe="") for part in parts)


def from_metadata(value: str) -> Caller:
    """Back from `to_metadata`. ValueError when it was never made there."""
    role, subject, client, *more = map(unquote, value.split("|"))
    (actor,) = more or [""]
    return Caller(Role(role), subject, client, actor)
