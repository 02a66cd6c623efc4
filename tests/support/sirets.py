"""Company numbers for tests."""

from services.offers.domain.siret import luhn


def siret(number: int) -> str:
    """A well-formed SIRET that is nobody's: Luhn holds for its first nine digits and for all fourteen."""
    return _checked(_checked(f"9990{number:04d}") + "0001")


def _checked(digits: str) -> str:
    return next(each for last in range(10) if luhn(each := f"{digits}{last}") % 10 == 0)
