"""Periodic jobs: due offers expire, and open ones are published again when their organisation changed."""

from harness import OPERATOR, eventually
from vivier.offers.v1 import offers_pb2 as pb

SIRET = "73282932000074"


def test_due_offers_expire_and_this_is_published(offers):
    recruiter = offers.organisation()
    published = offers.post(recruiter, external_id="published")
    paused = offers.move("Pause", offers.post(recruiter, external_id="paused").id, recruiter)
    draft = offers.post(recruiter, external_id="draft", publish=False)
    filled = offers.move("Fill", offers.post(recruiter, external_id="filled").id, recruiter)
    offers.clock.move(days=59)
    fresh = offers.post(recruiter, external_id="fresh")
    offers.clock.move(days=1)
    for before in (published, paused):
        after = offers.eventually_in(pb.OFFER_STATE_EXPIRED, before.id)
        assert after.version == before.version + 1
        assert not after.status.searchable
        assert offers.eventually_events(f"offer/{before.id}", after.version)[-1].offer == after
    assert [offers.get(each.id) for each in (draft, filled, fresh)] == [draft, filled, fresh]


def test_many_due_offers_go_in_batches(offers):
    recruiter = offers.organisation()
    for batch in range(3):
        offers.upsert(recruiter, *(offers.row(external_id=f"{batch}-{n}") for n in range(90)))
    offers.clock.move(days=61)
    request = pb.ListOffersRequest(states=[pb.OFFER_STATE_PUBLISHED], page_size=1)
    assert eventually(lambda: not offers.ask("ListOffers", request, recruiter).offers)


def test_becoming_verified_republishes_every_open_offer(offers):
    organisation = offers.from_feed()
    other = offers.post(OPERATOR, organisation_id=offers.from_feed("f-2").id)

    def post(name, publish=True):
        return offers.post(OPERATOR, organisation_id=organisation.id, external_id=name, publish=publish)

    rows = [offers.row(organisation_id=organisation.id, external_id=f"many {n}") for n in range(100)]
    many = [result.offer for result in offers.upsert(OPERATOR, *rows)]
    paused = offers.move("Pause", post("paused").id, OPERATOR)
    draft, closed = post("draft", publish=False), offers.move("Close", post("closed").id, OPERATOR)
    offers.from_feed(siret=SIRET, name="Toits SA")
    for before in (many[0], many[57], many[99], paused):
        told = offers.eventually_events(f"offer/{before.id}", before.version + 1)[-1]
        assert (told.organisation_name, told.organisation_verified) == ("Toits SA", True)
        assert told.offer.version == before.version + 1
        assert told.offer.status.sees_people
        assert told.offer == offers.get(before.id)
    assert {len(offers.events(f"offer/{each.id}")) for each in many} == {2}
    assert len(offers.events(f"offer/{other.id}")) == 1
    for quiet in (draft, closed):
        assert offers.get(quiet.id).version == quiet.version


def test_what_does_not_show_with_the_offers_is_not_published_again(offers):
    quiet = offers.post(offers.organisation("org-1"))
    renamed = offers.post(offers.organisation("org-2"))
    offers.organisation("org-1", description="Depuis 1998")
    offers.organisation("org-2", name="Toits nouveaux")
    told = offers.eventually_events(f"offer/{renamed.id}", 2)  # after org-1's turn, if it had one
    assert [event.organisation_name for event in told] == ["Toits org-2", "Toits nouveaux"]
    assert offers.get(quiet.id) == quiet


def test_a_later_version_never_comes_first(offers):
    """Verbs while the offers are published again: versions in the log grow by one."""
    recruiter = offers.organisation()
    posted = offers.post(recruiter)
    offers.organisation(name="Toits nouveaux")
    for verb in ("Pause", "Publish") * 5:
        offers.move(verb, posted.id, recruiter)
    told = offers.eventually_events(f"offer/{posted.id}", 12)
    assert [event.offer.version for event in told] == list(range(1, 13))
