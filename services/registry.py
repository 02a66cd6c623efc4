"""One line a service: whatever lists services reads it here. The rest follows from the name of a service:

- `services.NAME.app` has SETTINGS and `build`, or `run` where there is no contract;
- `services.NAME.store` has METADATA and MIGRATIONS, where there is a store;
- it listens at VIVIER_NAME_ADDRESS;
- the contract `vivier.NAME.v1.…` is generated into `vivier.NAME.v1.NAME_pb2`;
- `services.gateway.schema.NAME` is its part of the public schema, where it has one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

CHOICE = "VIVIER_SERVICES"
"""The variable that names, with commas, the services of an installation; all of them where it is empty."""
GATEWAY = "gateway"
"""The one that is reached from outside."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One service."""

    name: str
    group: str
    """Those of the same group share a process of `vivier up`: measured, see docs/decisions."""
    port: int
    """Where it is looked for on this machine when nothing else is said."""
    contract: str | None = None
    """The full name of its gRPC service; one without speaks HTTP, and has a process of its own."""
    has_store: bool = True
    optional: bool = False
    """Whether an installation can do without it."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


SERVICES: tuple[Entry, ...] = (
    Entry("profile", "profile+offers", 8401, "vivier.profile.v1.ProfileService"),
    Entry("offers", "profile+offers", 8402, "vivier.offers.v1.OffersService"),
    Entry("matching", "matching", 8403, "vivier.matching.v1.MatchingService"),
    Entry("notifications", "notifications", 8404, "vivier.notifications.v1.NotificationsService"),
    Entry("identity", "profile+offers", 8405, "vivier.identity.v1.IdentityService"),
    Entry(GATEWAY, GATEWAY, 8400, has_store=False),
)


class ServiceName(StrEnum):
    """Those with a contract: they can be asked how they are, and keep dead letters."""

    _ignore_ = "entry"
    for entry in SERVICES:
        if entry.contract:
            vars()[entry.name.upper()] = entry.name


def chosen(names: str) -> Sequence[Entry]:
    """Those that VIVIER_SERVICES names. SystemExit where one does not exist, or one that is needed is not named."""
    named = {name.strip() for name in names.split(",")} - {""}
    known = {entry.name for entry in SERVICES}
    if unknown := sorted(named - known):
        raise SystemExit(f"{CHOICE}: no service is called {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    here = [entry for entry in SERVICES if entry.name in named or not named]
    if missing := [entry.name for entry in SERVICES if entry not in here and not entry.optional]:
        raise SystemExit(f"{CHOICE}: an installation cannot do without {', '.join(missing)}")
    return here


def groups(entries: Iterable[Entry]) -> Sequence[Sequence[str]]:
    """The names of those that share a process, for each process."""
    found: dict[str, list[str]] = {}
    for entry in entries:
        found.setdefault(entry.group, []).append(entry.name)
    return list(found.values())
