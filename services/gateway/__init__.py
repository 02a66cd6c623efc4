"""owns the public API: who may ask what, and what a question may cost; it keeps nothing
publishes nothing
listens to the stream of new notifications
serves GraphQL, OAuth 2.0 tokens and server-sent events over HTTP
"""
