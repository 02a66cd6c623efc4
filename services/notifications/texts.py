"""What mails say, in French and English. A young person is addressed with "tu", a mentor with "vous"."""

from collections.abc import Mapping, Sequence

from services.notifications.domain import Kind, Notification

MOST_LINES = 20

# By language; a mentorship's states each have their own. {what}: "the title (the organisation)".
LINES: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "OFFER_MATCHED": "Une offre te correspond : {what}",
        "COURSE_MATCHED": "Une formation te rapproche du métier que tu vises : {what}",
        "OFFER_GONE": "Cette offre n'est plus disponible : {what}",
        "ASKED": "Un·e jeune vous demande de l'accompagner. Sa demande vous attend dans Vivier",
        "ACCEPTED": "Ta demande de mentorat a été acceptée",
        "DECLINED": "Ta demande de mentorat n'a pas pu être acceptée pour le moment. D'autres peuvent t'accompagner",
        "ENDED": "Ton mentorat a pris fin",
    },
    "en": {
        "OFFER_MATCHED": "An offer fits you: {what}",
        "COURSE_MATCHED": "A course brings you closer to the job you aim for: {what}",
        "OFFER_GONE": "This offer is no longer available: {what}",
        "ASKED": "A young person asks you to be their mentor. The request awaits you in Vivier",
        "ACCEPTED": "Your mentor has agreed to accompany you",
        "DECLINED": "The mentor whom you asked cannot accompany you at the moment. Others can",
        "ENDED": "Your time with your mentor has come to an end",
    },
}
FRAMES: Mapping[str, Mapping[str, str]] = {
    "fr": {
        "person/": "Retrouve le détail dans ta messagerie Vivier. Tu peux y choisir quand nous t'écrivons.",
        "mentor/": "Retrouvez le détail dans votre messagerie Vivier. Vous pouvez y choisir quand nous vous écrivons.",
        "several": "{count} nouvelles pour toi sur Vivier",
        "several mentor/": "{count} nouvelles pour vous sur Vivier",
        "more": "et {count} autres",
        "hello": "Bonjour {name},",
        "hello nobody": "Bonjour,",
    },
    "en": {
        "person/": "See more in your Vivier inbox, where you can also choose when we write to you.",
        "mentor/": "See more in your Vivier inbox, where you can also choose when we write to you.",
        "several": "{count} new items for you on Vivier",
        "several mentor/": "{count} new items for you on Vivier",
        "more": "and {count} more",
        "hello": "Hello {name},",
        "hello nobody": "Hello,",
    },
}


def write(notifications: Sequence[Notification], given_name: str, language: str) -> tuple[str, str]:
    """Subject and body of a mail with these notifications, which all have the same recipient."""
    language = language if language in LINES else "fr"
    frame, audience = FRAMES[language], notifications[0].recipient.partition("/")[0] + "/"
    lines = [_line(each, language) for each in notifications]
    subject = lines[0] if len(lines) == 1 else _several(frame, audience).format(count=len(lines))
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], *([frame["more"].format(count=more)] if more > 0 else [])]
    hello = frame["hello" if given_name else "hello nobody"].format(name=_one_line(given_name))
    body = "\n".join([hello, "", *(f"- {line}" for line in shown), "", frame[audience], ""])
    return subject, body


def _several(frame: Mapping[str, str], audience: str) -> str:
    return frame.get(f"several {audience}", frame["several"])


def _line(of: Notification, language: str) -> str:
    key = of.parameters["state"] if of.kind is Kind.MENTORSHIP_CHANGED else of.kind
    title, organisation = (_one_line(of.parameters.get(name, "")) for name in ("title", "organisation_name"))
    return LINES[language][key].format(what=f"{title} ({organisation})" if organisation else title)


def _one_line(words: str) -> str:
    """Titles come from outside; a line break in one would make a new header of the mail."""
    return " ".join(words.split())
