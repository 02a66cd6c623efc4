"""`vivier demo`: the whole system in a temporary folder, its sample data and its story; then it stays up."""

import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from services.cli.api import Api
from services.cli.demo.render import render_credentials, tell
from services.cli.demo.story import play
from services.cli.interrupts import Interrupts
from services.cli.ports import free_ports
from services.cli.supervisor import Supervisor

START_SECONDS = 120.0


def run(once: bool, language: str) -> None:
    """Tell the story; with `once` stop after it, else stay up until Ctrl-C. Nothing is left on the disk."""
    console = Console(width=None if Console().is_terminal else 110)
    interrupts = Interrupts()
    home = Path(tempfile.mkdtemp(prefix="vivier-demo-"))
    supervisor = Supervisor(
        home, free_ports(1)[0], lambda *_: None, lambda names, _: console.print(f"{names} ended, starting again")
    )
    with ExitStack() as clean_up:
        clean_up.callback(shutil.rmtree, home, ignore_errors=True)
        clean_up.callback(supervisor.stop)
        supervisor.start()
        with interrupts.taken():
            _show(supervisor, console, once, language)


def _show(supervisor: Supervisor, console: Console, once: bool, language: str) -> None:
    if not supervisor.wait_ready(START_SECONDS):
        raise TimeoutError(f"the services were not ready within {START_SECONDS:g} s")
    url = f"http://127.0.0.1:{supervisor.port}"
    with Api.of_home(supervisor.home) as operator:
        told = play(url, operator, lambda what, count: console.print(f"{count:>5} {what}"), language)
    tell(told, console, language)
    if not once:
        render_credentials(told, url, console, language)
        supervisor.wait()
