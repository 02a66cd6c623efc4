"""GET /events: the caller's own notifications, live, as server-sent events.

One gRPC stream from the notifications service feeds the whole process; each notification is put into the bounded
buffers of its recipient's subscribers. A subscriber that does not keep up is cut off rather than kept in memory: it
comes back with `Last-Event-ID` and gets what it missed from the inbox. Every stream begins with an id, so that a
subscriber cut off before its first notification can do the same. A stream lives as long as its token.
"""

import asyncio
import contextlib
import logging
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC

import grpc
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from vivier.notifications.v1 import notifications_pb2 as pb

from services.gateway.auth.caller import caller_of
from services.gateway.context import AppState, deadline
from services.gateway.http.problems import Problem, unavailable
from services.kit.auth import Caller, Role
from services.kit.backoff import Backoff
from services.kit.errors import Refused, RetryLater

logger = logging.getLogger(__name__)
NOTIFICATIONS = "notifications"
BUFFERED = 100
MAX_STREAMS = 2_000
MAX_STREAMS_OF_ONE = 5
MAX_REPLAYED = 500
HEARTBEAT_SECONDS = 15.0
SLOW_SECONDS = 10.0
"""How long one write to a subscriber may take."""
SECONDS = 5.0
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
_GATEWAY = Caller(Role.SERVICE, "gateway")
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Event:
    sequence: int
    data: bytes


@dataclass(slots=True, eq=False)
class Subscriber:
    """One open stream. `ended` is set when it must close."""

    queue: asyncio.Queue[Event] = field(default_factory=lambda: asyncio.Queue(BUFFERED))
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def give(self, event: Event) -> None:
        try:
            self.queue.put_nowait(event)
        except asyncio.QueueFull:
            self.ended.set()

    async def next(self, seconds: float) -> Event | None:
        """The next event; None when the time is over or the stream must end."""
        getting, ending = asyncio.ensure_future(self.queue.get()), asyncio.ensure_future(self.ended.wait())
        try:
            await asyncio.wait((getting, ending), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()
            ending.cancel()


class Broadcast:
    """Hands every new notification of the process's one stream to its recipient's subscribers."""

    def __init__(self, state: AppState) -> None:
        self._state = state
        self._subscribers: defaultdict[str, set[Subscriber]] = defaultdict(set)
        self._open: Counter[str] = Counter()
        self._last = -1
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        """End every stream and take no more."""
        self._stopped = True
        if self._task is not None:
            self._task.cancel()
        self._end_all()

    async def ready(self) -> None:
        """Wait until the stream says where it begins: a subscriber before that could miss notifications."""
        try:
            await asyncio.wait_for(self._ready.wait(), SECONDS)
        except TimeoutError:
            raise unavailable("new notifications are not heard now") from None

    @contextlib.contextmanager
    def subscribed(self, recipient: str) -> Iterator[Subscriber]:
        """A subscriber of this recipient's notifications, or a `Problem`."""
        if self._stopped or self._open.total() >= MAX_STREAMS:
            raise unavailable("no more streams are open to new readers now")
        if self._open[recipient] >= MAX_STREAMS_OF_ONE:
            raise Problem(429, "TOO_MANY_STREAMS", "at most {most} streams at a time", most=str(MAX_STREAMS_OF_ONE))
        subscriber = Subscriber()
        self._subscribers[recipient].add(subscriber)
        self._open[recipient] += 1
        try:
            yield subscriber
        finally:
            self._leave(recipient, subscriber)

    def _leave(self, recipient: str, subscriber: Subscriber) -> None:
        self._subscribers[recipient].discard(subscriber)
        self._open[recipient] -= 1
        if not self._open[recipient]:
            del self._open[recipient], self._subscribers[recipient]

    def _end_all(self) -> None:
        for subscribers in self._subscribers.values():
            for subscriber in subscribers:
                subscriber.ended.set()

    async def _watch(self) -> None:
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE)
        while True:
            try:
                async for message in self._stream():
                    backoff.reset()
                    for notification in message.notifications:
                        self._deliver(notification)
                    self._last = message.last_sequence
                    self._ready.set()
            except grpc.aio.AioRpcError as error:
                logger.warning("the stream of notifications broke off: %s", error.code().name)
            await asyncio.sleep(backoff.pause())

    def _stream(self) -> AsyncIterator[pb.WatchNotificationsResponse]:
        request = pb.WatchNotificationsRequest(after_sequence=self._last)
        stream: AsyncIterator[pb.WatchNotificationsResponse] = self._state.upstreams[NOTIFICATIONS].stream(
            request, _GATEWAY
        )
        return stream

    def _deliver(self, notification: pb.Notification) -> None:
        subscribers = self._subscribers.get(notification.recipient)
        if subscribers:
            event = encoded(notification)
            for subscriber in subscribers:
                subscriber.give(event)


def encoded(notification: pb.Notification) -> Event:
    """A notification as an event; its id is its sequence."""
    content = {
        "id": notification.id,
        "kind": pb.NotificationKind.Name(notification.kind).removeprefix("NOTIFICATION_KIND_"),
        "subjectId": notification.subject_id,
        "parameters": dict(notification.parameters),
        "score": notification.score,
        "createdAt": notification.created_at.ToDatetime(UTC),
    }
    data = b"id: %d\nevent: notification\ndata: %s\n\n" % (notification.sequence, orjson.dumps(content))
    return Event(notification.sequence, data)


class EventsEndpoint:
    """GET /events."""

    def __init__(self, state: AppState, broadcast: Broadcast) -> None:
        self._state = state
        self._broadcast = broadcast

    async def __call__(self, request: Request) -> Response:
        caller = await caller_of(request, self._state, SECONDS)
        if caller.role not in (Role.PERSON, Role.MENTOR):
            raise Problem(403, "ROLE_NOT_ALLOWED", "a person's or a mentor's token; a partner exchanges its own")
        await self._broadcast.ready()
        stack = contextlib.ExitStack()
        subscriber = stack.enter_context(self._broadcast.subscribed(f"{caller.role}/{caller.subject}"))
        try:
            missed, last = await self._missed(caller, _last_event_id(request))
        except BaseException:
            stack.close()
            raise
        return _Stream(self._events(subscriber, missed, last), lambda: self._still_valid(request), stack)

    async def _still_valid(self, request: Request) -> bool:
        """Whether the token is still valid."""
        try:
            await caller_of(request, self._state, SECONDS)
        except Problem:
            return False
        return True

    async def _missed(self, caller: Caller, last: int | None) -> tuple[list[pb.Notification], int | None]:
        """What came after `last`, the oldest first; without it, the newest alone, for its sequence.

        A `last` that the inbox has not come to is none: who waited for what comes after it would hear nothing for long.
        """
        found: list[pb.Notification] = []
        token = ""
        until = deadline(SECONDS)
        while len(found) < MAX_REPLAYED:
            request = pb.ListNotificationsRequest(page_size=1 if last is None else 100, page_token=token)
            try:
                answer = await self._state.upstreams[NOTIFICATIONS].call(request, caller, until)
            except (RetryLater, Refused) as error:
                raise unavailable("the inbox does not answer") from error
            newest = answer.notifications[:1]
            if last is not None and not token and last > (newest[0].sequence if newest else 0):
                return newest, None
            found += [n for n in answer.notifications if last is None or n.sequence > last]
            token = answer.next_page_token
            if last is None or not token or answer.notifications[-1].sequence <= last:
                break
        return found[::-1], last

    async def _events(
        self, subscriber: Subscriber, missed: list[pb.Notification], last: int | None
    ) -> AsyncIterator[bytes]:
        if last is None:
            yield b"id: %d\n\n" % (missed[-1].sequence if missed else 0)
            seen = -1
        else:
            for notification in missed:
                yield encoded(notification).data
            seen = missed[-1].sequence if missed else last
        while not subscriber.ended.is_set():
            event = await subscriber.next(HEARTBEAT_SECONDS)
            if event is None:
                yield b": still here\n\n"
            elif event.sequence > seen:
                yield event.data


def _last_event_id(request: Request) -> int | None:
    given = request.headers.get("last-event-id", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Problem(400, "NOT_AN_EVENT_ID", "Last-Event-ID is the id of the last event")
    return int(given)


class _Stream(Response):
    """Sends events until they end, the client disconnects, its token expires, or a write takes too long."""

    def __init__(
        self, events: AsyncIterator[bytes], still_valid: Callable[[], Awaitable[bool]], stack: contextlib.ExitStack
    ) -> None:
        super().__init__()
        self._events = events
        self._still_valid = still_valid
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._stack:
            sending = asyncio.create_task(self._send_all(send))
            gone = asyncio.create_task(_until_disconnected(receive))
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            for task in (sending, gone):
                task.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        async for chunk in self._events:
            if not await self._still_valid():
                break
            try:
                async with asyncio.timeout(SLOW_SECONDS):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            except TimeoutError:
                return  # the server closes the connection
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
