"""One process: one or more services over one event log, until a signal, or until the parent has gone."""

import errno
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from pydantic import ValidationError

from services.kit import telemetry
from services.kit.errors import Unusable
from services.kit.settings import Settings
from services.referential import SnapshotRefused
from services.registry import SERVICES

if TYPE_CHECKING:
    from services.kit.service import Service

SETTLING_SECONDS = 0.2


class CannotServe(Exception):
    """Its text says what is in the way."""


def settings_of(name: str) -> type[Settings]:
    """The settings class of a service."""
    module = import_module(f"services.{name}.app")
    kind: type[Settings] = module.SETTINGS
    return kind


def serve(names: Sequence[str], with_parent: bool) -> None:
    """Run them until SIGTERM or SIGINT. Each prints one line of JSON when it is ready. CannotServe before that."""
    os.umask(0o077)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for client in ("kafka", "elastic_transport"):  # a line at every try; what matters is raised, and said by us
        logging.getLogger(client).setLevel(logging.CRITICAL)
    stopping = threading.Event()
    if with_parent:
        threading.Thread(target=_stop_with_parent, daemon=True).start()
    if without_contract(names):
        _serve_http(names[0])
        return
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopping.set())
    _serve_grpc(names, stopping)


def without_contract(names: Sequence[str]) -> Sequence[str]:
    """Those without a gRPC contract (they speak HTTP): each needs a process of its own."""
    return [entry.name for entry in SERVICES if entry.name in names and entry.contract is None]


def say(name: str, address: str) -> None:
    """Tell whoever started this process that a service is ready."""
    print(json.dumps({"ready": name, "address": address}), flush=True)  # noqa: T201 — the parent reads it


def _stop_with_parent() -> None:
    """The parent holds the other end of our standard input: when it closes, this process ends."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


@contextmanager
def _explained() -> Iterator[None]:
    """Errors that an operator can mend become CannotServe; any other is a bug and is raised as it is."""
    try:
        yield
    except ValidationError as error:
        wrong = (f"VIVIER_{str(each['loc'][0]).upper()}: {each['msg'].lower()}" for each in error.errors())
        raise CannotServe(f"a setting is missing or wrong: {'; '.join(wrong)}") from None
    except (SnapshotRefused, Unusable) as error:
        raise CannotServe(str(error)) from None
    except OSError as error:
        if error.errno not in (None, errno.EADDRINUSE):
            raise
        raise CannotServe(error.strerror or str(error)) from None


def _serve_http(name: str) -> None:
    module = import_module(f"services.{name}.app")
    with _explained():
        settings = module.SETTINGS()
        close = telemetry.setup(name, settings.otlp_endpoint)
        module.run(settings, lambda address: say(name, address))
    close()


def _serve_grpc(names: Sequence[str], stopping: threading.Event) -> None:
    from services.kit.adapters import open_log  # one that speaks HTTP needs none of it

    modules = [import_module(f"services.{name}.app") for name in names]
    with _explained():
        settings = [module.SETTINGS() for module in modules]
        close = telemetry.setup("+".join(names), settings[0].otlp_endpoint)
        log = open_log(settings[0])
        running: list[Service] = [module.build(each, log) for module, each in zip(modules, settings, strict=True)]
    for service in running:
        service.start()
    for service in running:
        while not (service.settled.wait(SETTLING_SECONDS) or stopping.is_set()):
            pass  # an engine may be away for long; a signal is heard meanwhile
        if service.settled.is_set() and not service.trouble():
            say(service.name, service.address)
    stopping.wait()
    stoppers = [threading.Thread(target=service.stop) for service in running]
    for stopper in stoppers:
        stopper.start()
    for stopper in stoppers:
        stopper.join()
    log.close()
    close()
