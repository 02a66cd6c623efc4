"""owns      organisations, their offers and their courses, in any state
publishes OrganisationChanged, OfferChanged, CourseChanged
listens   to nothing
serves    idempotent upserts, state changes as verbs, and reads of all three
"""
