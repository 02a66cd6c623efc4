"""owns      every recipient's inbox, how they wish to be told, and the queue of mails
publishes nothing
listens   to OfferMatched, PersonMatched, MentorshipChanged, PersonChanged, OfferChanged and erasures
serves    inboxes, preferences, and a stream of all that is written
"""
