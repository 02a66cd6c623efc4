"""Reasons in the reader's words: French or English, to the person concerned or about them.

Matching sends codes with parameters. Each line here says one code four times: French to the person (tutoiement),
French about the person, English to the person, English about them. An unknown code is shown as it is, so that a newer
matching service does not break an older gateway.
"""

from collections.abc import Mapping

Line = tuple[str, str, str, str]

LINES: Mapping[str, Line] = {
    "OFFER_OPEN": ("L'offre est ouverte.",) * 2 + ("The offer is open.",) * 2,
    "OFFER_CLOSED": ("L'offre n'est pas ouverte.",) * 2 + ("The offer is not open.",) * 2,
    "OFFER_NOT_MATCHABLE": ("L'offre n'est pas assez décrite pour être rapprochée d'un profil.",) * 2
    + ("The offer says too little to be matched.",) * 2,
    "OFFER_EXPIRED": ("L'offre a expiré le {expired}.",) * 2 + ("The offer expired on {expired}.",) * 2,
    "CONSENT_GIVEN": (
        "Tu as accepté que ton profil soit rapproché des offres.",
        "La personne a accepté que son profil soit rapproché des offres.",
        "You agreed that your profile is matched with offers.",
        "The person agreed that their profile is matched with offers.",
    ),
    "CONSENT_MISSING": (
        "Il manque un accord ou une réponse pour rapprocher ton profil des offres.",
        "Il manque un accord ou une réponse pour rapprocher ce profil des offres.",
        "An agreement or an answer is missing before your profile can be matched.",
        "An agreement or an answer is missing before this profile can be matched.",
    ),
    "KIND_WISHED": (
        "Tu cherches ce type d'offre : {kind}.",
        "La personne cherche ce type d'offre : {kind}.",
        "You are looking for this kind of offer: {kind}.",
        "The person is looking for this kind of offer: {kind}.",
    ),
    "KIND_NOT_WISHED": (
        "Tu ne cherches pas ce type d'offre ({kind}), mais : {wished}.",
        "La personne ne cherche pas ce type d'offre ({kind}), mais : {wished}.",
        "You are not looking for this kind of offer ({kind}), but for: {wished}.",
        "The person is not looking for this kind of offer ({kind}), but for: {wished}.",
    ),
    "KIND_UNKNOWN": (
        "Tu n'as pas encore dit quels types d'offres tu cherches ; celle-ci : {kind}.",
        "La personne n'a pas dit quels types d'offres elle cherche ; celle-ci : {kind}.",
        "You have not said yet which kinds of offers you want; this one: {kind}.",
        "The person has not said which kinds of offers they want; this one: {kind}.",
    ),
    "AGE_FITS": (
        "Ton âge convient ({ages}).",
        "L'âge convient ({ages}).",
        "Your age fits ({ages}).",
        "The age fits ({ages}).",
    ),
    "AGE_UNKNOWN": (
        "Ton âge n'est pas connu ; il faut avoir {ages}.",
        "L'âge n'est pas connu ; il faut avoir {ages}.",
        "Your age is not known; it must be {ages}.",
        "The age is not known; it must be {ages}.",
    ),
    "AGE_TOO_YOUNG": (
        "Tu es trop jeune pour cette offre ({ages}).",
        "La personne est trop jeune pour cette offre ({ages}).",
        "You are too young for this offer ({ages}).",
        "The person is too young for this offer ({ages}).",
    ),
    "AGE_TOO_OLD": (
        "Tu as dépassé l'âge prévu pour cette offre ({ages}).",
        "La personne a dépassé l'âge prévu pour cette offre ({ages}).",
        "You are above the age of this offer ({ages}).",
        "The person is above the age of this offer ({ages}).",
    ),
    "AGE_UNCERTAIN": (
        "Il n'est pas sûr que ton âge convienne ({ages}).",
        "Il n'est pas sûr que l'âge convienne ({ages}).",
        "It is not certain that your age fits ({ages}).",
        "It is not certain that the age fits ({ages}).",
    ),
    "LICENCE_NOT_ASKED": ("Aucun permis n'est demandé.",) * 2 + ("No licence is asked.",) * 2,
    "LICENCE_HELD": (
        "Tu as ce qui est demandé : {licences}.",
        "La personne a ce qui est demandé : {licences}.",
        "You have what is asked: {licences}.",
        "The person has what is asked: {licences}.",
    ),
    "LICENCE_MISSING": (
        "Il te manque : {licences}.",
        "Il manque à la personne : {licences}.",
        "You lack: {licences}.",
        "The person lacks: {licences}.",
    ),
    "LICENCE_UNKNOWN": (
        "Permis demandé : {licences} ; tu n'as pas dit si tu l'as.",
        "Permis demandé : {licences} ; la personne n'a pas dit si elle l'a.",
        "Licence asked: {licences}; you have not said whether you have it.",
        "Licence asked: {licences}; the person has not said whether they have it.",
    ),
    "REMOTE": ("Le travail se fait à distance.",) * 2 + ("The work is done remotely.",) * 2,
    "ANYWHERE": (
        "Tu es prêt·e à aller partout{at_distance}.",
        "La personne est prête à aller partout{at_distance}.",
        "You are ready to go anywhere{at_distance}.",
        "The person is ready to go anywhere{at_distance}.",
    ),
    "DISTANCE_KM": (
        "À {distance} km de chez toi (limite : {limit} km).",
        "À {distance} km (limite : {limit} km).",
        "{distance} km from your place (limit: {limit} km).",
        "{distance} km away (limit: {limit} km).",
    ),
    "WITHIN_KM": ("À moins de {distance} km.",) * 2 + ("Within {distance} km.",) * 2,
    "PLACE_MISSING": (
        "Tu n'as pas encore dit où tu habites.",
        "La personne n'a pas dit où elle habite.",
        "You have not said yet where you live.",
        "The person has not said where they live.",
    ),
    "OFFER_PLACE_MISSING": ("Le lieu de l'offre n'est pas connu.",) * 2 + ("The place of the offer is not known.",) * 2,
    "SKILL_HELD": (
        "Tu as cette compétence : {skill} ({asked}, {level}).",
        "Compétence acquise : {skill} ({asked}, {level}).",
        "You have this skill: {skill} ({asked}, {level}).",
        "Skill held: {skill} ({asked}, {level}).",
    ),
    "SKILL_MISSING": (
        "À acquérir : {skill} ({asked}).",
        "Compétence à acquérir : {skill} ({asked}).",
        "To learn: {skill} ({asked}).",
        "Skill to learn: {skill} ({asked}).",
    ),
    "SKILLS_UNKNOWN": (
        "Tu n'as pas encore dit ce que tu sais faire.",
        "La personne n'a pas dit ce qu'elle sait faire.",
        "You have not said yet what you can do.",
        "The person has not said what they can do.",
    ),
    "SKILLS_NOT_ASKED": ("L'offre ne demande aucune compétence précise.",) * 2
    + ("The offer asks no given skill.",) * 2,
    "OCCUPATION_SAME": (
        "C'est un métier que tu {source} : {occupation}.",
        "C'est un métier que la personne {source} : {occupation}.",
        "It is an occupation that you {source}: {occupation}.",
        "It is an occupation that the person {source}: {occupation}.",
    ),
    "OCCUPATION_CLOSE": (
        "{occupation} est proche d'un métier que tu {source} : {held}.",
        "{occupation} est proche d'un métier que la personne {source} : {held}.",
        "{occupation} is close to an occupation that you {source}: {held}.",
        "{occupation} is close to an occupation that the person {source}: {held}.",
    ),
    "OCCUPATION_FAR": (
        "{occupation} est loin des métiers que tu connais ou souhaites.",
        "{occupation} est loin des métiers que la personne connaît ou souhaite.",
        "{occupation} is far from the occupations that you know or wish.",
        "{occupation} is far from the occupations that the person knows or wishes.",
    ),
    "OCCUPATION_UNKNOWN": (
        "Tu n'as pas encore dit quels métiers tu connais ou souhaites.",
        "La personne n'a pas dit quels métiers elle connaît ou souhaite.",
        "You have not said yet which occupations you know or wish.",
        "The person has not said which occupations they know or wish.",
    ),
    "OCCUPATION_NOT_RESOLVED": ("Le métier de l'offre n'est pas reconnu.",) * 2
    + ("The occupation of the offer is not recognised.",) * 2,
    "OCCUPATION_WISHED": (
        "C'est un métier que tu souhaites : {occupation}.",
        "C'est un métier que la personne souhaite : {occupation}.",
        "It is an occupation that you wish: {occupation}.",
        "It is an occupation that the person wishes: {occupation}.",
    ),
    "OCCUPATION_NEAR_WISH": (
        "{occupation} est proche d'un métier que tu souhaites : {wished}.",
        "{occupation} est proche d'un métier que la personne souhaite : {wished}.",
        "{occupation} is close to an occupation that you wish: {wished}.",
        "{occupation} is close to an occupation that the person wishes: {wished}.",
    ),
    "OCCUPATION_NOT_WISHED": (
        "{occupation} n'est pas parmi les métiers que tu souhaites.",
        "{occupation} n'est pas parmi les métiers que la personne souhaite.",
        "{occupation} is not among the occupations that you wish.",
        "{occupation} is not among the occupations that the person wishes.",
    ),
    "OCCUPATION_WISH_UNKNOWN": (
        "Tu n'as pas encore dit quels métiers tu souhaites.",
        "La personne n'a pas dit quels métiers elle souhaite.",
        "You have not said yet which occupations you wish.",
        "The person has not said which occupations they wish.",
    ),
    "HOURS_FIT": (
        "{hours} h par semaine, comme tu le souhaites.",
        "{hours} h par semaine, comme la personne le souhaite.",
        "{hours} hours a week, as you wish.",
        "{hours} hours a week, as the person wishes.",
    ),
    "HOURS_OUTSIDE": (
        "{hours} h par semaine, en dehors de ce que tu souhaites ({range}).",
        "{hours} h par semaine, en dehors de ce que la personne souhaite ({range}).",
        "{hours} hours a week, outside of what you wish ({range}).",
        "{hours} hours a week, outside of what the person wishes ({range}).",
    ),
    "HOURS_UNKNOWN": (
        "{hours} h par semaine ; tu n'as pas dit combien tu souhaites.",
        "{hours} h par semaine ; la personne n'a pas dit combien elle souhaite.",
        "{hours} hours a week; you have not said how many you wish.",
        "{hours} hours a week; the person has not said how many they wish.",
    ),
    "HOURS_NOT_SAID": ("L'offre ne dit pas combien d'heures.",) * 2 + ("The offer does not say how many hours.",) * 2,
    "START_FITS": (
        "Début le {start} : tu es disponible.",
        "Début le {start} : la personne est disponible.",
        "Starts on {start}: you are available.",
        "Starts on {start}: the person is available.",
    ),
    "START_BEFORE_AVAILABLE": (
        "Début le {start}, {days} avant que tu sois disponible.",
        "Début le {start}, {days} avant que la personne soit disponible.",
        "Starts on {start}, {days} before you are available.",
        "Starts on {start}, {days} before the person is available.",
    ),
    "START_UNKNOWN": (
        "Début le {start} ; tu n'as pas dit quand tu es disponible.",
        "Début le {start} ; la personne n'a pas dit quand elle est disponible.",
        "Starts on {start}; you have not said when you are available.",
        "Starts on {start}; the person has not said when they are available.",
    ),
    "PUBLISHED_DAYS_AGO": ("Publiée {ago}.",) * 2 + ("Published {ago}.",) * 2,
}
