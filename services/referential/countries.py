"""What a country brings: its language and the way its places are written. A second pack stands beside `france.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.referential import france
from services.referential.text import Language, WrittenPlace


@dataclass(frozen=True, slots=True)
class CountryPack:
    language: Language
    read_place: Callable[[str], WrittenPlace]
    place_key: Callable[[str], str]
    current_qpv_vintage: str


COUNTRIES: Mapping[str, CountryPack] = {
    "fr": CountryPack(france.LANGUAGE, france.read_place, france.place_key, france.QPV_VINTAGE),
}
