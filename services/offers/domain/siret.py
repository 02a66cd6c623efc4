"""SIRET: the number of a French establishment, with its check digit."""

from services.kit.checks import Checks

_LA_POSTE = "356000000"


def checked_siret(checks: Checks, path: str, value: str) -> str:
    """Without its spaces; empty stays empty."""
    siret = checks.text(path, value, 50).replace(" ", "")
    checks.require(path, not siret or is_siret(siret), "NOT_A_SIRET", "14 digits with a right check digit")
    return siret


def is_siret(text: str) -> bool:
    """14 digits that pass Luhn's check.

    La Poste has more establishments than such numbers: the digits of its own ones add up to a multiple of five
    instead (its head office passes Luhn's).
    """
    if len(text) != 14 or not (text.isascii() and text.isdigit()) or not int(text):
        return False
    if text.startswith(_LA_POSTE) and sum(map(int, text)) % 5 == 0:
        return True
    return luhn(text) % 10 == 0


def luhn(digits: str) -> int:
    """The sum in which every second digit from the right counts double, less nine where that has two digits."""
    doubled = (int(digit) * 2 for digit in digits[-2::-2])
    return sum(map(int, digits[-1::-2])) + sum(value - 9 if value > 9 else value for value in doubled)
