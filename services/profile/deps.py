"""What the service's functions depend on."""

from collections.abc import Callable
from dataclasses import dataclass

from services.common.resolver import CachedReferential, Resolver
from services.kit.checks import Checks
from services.kit.outbox import Unit, Units
from services.kit.private.vault import Vault
from services.profile.domain.merging import Stamp
from services.profile.store.people import People


@dataclass(frozen=True, slots=True)
class Deps:
    """`open_vault` raises `RetryLater` before the store was asked for whose key it is."""

    units: Units
    open_vault: Callable[[], Vault]
    referential: CachedReferential

    @property
    def vault(self) -> Vault:
        return self.open_vault()

    def people(self, unit: Unit) -> People:
        """Their rows are locked until this transaction ends."""
        return People(unit.connection, self.vault, for_update=True)

    def stamp(self) -> Stamp:
        return Stamp(self.units.ids, self.units.clock())

    def resolver(self, checks: Checks) -> Resolver:
        """People and mentors type their codes, so a wrong one is always refused."""
        return Resolver(self.referential, strict=True, checks=checks)
