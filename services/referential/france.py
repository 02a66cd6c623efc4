"""France: gender forms and empty words of French, codes and spelling of places."""

import re

from services.referential.text import Language, WrittenPlace, surfaces

QPV_VINTAGE = "2024"

_STOP = """
a ai as au aux avec avoir c ce ces cet cette chez d dans de des du elle en est et etait ete etre eu faire fait il ils j
je l la le les leur leurs lors lui m ma mais me mes moi mon n ne nos notre nous on ont ou par pas plus pour puis qu que
qui s sa se selon ses si son sont suis sur t tout tous toute toutes tres un une vers via vos votre vous y
e es ere euse ice iere ienne nne rice te trice ve x
"""  # the last line is what remains of "(e)", "·trice" and the like

_GENERIC = """
base bases caracteristique caracteristiques connaissance connaissances fonctionnement methode methodes notion notions
principe principes procede procedes procedure procedures regle regles technique techniques type types typologie
utilisation
"""

# Nouns, participles and everyday words, each with the word of the official labels that means the same.
_SAME_AS = """
auto:automobile bicyclette:cycle conduit:conduire conduite:conduire construit:construire data:donnees
entretenu:entretenir entretien:entretenir gestion:gerer peint:peindre servi:servir suivi:suivre tenu:tenir tenue:tenir
vendu:vendre vente:vendre velo:cycle velos:cycle voiture:automobile voitures:automobile
"""

LANGUAGE = Language(
    stemmer="french",
    endings=(
        ("trices", "teur"),
        ("trice", "teur"),
        ("euses", "eur"),
        ("euse", "eur"),
        ("iennes", "ien"),
        ("ienne", "ien"),
        ("onnes", "on"),
        ("onne", "on"),
        ("ieres", "ier"),
        ("iere", "ier"),
        ("eres", "er"),
        ("ere", "er"),
        ("esses", "e"),
        ("esse", "e"),
        ("ives", "if"),
        ("ive", "if"),
        ("elles", "el"),
        ("elle", "el"),
        ("effes", "ef"),
        ("effe", "ef"),
        ("ees", "e"),
        ("ee", "e"),
        ("eux", "eur"),
        ("eaux", "eau"),
        ("aux", "al"),
    ),
    verb_endings=(("ations", "er"), ("ation", "er"), ("ages", "er"), ("age", "er")),
    same_as=dict(pair.split(":") for pair in _SAME_AS.split()),
    stop=frozenset(_STOP.split()),
    homographs=frozenset(("son",)),
    generic=frozenset(_GENERIC.split()),
    title_noise=re.compile(
        r"\(?\b(?:h\s*[/|.\-]?\s*f|f\s*[/|.\-]?\s*h|[hf]\s{2,}[hf])(?:\s*/\s*[dxn])?\b\)?"  # (H/F), F-H, h/f/d
        r"|\b(?:cdi|cdd|int[ée]rim|urgent|alternance|alternante?|stagiaire|temps\s+(?:partiel|plein|complet)|recrute)\b"
        r"|\b\d+\s*(?:%|h\b|heures?\b|mois\b|ans?\b)",
        re.IGNORECASE,
    ),
)

_DEPARTMENT_FIRST = re.compile(r"^\s*(\d{2,3}|2[AB]|20[AB])\s*(?:-|–|—|:)\s*(?=\D)", re.IGNORECASE)
_DEPARTMENT_LAST = re.compile(r"\(\s*(\d{2,3}|2[AB]|20[AB])\s*\)?\s*$", re.IGNORECASE)
_DEPARTMENT_ALONE = re.compile(r"^\s*(\d{2}|97\d|98\d|2[AB]|20[AB])\s*$", re.IGNORECASE)
_POSTAL_CODE = re.compile(r"(?<!\d)(\d{2})\s?(\d{3})(?!\d)")
_CORSICAN_CODE = re.compile(r"^\s*(2[AB]\d{3})\s*$", re.IGNORECASE)
_DISTRICT = re.compile(r"^0?(\d{1,2})(?:e|er|eme|nd)?$")
_SHORT = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes", "s": "sur"}
_ARTICLES = frozenset(("le", "la", "les", "l"))
_UNWRITTEN = frozenset(("cedex", "arrondissement", "arrdt", "arr", "france"))


def read_place(text: str) -> WrittenPlace:
    """ "07 - AUBENAS", "Aubenas (07)", "07200 Aubenas", "2A004", "75", "Paris 12e" taken apart."""
    if match := _CORSICAN_CODE.match(text):
        return WrittenPlace("", code=match.group(1).upper())
    if match := _DEPARTMENT_ALONE.match(text):
        return WrittenPlace("", department=_department(match.group(1)))
    for pattern in (_DEPARTMENT_FIRST, _DEPARTMENT_LAST):
        if match := pattern.search(text):
            rest = text[: match.start()] + " " + text[match.end() :]
            return WrittenPlace(place_key(rest), department=_department(match.group(1)))
    if match := _POSTAL_CODE.search(text):
        rest = text[: match.start()] + " " + text[match.end() :]
        return WrittenPlace(place_key(rest), postal_code="".join(match.groups()))
    return WrittenPlace(place_key(text))


def place_key(name: str) -> str:
    """ "ST ETIENNE S/ LOIRE" and "Saint-Étienne-sur-Loire" meet; so do "PARIS 02" and "Paris 2e Arrondissement"."""
    words = [_SHORT.get(word, word) for word in surfaces(name) if word not in _UNWRITTEN]
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    return " ".join(_DISTRICT.sub(r"\1", word) for word in words)


def _department(written: str) -> str:
    """Some files write Corsica 20A and 20B."""
    code = written.upper()
    return code.replace("20", "2") if code in ("20A", "20B") else code
