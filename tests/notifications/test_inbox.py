"""What is said on the bus is found in the inbox, once."""

from typing import Any

from vivier.notifications.v1 import notifications_pb2 as pb


def test_a_match_is_found_in_the_inbox(system: Any) -> None:
    system.match("o1", "ana", "ben")
    system.settle()
    [told] = system.inbox("ana").notifications
    assert (told.recipient, told.kind, told.subject_id) == ("person/ana", pb.NOTIFICATION_KIND_OFFER_MATCHED, "o1")
    assert dict(told.parameters) == {"title": "Technicienne éolien", "organisation_name": "Vents d’Ouest"}
    assert system.inbox("ben").unread == 1
