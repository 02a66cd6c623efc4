"""owns      API clients, their secrets, and the private keys that sign access tokens
publishes nothing
listens   to nothing
serves    tokens, the public keys that verify them, and whether a partner may still act for a person
"""
