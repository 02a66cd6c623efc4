"""What mails say, in the recipient's language."""

from collections.abc import Sequence

from services.notifications.domain import Kind, Notification
from services.words.catalogue import Words

MOST_LINES = 20


def write(notifications: Sequence[Notification], given_name: str, language: str) -> tuple[str, str]:
    """Subject and body of a mail with these notifications, which all have the same recipient."""
    words, audience = Words(language), notifications[0].recipient.partition("/")[0]
    lines = [_line(each, words) for each in notifications]
    subject = lines[0] if len(lines) == 1 else words.say(f"mail.several.{audience}", count=len(lines))
    more = len(lines) - MOST_LINES
    shown = [*lines[:MOST_LINES], *([words.say("mail.more", count=more)] if more > 0 else [])]
    hello = words.say("mail.hello" if given_name else "mail.hello.nobody", name=_one_line(given_name))
    body = "\n".join([hello, "", *(f"- {line}" for line in shown), "", words.say(f"mail.ending.{audience}"), ""])
    return subject, body


def _line(of: Notification, words: Words) -> str:
    code = f"{of.kind}.{of.parameters['state']}" if of.kind is Kind.MENTORSHIP_CHANGED else of.kind
    title, organisation = (_one_line(of.parameters.get(name, "")) for name in ("title", "organisation_name"))
    return words.say(f"mail.{code}", what=f"{title} ({organisation})" if organisation else title)


def _one_line(words: str) -> str:
    """Titles come from outside; a line break in one would make a new header of the mail."""
    return " ".join(words.split())
