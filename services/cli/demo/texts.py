"""The names and sentences of the sample data. Every name and firm is invented; codes are those of the sample."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OccupationTexts:
    """What an offer of this occupation says, and what somebody who knows the work tells."""

    code: str
    title: str
    mission: str
    required: tuple[str, ...]
    wished: tuple[str, ...]
    told: tuple[tuple[str, str], ...]  # (skill code, the person's own words)
    licences: tuple[str, ...] = ()


OCCUPATIONS = (
    OccupationTexts(
        "I1619",
        "Mécanicien / Mécanicienne vélo (H/F)",
        "Tu remets en état vélos de ville et vélos à assistance électrique, tu règles freins et dérailleurs, "
        "tu expliques au client ce qui a été fait.",
        ("512580", "116687", "490583"),
        ("490582", "490587", "300364"),
        (
            ("512580", "je répare les vélos de mes cousins depuis le collège"),
            ("116687", "je nettoie et je graisse mon vélo toutes les semaines"),
            ("490583", "changer une chambre à air, je le fais les yeux fermés"),
            ("300364", "à l'atelier associatif j'accueille les gens et je leur explique"),
        ),
    ),
    OccupationTexts(
        "F1610",
        "Installateur / Installatrice de panneaux solaires (H/F)",
        "Sur les toits de maisons et de hangars, en équipe de trois, tu poses les fixations, tu câbles les panneaux "
        "et tu participes à la mise en service.",
        ("103659", "481819", "105734"),
        ("481822", "485221", "400832"),
        (
            ("481819", "j'ai fait deux étés sur les toits avec mon oncle, toujours attaché"),
            ("105734", "au lycée pro on câblait des tableaux électriques"),
            ("103659", "j'ai aidé à monter les panneaux du centre social"),
        ),
        ("B",),
    ),
    OccupationTexts(
        "K2308",
        "Valoriste en ressourcerie (H/F)",
        "Vous triez ce que les habitants apportent, vous donnez une deuxième vie aux objets et vous tenez la boutique "
        "un samedi sur deux.",
        ("400851", "400528", "300361"),
        ("300303", "108728", "300374"),
        (
            ("400851", "je retape des meubles trouvés dans la rue et je les donne"),
            ("400528", "à la maison c'est moi qui gère le tri"),
            ("300361", "au club de foot j'accueille les nouveaux"),
        ),
    ),
    OccupationTexts(
        "K2304",
        "Agent / Agente de tri des déchets (H/F)",
        "Sur une chaîne de tri moderne, vous séparez les matières qui seront recyclées et vous signalez ce qui est "
        "dangereux.",
        ("485437", "400528", "483320"),
        ("476890", "108728", "300448"),
        (
            ("400528", "j'ai trié pour la collecte de mon immeuble pendant un an"),
            ("483320", "à l'usine mon poste était toujours propre"),
        ),
    ),
    OccupationTexts(
        "A1433",
        "Maraîcher / Maraîchère bio (H/F)",
        "Du semis à la vente au marché : vous préparez le sol, vous récoltez les légumes de saison et vous accueillez "
        "les adhérents du panier.",
        ("493757", "100011", "122833"),
        ("497954", "498017", "121752"),
        (
            ("100011", "mon grand-père m'a appris à faire pousser les tomates et les haricots"),
            ("497954", "j'ai lancé le compost du jardin partagé"),
            ("493757", "je connais les légumes, on a un potager de 200 m²"),
        ),
    ),
    OccupationTexts(
        "A1203",
        "Agent / Agente d'entretien des espaces verts (H/F)",
        "Parcs, écoles, bords de route : vous taillez, vous tondez, vous plantez, sans produits chimiques.",
        ("100032", "119210", "120676"),
        ("484510", "483174", "123042"),
        (
            ("100032", "je taille les haies du voisinage"),
            ("119210", "j'affûte et je range mes outils, c'est un réflexe"),
        ),
        ("B",),
    ),
    OccupationTexts(
        "I1308",
        "Chauffagiste, pompes à chaleur (H/F)",
        "Chez les particuliers, vous remplacez les vieilles chaudières par des pompes à chaleur et vous les réglez "
        "pour qu'elles consomment peu.",
        ("122213", "123695", "113678"),
        ("405453", "106802", "104425"),
        (
            ("123695", "j'ai raccordé les radiateurs chez ma tante avec un plombier"),
            ("122213", "en CAP on a posé trois chaudières"),
        ),
        ("B",),
    ),
    OccupationTexts(
        "F1114",
        "Conseiller / Conseillère en rénovation énergétique (H/F)",
        "Vous visitez des logements, vous mesurez, vous proposez un plan de travaux et vous aidez à monter "
        "les dossiers d'aide.",
        ("119727", "300014", "123865"),
        ("125614", "300308", "300408"),
        (
            ("300014", "j'aide les voisins à remplir leurs dossiers"),
            ("119727", "j'ai fait le diagnostic du local de l'association avec un bénévole"),
        ),
    ),
    OccupationTexts(
        "I1321",
        "Technicien / Technicienne de maintenance éolienne (H/F)",
        "En binôme, à cent mètres de haut, vous inspectez, vous graissez, vous remplacez. Le vertige reste au sol.",
        ("495845", "481819", "490295"),
        ("495654", "104425", "105666"),
        (
            ("481819", "je fais de l'escalade, j'ai l'habitude du baudrier"),
            ("490295", "en bac pro j'ai fait la maintenance des machines de l'atelier"),
        ),
        ("B",),
    ),
    OccupationTexts(
        "K2322",
        "Technicien / Technicienne en traitement de l'eau (H/F)",
        "Vous surveillez la station, vous faites les prélèvements, vous ajustez les réglages.",
        ("400872", "485930", "123568"),
        ("490295", "300527", "479040"),
        (
            ("400872", "au lycée on analysait l'eau de la rivière"),
            ("123568", "j'ai suivi un agent de la régie en stage"),
        ),
    ),
    OccupationTexts(
        "N4103",
        "Conducteur / Conductrice de bus (H/F)",
        "Au volant d'un bus électrique, vous transportez deux mille voyageurs par jour, avec le sourire et à l'heure.",
        ("300275", "300270", "104085"),
        ("140958", "479904", "110523"),
        (
            ("300270", "je conduis tous les jours depuis trois ans"),
            ("140958", "à la gare j'orientais les voyageurs"),
        ),
        ("D",),
    ),
    OccupationTexts(
        "F1611",
        "Façadier / Façadière, isolation par l'extérieur (H/F)",
        "Vous préparez la façade, vous posez l'isolant et vous soignez les finitions ; l'hiver, la facture baisse.",
        ("122948", "400409", "114888"),
        ("498030", "121735", "485221"),
        (
            ("400409", "sur un chantier jeunes on montait l'échafaudage"),
            ("114888", "casque, gants, chaussures : je connais les règles d'un chantier"),
        ),
    ),
    OccupationTexts(
        "A1202",
        "Agent / Agente d'entretien des espaces naturels (H/F)",
        "Rivières, sentiers, zones humides : vous réparez, vous débroussaillez et vous expliquez aux promeneurs.",
        ("100019", "119210", "123042"),
        ("400415", "100032", "479040"),
        (
            ("100019", "je connais les plantes et les oiseaux de chez nous"),
            ("400415", "j'anime des sorties nature pour les petits du centre aéré"),
        ),
    ),
    OccupationTexts(
        "I1402",
        "Réparateur / Réparatrice d'électroménager (H/F)",
        "Lave-linge, grille-pain, réfrigérateurs : vous trouvez la panne, vous changez la pièce, l'objet repart.",
        ("124739", "106679", "478989"),
        ("108743", "106865", "300364"),
        (
            ("124739", "je démonte tout depuis que je suis petit, je trouve la pièce qui bloque"),
            ("106679", "j'ai changé l'écran d'une vingtaine de téléphones"),
        ),
    ),
    OccupationTexts(
        "K2310",
        "Ambassadeur / Ambassadrice du tri (H/F)",
        "De porte en porte et dans les écoles, vous expliquez le tri et le compost, sans faire la leçon.",
        ("400415", "300361", "490596"),
        ("497954", "400187", "482039"),
        (
            ("400187", "je parle trois langues et je m'adapte à tout le monde"),
            ("400415", "j'ai fait une expo sur les déchets au lycée"),
        ),
    ),
)

WELCOME = (
    "Pas de diplôme exigé : ce sont les gestes qui comptent.",
    "Équipe de taille humaine, tuteur ou tutrice pendant les trois premiers mois.",
    "Horaires réguliers, prime de transport, vélo de fonction possible.",
    "Réponse garantie, même si c'est non, et toujours avec une raison.",
    "Nous formons aux gestes du métier et à la sécurité dès la première semaine.",
    "Le poste est ouvert à toutes et à tous ; l'aménagement du poste est prévu.",
)

EMPLOYERS = (
    ("Cycles du Faubourg", "93066", ("I1619",)),
    ("La Roue Libre", "69383", ("I1619", "K2308")),
    ("Atelier Pignon", "67482", ("I1619",)),
    ("Vélos des Calanques", "13203", ("I1619",)),
    ("Toits Soleil", "31555", ("F1610",)),
    ("Héliade Réunion", "97411", ("F1610", "I1308")),
    ("Lumière des Caps", "34172", ("F1610",)),
    ("Solaire du Nord", "59350", ("F1610", "F1611")),
    ("Kaz Solèy", "97209", ("F1610",)),
    ("Ressourcerie des Deux Rives", "63113", ("K2308", "I1402")),
    ("Le Grand Déballage", "44109", ("K2308",)),
    ("Seconde Main Solidaire", "59512", ("K2308", "K2304")),
    ("Tri Vallée", "26362", ("K2304", "K2310")),
    ("Matières Neuves", "62498", ("K2304",)),
    ("Recyclerie du Maroni", "97311", ("K2308", "K2304")),
    ("Les Jardins de la Confluence", "69387", ("A1433", "A1202")),
    ("Ferme des Trois Chênes", "26113", ("A1433",)),
    ("Potager des Hauts", "97422", ("A1433",)),
    ("Paniers de l'Erdre", "44109", ("A1433",)),
    ("Vert Commun", "75120", ("A1203", "A1202")),
    ("Parcs et Lisières", "35238", ("A1203",)),
    ("Brigade Verte du Hainaut", "59599", ("A1203", "A1202")),
    ("Chaleur Douce", "38185", ("I1308", "F1114")),
    ("Pompes et Cie", "54395", ("I1308",)),
    ("Confort Breton", "29232", ("I1308", "F1611")),
    ("Maison Sobre", "33063", ("F1114", "F1611")),
    ("Rénov'Ensemble", "42218", ("F1114", "F1611")),
    ("Façades du Littoral", "17300", ("F1611",)),
    ("Vent d'Autan Maintenance", "11069", ("I1321",)),
    ("Éoliennes des Plateaux", "12202", ("I1321",)),
    ("Pales du Nord", "80021", ("I1321",)),
    ("Régie des Eaux Claires", "37261", ("K2322",)),
    ("Eaux de Mayotte Services", "97611", ("K2322",)),
    ("Stations du Rhône", "84007", ("K2322",)),
    ("Transports de la Boucle", "25056", ("N4103",)),
    ("Mobilités Armor", "22278", ("N4103",)),
    ("Bus Électrique Marseillais", "13215", ("N4103",)),
    ("Rivières et Sentiers", "48095", ("A1202",)),
    ("Repar'Tout", "75118", ("I1402", "K2308")),
    ("Les Éclaireurs du Tri", "93048", ("K2310", "K2304")),
)
"""(name, commune, occupations)"""

SCHOOLS = (
    ("École des Métiers Verts", "93066"),
    ("Campus de la Transition", "69383"),
    ("Greta des Rives", "59350"),
    ("Atelier-École du Midi", "13203"),
    ("Centre Solaire de l'Océan Indien", "97411"),
    ("Formation Ouest Nature", "44109"),
)

GIVEN_NAMES = (
    "Inès", "Yanis", "Camille", "Moussa", "Léa", "Karim", "Fatou", "Hugo", "Aïcha", "Lucas", "Maëlys", "Samir",
    "Chloé", "Ibrahim", "Manon", "Rayan", "Nour", "Théo", "Awa", "Enzo", "Jade", "Bilal", "Sarah", "Noah",
)  # fmt: skip
FAMILY_NAMES = (
    "Arnoux", "Belkhiri", "Carlier", "Diabira", "Estève", "Ferrand", "Gharbi", "Hoareau", "Imbert", "Joubert",
    "Kermadec", "Lacaze", "Mbengue", "Nivelle", "Ouadah", "Payet", "Quéméner", "Rivoire", "Saïdou", "Toussaint",
)  # fmt: skip

TOWNS = (
    "93066", "93048", "93008", "75118", "75119", "75120", "94028", "91228", "69383", "69387", "13203", "13215",
    "31555", "59350", "59512", "59599", "62498", "67482", "68224", "44109", "35238", "33063", "34172", "38185",
    "38421", "42218", "63113", "37261", "76351", "80021", "84007", "26362", "26113", "29232", "22278", "54395",
    "25056", "11069", "12202", "48095", "07019", "97411", "97416", "97422", "97209", "97311", "97611", "2A004",
)  # fmt: skip

MENTORS = (
    ("Claire R.", "Vingt ans dans l'entretien des vélos, aujourd'hui cheffe d'atelier.", ("I1619",), "93066"),
    ("Mathieu D.", "Électricien devenu patron d'une petite entreprise solaire.", ("F1610",), "31555"),
    ("Soraya B.", "A ouvert une ressourcerie et forme au réemploi.", ("K2308", "K2304"), "63113"),
    ("Jean-Noël P.", "Maraîcher, passé par l'informatique avant la terre.", ("A1433",), "26113"),
    ("Adeline T.", "Conseille les familles qui rénovent leur logement.", ("F1114",), "33063"),
    ("Youssef K.", "Chauffagiste, formateur de pompes à chaleur.", ("I1308",), "38185"),
    ("Nathalie G.", "Dirige l'exploitation d'un parc éolien.", ("I1321",), "80021"),
    ("Patrick L.", "Responsable d'une station de traitement de l'eau.", ("K2322",), "37261"),
    ("Mariam S.", "A conduit des bus dix ans, recrute aujourd'hui.", ("N4103",), "13215"),
    ("Gwenaël C.", "Garde des espaces naturels, passionné de pédagogie.", ("A1202", "A1203"), "29232"),
    ("Estelle H.", "Façadière, défend les femmes du bâtiment.", ("F1611",), "59350"),
    ("Rodolphe V.", "Répare tout, et apprend aux autres à réparer.", ("I1402",), "75118"),
    ("Kadiatou N.", "Coordonne des ambassadeurs du tri.", ("K2310",), "93048"),
    ("Laurent Z.", "Paysagiste, a embauché quinze apprentis.", ("A1203",), "35238"),
    ("Marie-Josée F.", "Développe le solaire dans l'océan Indien.", ("F1610", "I1308"), "97411"),
    ("Olivier A.", "Mécanicien vélo et élu local.", ("I1619",), "67482"),
    ("Sandrine M.", "Anime un réseau de fermes bio.", ("A1433",), "44109"),
    ("Hamid O.", "Technicien de l'eau, ancien apprenti.", ("K2322",), "84007"),
    ("Élodie J.", "Accompagne les reconversions vers le tri et le recyclage.", ("K2304",), "62498"),
    ("Franck E.", "Formateur en isolation et écoconstruction.", ("F1611", "F1114"), "42218"),
)
"""(display name, about, occupations, commune)"""
