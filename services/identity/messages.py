"""From messages and to messages, where it is more than a copy."""

from vivier.identity.v1 import identity_pb2 as pb

from services.identity import tokens
from services.identity.domain import Client, SigningKey
from services.kit import wire
from services.kit.auth import CLIENT_ROLES

ROLES = {pb.ClientRole.Value(f"CLIENT_ROLE_{role.name}"): role for role in CLIENT_ROLES}
_NUMBERS = {str(role): number for number, role in ROLES.items()}


def client(of: Client) -> pb.Client:
    return wire.to_message(of, pb.Client, role=_NUMBERS[of.role])


def public_key(of: SigningKey) -> pb.PublicKey:
    """The public half alone."""
    return pb.PublicKey(kid=of.kid, pem=tokens.public_pem(of))
