"""What comes from outside: what is refused, what is taken, and as what it is kept."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.kit.checks import Checks, is_blank
from services.kit.errors import Refused


def text(value: str, **rules: bool) -> tuple[str, list[str]]:
    checks = Checks()
    kept = checks.text("field", value, 100, **rules)
    return kept, [each.reason for each in checks.violations]


HOSTILE = [
    *("\0", "\x1b", "\x7f", "\x85", "\ud800"),
    *("\u202e", "\u2066", "\u200e", "\u200f", "\u061c"),
    *("\u200b", "\U000e0041", "\U000e007f"),
    *("\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010ffff"),
]


@pytest.mark.parametrize("mark", HOSTILE, ids=ascii)
@pytest.mark.parametrize("lines", [False, True])
def test_marks_that_deceive_are_refused_wherever_they_stand(mark: str, lines: bool) -> None:
    for value in (mark, f"Toits{mark} verts", f"Toits{mark}"):
        assert text(value, lines=lines) == ("", ["HOSTILE_TEXT"])


@pytest.mark.parametrize(
    "value", ["👩🏽‍🔧 en atelier", "می‌خواهم", "L’été — 18 000 €", "שלום", "co\u00adopérative", "Zoé"]
)
def test_words_of_every_script_are_taken_as_they_are(value: str) -> None:
    assert text(value, required=True) == (value, [])


@pytest.mark.parametrize("unseen", ["", " ", "\u200d", "\u200c \u2060", "\u2800", "\u3164", "\ufe0f\ufeff", "\n\t"])
def test_a_text_of_nothing_to_see_is_empty(unseen: str) -> None:
    assert is_blank(unseen)
    assert text(unseen) == ("", [])
    assert text(unseen, required=True) == ("", ["REQUIRED"])


@pytest.mark.parametrize("mark", ["\n", "\r", "\t", "\u2028", "\u2029"], ids=ascii)
def test_only_texts_with_lines_have_breaks(mark: str) -> None:
    value = f"Couvreur{mark}Admin"
    assert text(value)[1] == ["NOT_ONE_LINE"]
    assert text(value, lines=True) == (value, [])
    assert text(f"{mark}Couvreur{mark}") == ("Couvreur", [])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30))
def test_what_is_kept_is_safe_and_stays_as_it_is(value: str) -> None:
    kept, reasons = text(value)
    if not reasons:
        assert text(kept) == (kept, [])
        assert not {unicodedata.category(each) for each in kept} & {"Cc", "Cs", "Zl", "Zp"}


ADDRESSES = {
    "https://example.org": True,
    "https://example.org:8443/a%20b?c=d&e=%27#f": True,
    "https://métiers.example.fr/é": True,
    "https://[2001:db8::1]/": True,
    "http://example.org": False,
    "https://": False,
    "https://a@example.org": False,
    "https://example.org:65536/": False,
    "https://example.org:x/": False,
    "https://example.org/a b": False,
    "https://example.org/a\u00a0b": False,
    'https://example.org/"onclick=': False,
    "https://example.org/'onclick=": False,
    "https://example.org/<b>": False,
    "https://example.org\\@evil.org/": False,
    "https://a..example.org/": False,
    f"https://{'é' * 70}.fr/": False,
    "https://example.org/[": True,
    "https://[example.org": False,
}


@pytest.mark.parametrize(("address", "good"), ADDRESSES.items(), ids=[ascii(each) for each in ADDRESSES])
def test_addresses(address: str, good: bool) -> None:
    checks = Checks()
    assert checks.url("field", address) == address
    assert [each.reason for each in checks.violations] == ([] if good else ["NOT_A_URL"])


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
def test_an_address_is_judged_whatever_it_holds(value: str) -> None:
    Checks().url("field", f"https://{value}")


def test_a_long_address_is_only_too_long() -> None:
    checks = Checks()
    checks.url("field", f"https://example.org/{'a' * 2000}")
    assert [each.reason for each in checks.violations] == ["TOO_LONG"]


MAILS = {
    "zoe@example.org": True,
    "zoé.o'neil+vivier@exa-mple.co.uk": True,
    "zoe@métiers.fr": True,
    "zoe@example": False,
    "zoe@example..org": False,
    "zoe @example.org": False,
    "zoe@exa mple.org": False,
    "zoe@example.org,eve@example.org": False,
    "zoe,eve@example.org": False,
    "Zoé <zoe@example.org>": False,
    "zoe@exam>ple.org": False,
    '"zoe"@example.org': False,
    "zoe@[127.0.0.1]": False,
    "zoe(x)@example.org": False,
    "zoe\\@example.org": False,
    "zoe;eve@example.org": False,
    "mailto:zoe@example.org": False,
}


@pytest.mark.parametrize(("mail", "good"), MAILS.items(), ids=[ascii(each) for each in MAILS])
def test_e_mails(mail: str, good: bool) -> None:
    checks = Checks()
    assert checks.email("field", mail) == mail
    assert [each.reason for each in checks.violations] == ([] if good else ["NOT_AN_EMAIL"])


def refuse_in_a_block(error: Exception | None) -> None:
    with Checks("b.") as checks:
        checks.add("a", "REQUIRED", "must be given")
        checks.add("c", "REQUIRED", "must be given")
        if error:
            raise error


def test_a_block_of_checks_refuses_at_its_end_and_hides_no_other_error() -> None:
    with pytest.raises(Refused) as refused:
        refuse_in_a_block(None)
    assert [each.path for each in refused.value.violations] == ["b.a", "b.c"]
    with pytest.raises(KeyError):
        refuse_in_a_block(KeyError())
