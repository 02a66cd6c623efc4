"""A client of the public API, with the operator's credential of this folder."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx

SECONDS = 30.0
MARGIN_SECONDS = 30.0
RETRY_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Before each new try while a service is away: the supervisor brings it back."""
UNAVAILABLE = "UNAVAILABLE"
PAGE = 100


class ApiError(Exception):
    """Its sentences say what went wrong and what to do."""

    def __str__(self) -> str:
        return "; ".join(map(str, self.args))


class Unreachable(ApiError):
    """Nobody answers at the address."""


class InvalidQuery(ApiError):
    """The query itself is invalid: sending it again is useless."""


class MutationRefused(ApiError):
    """The mutation as a whole was refused; `refusal` is what it answered."""

    def __init__(self, refusal: dict[str, Any]) -> None:
        super().__init__(f"{refusal['message']} ({refusal['reason']})")
        self.refusal = refusal


class Api:
    """`api.ask(query, variables)` returns `data`. Also a context manager."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.url = url
        self._credential = (client_id, client_secret)
        self._http = httpx.Client(base_url=url, timeout=SECONDS, headers={"Accept-Language": "en"})
        self._token = ""
        self._until = 0.0

    @classmethod
    def of_home(cls, home: Path) -> Self:
        """With the credential that `vivier up` wrote into the folder."""
        path = home / "operator.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            return cls(kept["url"], kept["client_id"], kept["client_secret"])
        except FileNotFoundError:
            raise ApiError(f"{path} is missing: start Vivier there first (`vivier up --home {home}`)") from None
        except PermissionError:
            raise ApiError(f"{path} belongs to somebody else: only who started Vivier may use it") from None
        except (ValueError, KeyError, TypeError):
            raise ApiError(f"{path} is damaged: remove it and start Vivier again, which makes a new one") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """One GraphQL operation. ApiError when it is refused or Vivier is not there.

        A service that went away is waited for, so writes must be safe to repeat: ours are.
        """
        body = self._post_query_until_available(query, variables)
        if errors := body.get("errors"):
            kind = InvalidQuery if any(_code(error) == "INVALID_QUERY" for error in errors) else ApiError
            raise kind(*(str(error.get("message")) for error in errors))
        if "data" not in body:
            raise ApiError(f"{self.url} refused the question: {body.get('detail') or body.get('title')}")
        data: dict[str, Any] = body["data"]
        return data

    def mutate(self, mutation: str, variables: dict[str, Any]) -> dict[str, Any]:
        """A mutation with one field: what it did. Declined when that is a refusal."""
        (result,) = self.ask(mutation, variables).values()
        if "reason" in result:
            raise MutationRefused(result)
        return dict(result)

    def pages(self, query: str, variables: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Every node of a connection. The query has one field and takes `$first` and `$after`."""
        after: str | None = None
        while True:
            (connection,) = self.ask(query, {**(variables or {}), "first": PAGE, "after": after}).values()
            yield from connection["nodes"]
            info = connection["pageInfo"]
            after = info["endCursor"]
            if not info["hasNextPage"]:
                return

    def token(self) -> str:
        """A token that is valid for a while yet."""
        if time.monotonic() > self._until:
            answer = self._request(
                "POST", "/oauth/token", data={"grant_type": "client_credentials"}, auth=self._credential
            )
            body = _json(answer)
            if answer.is_error:
                raise ApiError(f"{self.url} does not accept the credential: {body.get('error_description', body)}")
            self._token = body["access_token"]
            self._until = time.monotonic() + body["expires_in"] - MARGIN_SECONDS
        return self._token

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """A plain page: status and JSON."""
        answer = self._request("GET", path)
        return answer.status_code, _json(answer)

    def _post_query_until_available(self, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        for pause in RETRY_PAUSES:
            try:
                body = self._post_query(query, variables)
                if not _is_unavailable(body):
                    return body
            except Unreachable:
                if not self._token:  # it was never there
                    raise
            time.sleep(pause)
        return self._post_query(query, variables)

    def _post_query(self, query: str, variables: dict[str, Any] | None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token()}"}
        body = {"query": query, "variables": variables or {}}
        return _json(self._request("POST", "/graphql", json=body, headers=headers))

    def _request(self, method: str, path: str, **what: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **what)
        except httpx.TransportError as error:
            raise Unreachable(f"nobody answers at {self.url} ({error}): is `vivier up` running?") from error


def _is_unavailable(body: dict[str, Any]) -> bool:
    return body.get("code") == UNAVAILABLE or any(_code(error) == UNAVAILABLE for error in body.get("errors") or ())


def _code(error: dict[str, Any]) -> str:
    return str((error.get("extensions") or {}).get("code", ""))


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise ApiError(
            f"{answer.url} answered {answer.status_code} and no JSON: is it Vivier that listens there?"
        ) from None
    return body if isinstance(body, dict) else {"data": body}
