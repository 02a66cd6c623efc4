"""One offer in France Travail's format, and courses in LHEO: written for the tests."""

FT = {
    "id": "77ABC",
    "intitule": "Installateur de panneaux (H/F)",
    "description": "Poser et raccorder.",
    "dateCreation": "2026-11-01T08:00:00.000Z",
    "dateActualisation": "2026-11-10T08:00:00.000Z",
    "lieuTravail": {
        "libelle": "13 - MARSEILLE",
        "commune": "13201",
        "codePostal": "13001",
        "latitude": 43.3,
        "longitude": 5.38,
    },
    "romeCode": "F1602",
    "appellationlibelle": "Installateur / Installatrice de panneaux",
    "entreprise": {"nom": "Soleil d'essai"},
    "typeContrat": "CDD",
    "natureContrat": "Contrat travail",
    "permis": [{"libelle": "B - Véhicule léger", "exigence": "E"}, {"libelle": "C - Poids lourd", "exigence": "S"}],
    "competences": [{"code": "104301", "libelle": "Câbler", "exigence": "E"}, {"libelle": "Sourire", "exigence": "S"}],
    "salaire": {"libelle": "Mensuel de 1900,50 Euros à 2 100.0 Euros sur 12.0 mois"},
    "dureeTravailLibelle": "35H30 Travail en journée",
    "nombrePostes": 2,
    "accessibleTH": True,
    "codeNAF": "43.21A",
    "origineOffre": {"urlOrigine": "https://example.org/77ABC"},
}
ADDRESS = """<adresse><ligne>1 rue du Soleil</ligne><codepostal>13001</codepostal><ville>Marseille</ville>
    <code-INSEE-commune>13201</code-INSEE-commune><geolocalisation><latitude>43,3</latitude>
    <longitude>5,38</longitude></geolocalisation></adresse>"""
SESSIONS = """<session numero="S-1"><periode><debut>20271101</debut><fin>20280215</fin></periode></session>
    <session numero="S-2" datemaj="00000000"><periode><debut>00000000</debut><fin>99999999</fin></periode>
        <recrutement><modalite-recrutement>1</modalite-recrutement><nb-places>12</nb-places></recrutement></session>"""
BODY = """<organisme-formation-responsable><numero-activite>93130000000</numero-activite>
    <SIRET-organisme-formation><SIRET>732 829 320 00074</SIRET></SIRET-organisme-formation>
    <nom-organisme>Campus d'essai</nom-organisme><raison-sociale>Campus</raison-sociale>
    <coordonnees-organisme><coordonnees><adresse><ligne>2</ligne><codepostal>13002</codepostal><ville>Marseille</ville>
    </adresse><web><urlweb>https://campus.example.org</urlweb></web></coordonnees></coordonnees-organisme>
    </organisme-formation-responsable>"""


def course(
    number: str = ' numero="F-1"',
    title: str = "Poser des panneaux solaires",
    sessions: str = SESSIONS,
    entry: str = "0",
    teaching: str = "1",
    body: str = BODY,
    price: str = "1 250,50",
) -> str:
    return f"""<formation{number} datemaj="00000000">
    <domaine-formation><code-FORMACODE>22354</code-FORMACODE><code-ROME>F1602</code-ROME></domaine-formation>
    <intitule-formation>{title}</intitule-formation><objectif-formation>Savoir poser.</objectif-formation>
    <contenu-formation>&lt;p&gt;Toiture&lt;/p&gt;&lt;p&gt;Sécurité&lt;/p&gt;</contenu-formation>
    <certification><code-RNCP>36789</code-RNCP><code-CPF>1</code-CPF></certification>
    <action numero="A-1"><modalites-enseignement>{teaching}</modalites-enseignement>
        <lieu-de-formation><coordonnees>{ADDRESS}</coordonnees></lieu-de-formation>
        <modalites-entrees-sorties>{entry}</modalites-entrees-sorties>
        <url-action><urlweb>http://old.example.org</urlweb><urlweb>https://example.org/f1</urlweb></url-action>
        {sessions}<prix-total-TTC>{price}</prix-total-TTC><nombre-heures-total>399</nombre-heures-total>
        <organisme-financeur><code-financeur>2</code-financeur></organisme-financeur></action>{body}</formation>"""


def document(*courses: str, encoding: str = "UTF-8", namespace: str = ' xmlns="http://lheo.gouv.fr/2.3"') -> bytes:
    text = f"""<?xml version="1.0" encoding="{encoding}"?><lheo{namespace}><offres>{"".join(courses)}</offres></lheo>"""
    return text.encode(encoding)
