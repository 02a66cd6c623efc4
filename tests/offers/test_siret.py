"""SIRET numbers: fourteen digits, Luhn's check, and La Poste's own rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.offers.domain.siret import is_siret, luhn


@pytest.mark.parametrize(
    ("siret", "right"),
    [
        ("73282932000074", True),
        ("55208131766522", True),
        ("35600000000048", True),  # La Poste's head office passes Luhn's check
        ("35600000049837", True),  # another of its establishments: digits add up to 45, Luhn's check fails
        ("35600000049838", False),
        ("73282932000075", False),
        ("7328293200007", False),
        ("732829320000740", False),
        ("7328293200007A", False),
        ("٧٣٢٨٢٩٣٢٠٠٠٠٧٤", False),  # digits, but not of this alphabet
        ("00000000000000", False),
        ("", False),
    ],
)
def test_known_numbers(siret, right):
    assert is_siret(siret) is right


thirteen = st.text("0123456789", min_size=13, max_size=13).filter(lambda text: int(text) and text[:9] != "356000000")


@given(thirteen)
def test_exactly_one_last_digit_is_right(start):
    assert sum(is_siret(start + last) for last in "0123456789") == 1


@given(thirteen, st.integers(0, 13), st.integers(1, 9))
def test_no_single_wrong_digit_passes(start, at, by):
    (siret,) = (start + last for last in "0123456789" if is_siret(start + last))
    wrong = siret[:at] + str((int(siret[at]) + by) % 10) + siret[at + 1 :]
    assert not is_siret(wrong) or wrong.startswith("356000000")


@given(st.text("0123456789", min_size=5, max_size=5))
def test_la_poste_counts_by_five(nic):
    siret = "356000000" + nic
    assert is_siret(siret) is (sum(map(int, siret)) % 5 == 0 or luhn(siret) % 10 == 0)
