"""`deploy/compose.yaml`, as far as it can be known without Docker: its structure, and that what it says is so.

The keys are those of the Compose specification that our file needs: another one is a new word, or a misspelt one.
"""

import base64
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from brokers import admin, forget
from commands import command
from engines import address_of, fresh_namespace
from harness import eventually
from installation import on_engines
from kafka.admin import ConfigResource, ConfigResourceType

from services.cli.ports import free_ports
from services.cli.serve import settings_of
from services.kit.bus_kafka import KafkaLog
from services.kit.service import PARTITIONS
from services.kit.settings import PREFIX
from services.registry import GATEWAY
from services.registry import SERVICES as ENTRIES

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
NAMES = [entry.name for entry in ENTRIES]
VIVIER = {name: said for name, said in SERVICES.items() if name in NAMES}
ENGINES = {name: said for name, said in SERVICES.items() if name not in NAMES}
TOP = {"name", "services", "networks", "volumes"}
OF_SERVICE: Mapping[str, type | tuple[type, ...]] = {
    "build": dict,
    "cap_drop": list,
    "command": list,
    "depends_on": dict,
    "deploy": dict,
    "entrypoint": list,
    "environment": dict,
    "healthcheck": dict,
    "image": str,
    "init": bool,
    "networks": list,
    "ports": list,
    "read_only": bool,
    "restart": str,
    "security_opt": list,
    "shm_size": str,
    "stop_grace_period": str,
    "tmpfs": list,
    "volumes": list,
}
OF_CHECK = {"test", "interval", "timeout", "retries", "start_period"}
CONDITIONS = {"service_healthy", "service_completed_successfully"}
DURATION = re.compile(r"\d+(s|m)")
AMOUNT = re.compile(r"\d+[MG]")
GIVEN = re.compile(r"\$\{(\w+)(:\?[^}]+|:-)\}")


def environment(name: str) -> dict[str, Any]:
    found: dict[str, Any] = SERVICES[name].get("environment", {})
    return found


def test_its_keys_are_those_of_compose() -> None:
    assert {key for key in COMPOSE if not key.startswith("x-")} == TOP
    for name, said in SERVICES.items():
        assert said.keys() <= OF_SERVICE.keys(), name
        for key, value in said.items():
            assert isinstance(value, OF_SERVICE[key]), f"{name}: {key}"
        assert said.get("healthcheck", {}).keys() <= OF_CHECK, name
        assert said.get("build", {}).keys() <= {"context", "dockerfile"}, name
        assert DURATION.fullmatch(said.get("stop_grace_period", "10s")), name
        assert said["restart"] in ("unless-stopped", "no"), name
        for value in environment(name).values():
            assert value is None or isinstance(value, str), f"{name}: numbers and yes or no in quotes"


def test_what_it_points_to_is_there() -> None:
    build = SERVICES[GATEWAY]["build"]
    assert (ROOT / "deploy" / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    for name, said in SERVICES.items():
        assert set(said["networks"]) <= COMPOSE["networks"].keys(), name
        assert {volume.partition(":")[0] for volume in said.get("volumes", ())} <= COMPOSE["volumes"].keys(), name
        for other, how in said.get("depends_on", {}).items():
            assert how["condition"] in CONDITIONS, name
            asked = "healthcheck" in SERVICES[other]
            assert asked == (how["condition"] == "service_healthy"), f"{name} waits for {other}"


def test_every_service_runs_and_says_whether_it_is_healthy() -> None:
    assert VIVIER.keys() == set(NAMES)
    for entry in ENTRIES:
        name, port, said = entry.name, entry.port, VIVIER[entry.name]
        assert said["command"] == ["serve", name]
        assert environment(name)[f"VIVIER_{name.upper()}_ADDRESS"] == f"0.0.0.0:{port}"
        *command, asked = said["healthcheck"]["test"]
        assert command == ["CMD", "vivier", "health"]
        assert asked == ("http://" if name == GATEWAY else "") + f"127.0.0.1:{port}"
        given = [environment(other).get(f"VIVIER_{name.upper()}_ADDRESS") for other in NAMES if other != name]
        found = set(filter(None, given))
        assert found == {f"{name}:{port}"}


def test_every_setting_exists_and_secrets_are_given() -> None:
    known = {PREFIX + field.upper() for name in NAMES for field in settings_of(name).model_fields}
    for name in VIVIER:
        given = {setting for setting in environment(name) if setting.startswith(PREFIX)}
        assert given <= known, given - known
    example = (ROOT / "deploy/.env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?(\w+)=", example, re.MULTILINE))
    used = {setting for setting, _ in GIVEN.findall((ROOT / "deploy/compose.yaml").read_text(encoding="utf-8"))}
    assert used == named
    for line in example.splitlines():
        assert re.fullmatch(r"(#.*|\w+=|)", line), "no secret of anybody"


def test_the_master_key_is_told_to_profile_alone() -> None:
    assert [name for name in VIVIER if "VIVIER_MASTER_KEY" in environment(name)] == ["profile"]


def test_only_the_gateway_is_reached_from_outside_and_from_this_machine_alone() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name, said in SERVICES.items():
        published = said.get("ports", [])
        assert published == (["127.0.0.1:8400:8400"] if name == GATEWAY else []), name
        assert said["networks"] == (["inside", "outside"] if name == GATEWAY else ["inside"]), name


def test_images_are_pinned_and_engines_keep_their_data() -> None:
    for name, said in SERVICES.items():
        assert re.fullmatch(r"[\w./-]+:\d+(\.\d+)*", said["image"]), name
    kept = {name: said["volumes"] for name, said in ENGINES.items() if name != "topics"}
    assert kept == {
        "kafka": ["kafka:/var/lib/kafka/data"],
        "postgres": ["postgres:/var/lib/postgresql"],  # from 18 on; not /data below it
        "elasticsearch": ["elasticsearch:/usr/share/elasticsearch/data"],
    }
    assert environment("kafka")["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_everything_that_stays_up_is_bounded() -> None:
    for name, said in SERVICES.items():
        if said["restart"] == "unless-stopped":
            limits = said["deploy"]["resources"]["limits"]
            assert limits.keys() == {"cpus", "memory"}
            assert float(limits["cpus"]) > 0
            assert AMOUNT.fullmatch(limits["memory"]), name


def test_our_processes_may_do_nothing_else() -> None:
    for said in VIVIER.values():
        assert (said["read_only"], said["init"], said["cap_drop"]) == (True, True, ["ALL"])
        assert said["volumes"] == ["home:/home/vivier/data"]


def topics_made() -> tuple[set[str], dict[str, str], dict[str, str]]:
    """What the one-shot service makes: the topics, and its options, the repeated `--config` apart."""
    (script,) = SERVICES["topics"]["command"]
    loop = re.search(r"for topic in ([\w. ]+); do\n(.*?)done", script, re.DOTALL)
    assert loop is not None
    words = shlex.split(loop[2].replace("\\\n", " "))
    assert words[:1] == ["/opt/kafka/bin/kafka-topics.sh"]
    pairs = [pair for pair in pairwise(words) if pair[0].startswith("--")]
    options = {name: value for name, value in pairs if name != "--config"}
    return set(loop[1].split()), options, dict(value.split("=") for name, value in pairs if name == "--config")


def test_the_topics_are_those_that_services_publish_on() -> None:
    events = [import_module(f"services.{entry.name}.events") for entry in ENTRIES if entry.contract]
    topics, options, _ = topics_made()
    assert topics == {module.TOPIC for module in events if hasattr(module, "TOPIC")}
    assert int(options["--partitions"]) == PARTITIONS
    assert options["--replication-factor"] == environment("offers")["VIVIER_KAFKA_REPLICATION"]
    assert options["--bootstrap-server"] == environment("offers")["VIVIER_KAFKA"]


@pytest.fixture
def namespace() -> Iterator[str]:
    """For topics of this test alone."""
    name = fresh_namespace()
    yield name
    forget(address_of("kafka"), name)


def test_a_topic_is_made_as_services_make_it(namespace: str) -> None:
    """Whichever comes first, the broker keeps the same."""
    brokers = address_of("kafka")
    log = KafkaLog(brokers, namespace, replication=1)
    log.ensure_topic("vivier.offers.v1", PARTITIONS)
    log.close()
    name = f"{namespace}.vivier.offers.v1"
    with admin(brokers) as client:
        kept = client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])["topic"][name]
        partitions = client.describe_topics([name])[0]["partitions"]
    _, _, settings = topics_made()
    assert {key: each["value"] for key, each in kept.items() if "DYNAMIC_TOPIC" in str(each)} == settings
    assert len(partitions) == PARTITIONS


@pytest.mark.timeout(300)
def test_the_services_run_on_what_they_are_given(tmp_path: Path) -> None:
    """Each in a process with only its environment, on real engines; names and ports of containers are of this host."""
    usual = sorted(set(re.findall(r":(84\d\d)\b", str(VIVIER))))
    ports = dict(zip(usual, map(str, free_ports(len(usual))), strict=True))
    secrets = {"VIVIER_MASTER_KEY": base64.b64encode(b"k" * 32).decode()}

    def here(said: str) -> str:
        said = GIVEN.sub(lambda found: secrets.get(found[1], "s" * 32) if "?" in found[2] else "", said)
        said = re.sub(r"\b(0\.0\.0\.0|[a-z]+)(?=:84\d\d\b)", "127.0.0.1", said)
        return re.sub(r":(84\d\d)\b", lambda found: f":{ports[found[1]]}", said)

    def settings(name: str, engines: Mapping[str, str]) -> dict[str, str]:
        given = {key: here(value) for key, value in environment(name).items() if value is not None}
        on_engines = {key: engines[key] for key in engines if key in given}
        return given | on_engines | {"VIVIER_NAMESPACE": engines["VIVIER_NAMESPACE"], "VIVIER_HOME": str(tmp_path)}

    with on_engines() as engines, ExitStack() as started:
        running = [
            started.enter_context(process(command(*said["command"]), settings(name, engines)))
            for name, said in VIVIER.items()
        ]
        for each, said in zip(running, VIVIER.values(), strict=True):
            assert each.stdout is not None
            assert each.stdout.readline(), f"{said['command']} ended too early"
            health = command("health", here(said["healthcheck"]["test"][-1]))
            eventually(
                lambda health=health: subprocess.run(health, check=False, capture_output=True).returncode == 0, 60
            )
        doctor = command("doctor", "--home", tmp_path)
        found = subprocess.run(doctor, env=settings(GATEWAY, engines), capture_output=True, text=True, check=False)
        assert "everything is ready" in found.stdout, found.stdout
    assert not list(tmp_path.glob("*.db")), "all data is on the engines"
    assert not (tmp_path / "master.key").exists()


@contextmanager
def process(words: list[str], environment: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """Until the block ends."""
    started = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield started
    finally:
        started.terminate()
        started.wait(60)
