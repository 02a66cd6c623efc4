"""Who may write what, checked before anything of what exists shows."""

from collections.abc import Collection

from services.kit.auth import Caller, Role
from services.kit.errors import denied, not_found

EMPLOYERS = (Role.RECRUITER, Role.TRAINING_BODY)
"""Who writes its own organisation and offers."""
TRAINERS = (Role.TRAINING_BODY,)
"""Who writes its own courses."""


def writer(caller: Caller, owners: Collection[Role]) -> str:
    """The only organisation that this caller writes for; empty for an operator, who names one."""
    if caller.role is Role.OPERATOR:
        return ""
    if caller.role in owners and caller.subject:
        return caller.subject
    raise denied("NOT_YOURS_TO_WRITE", "this kind of caller writes nothing here")


def organisation_meant(own: str, named: str) -> str:
    """The organisation that a row is for. Another's looks like a missing one."""
    if own and named not in ("", own):
        raise not_found("organisation", named)
    return own or named
