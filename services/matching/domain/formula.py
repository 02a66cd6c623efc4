"""The published formula, and what it is told of the world.

    score = Σ weight × value / Σ weight         all values in 0…1, the same weights whatever is known

| part       | weight | prior | value when known |
|------------|-------:|------:|------------------|
| skills     |     35 |  0.25 | from the coverage, see below |
| occupation |     20 |  0.30 | closeness of the nearest wished occupation, or 0.6 × that of the nearest past one |
| place      |     10 |  0.30 | 1 − 0.75 × distance / travel limit; 0 beyond it; 1 when remote |
| wishes     |     30 |  0.40 | 0.65 occupation + 0.10 kind + 0.15 hours + 0.10 start, each with the prior 0.40 |
| freshness  |      5 |     – | 0.5 ^ (whole days since publication / 30); always known |

Coverage is the share of what the offer asks that the person holds; a skill counts its idf × (1 when required, 0.5 when
wished) × (1 when confirmed, 0.85 when stated). The value is prior + (1 − prior) × coverage, so that the first fitting
skill of a profile never costs it the prior; but 0 when the offer requires skills and nothing that it asks is held.

Place: the limit of people who never said is 20 km. Who would go anywhere is judged on 200 km (or on a longer limit of
their own) and never below 0.25.

Wishes: occupation is the closeness of the nearest wished one; kind is 1 or 0; hours are 1 inside the wish and 0 from
10 hours outside; start is 1 for who is available in time and 0 from 60 days late.

Why these: skills weigh most because they are what a person can really do; wishes come second so that a wish outweighs
past habit (someone who leaves a trade is not sent back to it) without being a gate. Each prior lies between what a poor
and a good answer give. A part is unknown when the person was never asked, or when the offer does not say; both get the
prior.

A match scores at least T = 0.45, and an offer keeps at most K = 100. Weights and T were set on the judged cases in
`tests/relevance`: T lies above all that an empty profile can reach (0.42), and above every pair judged unsuitable.
"""

from collections.abc import Callable
from dataclasses import dataclass

from services.matching.domain.reasons import Reason

GATES = ("open", "consent", "kind", "age", "licence", "reach")
PARTS = ("skills", "occupation", "place", "wishes", "freshness")


@dataclass(frozen=True, slots=True)
class Formula:
    """Constants of one version; any change is a new version, so that a past list can be replayed."""

    version: str = "m1"

    skills_weight: float = 35.0
    occupation_weight: float = 20.0
    place_weight: float = 10.0
    wishes_weight: float = 30.0
    freshness_weight: float = 5.0

    skills_prior: float = 0.25
    occupation_prior: float = 0.30
    place_prior: float = 0.30
    wish_prior: float = 0.40

    wished_skill: float = 0.5  # against 1 for a required one
    stated_skill: float = 0.85  # against 1 for a confirmed one
    past_occupation: float = 0.6  # against 1 for a wished one
    default_limit_km: int = 20  # for people who never said how far they go
    anywhere_scale_km: int = 200
    place_loss: float = 0.75  # what the value has lost at the travel limit
    occupation_wish: float = 0.65  # shares of the wishes, which sum to 1
    kind_wish: float = 0.10
    hours_wish: float = 0.15
    start_wish: float = 0.10
    hours_slack: float = 10.0  # hours a week outside the wish at which nothing is left
    start_slack_days: float = 60.0
    half_life_days: float = 30.0

    threshold: float = 0.45  # T: a match scores at least this
    kept_per_offer: int = 100  # K: at most so many matches per offer are kept and told

    @property
    def weights(self) -> tuple[float, ...]:
        """In the order of PARTS."""
        return (
            self.skills_weight,
            self.occupation_weight,
            self.place_weight,
            self.wishes_weight,
            self.freshness_weight,
        )


M1 = Formula()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the referential says, as plain functions of codes."""

    closeness: Callable[[str, str], float]  # (a person's occupation, an offer's) → 0…1; 1 for the same
    idf: Callable[[str], float]  # how much a skill tells apart; above 0, also for codes it does not know


@dataclass(frozen=True, slots=True)
class Gate:
    """A yes or no, never weighted."""

    name: str
    passed: bool
    reason: Reason


@dataclass(frozen=True, slots=True)
class Part:
    """One named factor. There is no other: whatever moves a score is the value of a part."""

    name: str
    weight: float
    value: float
    known: bool  # False: the value is the published prior
    reasons: tuple[Reason, ...]
