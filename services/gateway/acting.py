"""A partner acts for its people with exchanged tokens, as long as it manages them.

Whatever such a token asks for and of whichever service, profile is asked first whether the partner still made the
profile and the person still agrees; its answer is believed for a few seconds. So a withdrawn consent ends the token.
"""

import time
from collections.abc import Mapping

from vivier.profile.v1 import profile_pb2

from services.gateway.neighbours import Neighbour
from services.kit.auth import Caller, Role
from services.kit.errors import Refused

BELIEVED_SECONDS = 5.0
MOST_BELIEVED = 10_000


class Acting:
    """Who manages whom; asked of profile."""

    def __init__(self, neighbours: Mapping[str, Neighbour]) -> None:
        self._neighbours = neighbours
        self._believed: dict[tuple[str, str], float] = {}

    async def still(self, caller: Caller, until: float) -> bool:
        """Does the caller speak for themself, or through a partner that may still act for them?"""
        if not caller.actor or self._believed.get((caller.actor, caller.subject), 0.0) > time.monotonic():
            return True
        return await self.manages(caller, until)

    async def manages(self, person: Caller, until: float) -> bool:
        """Did the partner make the profile, and does the person agree? Only to be shown it is not enough."""
        role, _, partner = person.actor.partition("/")
        asked = time.monotonic()
        request = profile_pb2.BatchGetPeopleRequest(ids=[person.subject])
        try:
            caller = Caller(Role(role), partner, person.client)
            answer = await self._neighbours["profile"].ask("BatchGetPeople", request, caller, until)
        except Refused:
            return False
        managed = role == Role.PARTNER and [(p.id, p.partner_id) for p in answer.people] == [(person.subject, partner)]
        if managed:
            if len(self._believed) >= MOST_BELIEVED:
                self._believed.clear()
            self._believed[person.actor, person.subject] = asked + BELIEVED_SECONDS
        return managed
