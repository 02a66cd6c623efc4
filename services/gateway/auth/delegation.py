"""A partner acts for its people with exchanged tokens, as long as it manages them.

At every request with such a token, `identity` is asked whether the partner still manages the profile and the person
still agrees; a yes is cached for a few seconds. So a withdrawn consent ends the token.
"""

import time
from collections.abc import Mapping

from vivier.identity.v1 import identity_pb2 as pb

from services.gateway.upstreams import Upstream
from services.kit.auth import Caller
from services.kit.errors import Refused

CACHED_SECONDS = 5.0
MAX_CACHED = 10_000


class Delegations:
    """Which partners may act for which people, cached."""

    def __init__(self, upstreams: Mapping[str, Upstream]) -> None:
        self._upstreams = upstreams
        self._cached: dict[tuple[str, str], float] = {}

    async def allowed(self, caller: Caller, until: float) -> bool:
        """Whether the caller acts for themself, or through a partner that may still act for them."""
        if not caller.actor or self._cached.get((caller.actor, caller.subject), 0.0) > time.monotonic():
            return True
        asked = time.monotonic()
        try:
            answer = await self._upstreams["identity"].call(pb.CheckDelegationRequest(), caller, until)
        except Refused:
            return False
        if answer.holds:
            self.cache(caller, asked)
        return bool(answer.holds)

    def cache(self, caller: Caller, asked: float) -> None:
        """Cache a yes to a call made at this moment of `time.monotonic`."""
        if len(self._cached) >= MAX_CACHED:
            self._cached.clear()
        self._cached[caller.actor, caller.subject] = asked + CACHED_SECONDS
