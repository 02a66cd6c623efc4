"""owns      the index of offers, courses and people (disposable) and the decisions made on it (durable)
publishes OfferMatched, PersonMatched
listens   to OfferChanged, CourseChanged, PersonChanged and erasures
serves    search, matches with their explanation, ranked people, courses that close gaps
"""
