"""A client of the public API, with the operator's credential of this folder."""

import json
import time
from pathlib import Path
from typing import Any, Self

import httpx

SECONDS = 30.0
MARGIN_SECONDS = 30.0


class ApiError(Exception):
    """Its text says what went wrong and what to do."""


class Api:
    """`api.ask(query, variables)` returns `data`. Also a context manager."""

    def __init__(self, url: str, client_id: str, client_secret: str) -> None:
        self.url = url
        self._credential = (client_id, client_secret)
        self._http = httpx.Client(base_url=url, timeout=SECONDS)
        self._token = ""
        self._until = 0.0

    @classmethod
    def of_home(cls, home: Path) -> Self:
        """With the credential that `vivier up` wrote into the folder."""
        path = home / "operator.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ApiError(f"{path} is missing: start Vivier there first (`vivier up --home {home}`)") from None
        except PermissionError:
            raise ApiError(f"{path} belongs to somebody else: only who started Vivier may use it") from None
        return cls(kept["url"], kept["client_id"], kept["client_secret"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """One GraphQL operation. ApiError when it is refused or Vivier is not there."""
        headers = {"authorization": f"Bearer {self.token()}"}
        answer = self._post("/graphql", json={"query": query, "variables": variables or {}}, headers=headers)
        body = _json(answer)
        if errors := body.get("errors"):
            raise ApiError("; ".join(str(error.get("message")) for error in errors))
        if answer.is_error:
            raise ApiError(f"{self.url} answered {answer.status_code}: {body.get('detail') or body.get('title')}")
        data: dict[str, Any] = body["data"]
        return data

    def token(self) -> str:
        """A token that is valid for a while yet."""
        if time.monotonic() > self._until:
            answer = self._post("/oauth/token", data={"grant_type": "client_credentials"}, auth=self._credential)
            body = _json(answer)
            if answer.is_error:
                raise ApiError(f"{self.url} does not accept the credential: {body.get('error_description', body)}")
            self._token = body["access_token"]
            self._until = time.monotonic() + body["expires_in"] - MARGIN_SECONDS
        return self._token

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        """A plain page: status and JSON."""
        try:
            answer = self._http.get(path)
        except httpx.TransportError as error:
            raise self._away(error) from error
        return answer.status_code, _json(answer)

    def _post(self, path: str, **what: Any) -> httpx.Response:
        try:
            return self._http.post(path, **what)
        except httpx.TransportError as error:
            raise self._away(error) from error

    def _away(self, error: Exception) -> ApiError:
        return ApiError(f"nobody answers at {self.url} ({error}): is `vivier up` running?")


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise ApiError(
            f"{answer.url} answered {answer.status_code} and no JSON: is it Vivier that listens there?"
        ) from None
    return body if isinstance(body, dict) else {"data": body}
