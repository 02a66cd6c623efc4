"""A partner acts for its people with exchanged tokens, as long as it manages them.

Whatever such a token asks for and of whichever service, `identity` is asked first whether the partner still made the
profile and the person still agrees; yes is believed for a few seconds. So a withdrawn consent ends the token.
"""

import time
from collections.abc import Mapping

from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.neighbours import Neighbour
from services.kit.auth import Caller
from services.kit.errors import Refused

BELIEVED_SECONDS = 5.0
MOST_BELIEVED = 10_000


class Delegations:
    """Who may act for whom, as far as it was asked lately."""

    def __init__(self, neighbours: Mapping[str, Neighbour]) -> None:
        self._neighbours = neighbours
        self._believed: dict[tuple[str, str], float] = {}

    async def hold(self, caller: Caller, until: float) -> bool:
        """Does the caller speak for themself, or through a partner that may still act for them?"""
        if not caller.actor or self._believed.get((caller.actor, caller.subject), 0.0) > time.monotonic():
            return True
        asked = time.monotonic()
        try:
            answer = await self._neighbours["identity"].ask(
                "CheckDelegation", pb.CheckDelegationRequest(), caller, until
            )
        except Refused:
            return False
        if answer.holds:
            self.believe(caller, asked)
        return bool(answer.holds)

    def believe(self, caller: Caller, asked: float) -> None:
        """It was so when it was asked, at this moment of `time.monotonic`."""
        if len(self._believed) >= MOST_BELIEVED:
            self._believed.clear()
        self._believed[caller.actor, caller.subject] = asked + BELIEVED_SECONDS
