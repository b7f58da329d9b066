"""Events to an MQTT broker, with what Home Assistant needs to show the zones by itself."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tracker import __version__
from tracker.core.address import without_login
from tracker.core.errors import ConfigError
from tracker.core.extras import require

PORTS = {"mqtt": 1883, "mqtts": 8883}
BASE = "reid-track"
DISCOVERY = "homeassistant/device/{id}/config"  # Home Assistant's discovery of whole devices
WITHIN_S = 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """What a run counts people in: names of cameras, zones and lines."""

    cameras: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


class Mqtt:
    """Publishes events as ``BASE/event/KIND``, and numbers of people as retained topics.

    Args:
        address: ``mqtt://[user:password@]host[:port][/BASE]``, or mqtts.
        counted: What there are numbers of.

    Raises:
        ConfigError: The address has no host, or paho-mqtt is not installed.
    """

    def __init__(self, address: str, counted: Counted) -> None:
        require("paho")
        from paho.mqtt.client import Client

        self._new = Client
        self._place = urlsplit(address)
        self.name = without_login(address)
        if not self._place.hostname:
            raise ConfigError(f"--events {self.name}: the address has no host")
        self._base = self._place.path.strip("/") or BASE
        self._numbers = _Numbers(counted)
        self._client: Any = None

    def send(self, _identity: str, event: str) -> None:
        """See `Outlet.send`."""
        said = json.loads(event)
        if self._client is None:
            self._connect()
        self._publish(f"event/{said['event']}", event)
        for topic, value in self._numbers.after(said):
            self._publish(topic, str(value), retain=True)
        self._numbers.take(said)

    def close(self) -> None:
        """Hang up, and say so."""
        if self._client is not None:
            try:
                self._publish("status", "offline", retain=True)
                self._client.disconnect()
            except OSError:
                pass  # the broker says so itself
            self._forget()

    def _connect(self) -> None:
        from paho.mqtt.enums import CallbackAPIVersion

        client = self._new(CallbackAPIVersion.VERSION2)
        answered, refused = threading.Event(), []

        def connected(_client: Any, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
            refused.extend([str(reason)] if reason.is_failure else [])
            answered.set()

        client.on_connect = connected
        client.will_set(f"{self._base}/status", "offline", qos=1, retain=True)
        if self._place.username:
            password = unquote(self._place.password or "")
            client.username_pw_set(unquote(self._place.username), password)
        if self._place.scheme == "mqtts":
            client.tls_set()
        client.connect(self._place.hostname or "", self._place.port or PORTS[self._place.scheme])
        client.loop_start()
        self._client = client
        if not answered.wait(WITHIN_S) or refused:
            self._forget()
            raise OSError(refused[0] if refused else "the broker does not answer")
        self._introduce()

    def _introduce(self) -> None:
        identity = self._base.replace("/", "_").replace(" ", "_")
        config = self._numbers.discovery(self._base, identity)
        self._publish("status", "online", retain=True)
        self._publish(DISCOVERY.format(id=identity), json.dumps(config), retain=True, bare=True)
        for topic, value in self._numbers.now():
            self._publish(topic, str(value), retain=True)

    def _publish(self, topic: str, text: str, *, retain: bool = False, bare: bool = False) -> None:
        """Publish and wait for the broker's word that it has it.

        Raises:
            OSError: It has not.
        """
        name = topic if bare else f"{self._base}/{topic}"
        sent = self._client.publish(name, text, qos=1, retain=retain)
        try:
            sent.wait_for_publish(WITHIN_S)
        except (RuntimeError, ValueError) as error:
            self._forget()
            raise OSError(str(error)) from error
        if not sent.is_published():
            self._forget()
            raise OSError("the broker does not confirm")

    def _forget(self) -> None:
        client, self._client = self._client, None
        client.loop_stop()


class _Numbers:
    """How many people there are, as events tell it; topics are relative."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._values = {
            **{f"camera/{name}/visits": 0 for name in counted.cameras},
            **{f"zone/{name}/people": 0 for name in counted.zones},
            **{f"line/{name}/{way}": 0 for name in counted.lines for way in ("in", "out")},
        }

    def now(self) -> Iterator[tuple[str, int]]:
        """Yield all numbers."""
        yield from self._values.items()

    def after(self, event: dict[str, Any]) -> Iterator[tuple[str, int]]:
        """Yield what an event changes."""
        kind = event["event"]
        if kind == "occupancy":
            yield f"zone/{event['zone']}/people", event["people"]
        elif kind == "crossed":
            topic = f"line/{event['line']}/{event['direction']}"
            yield topic, self._values.get(topic, 0) + 1
        elif kind in ("appeared", "left"):
            topic = f"camera/{event['camera']}/visits"
            yield topic, max(self._values.get(topic, 0) + (1 if kind == "appeared" else -1), 0)

    def take(self, event: dict[str, Any]) -> None:
        """Take in what an event changes, once it has been told."""
        self._values.update(self.after(event))

    def discovery(self, base: str, identity: str) -> dict[str, Any]:
        """Return what tells Home Assistant of a device with a sensor for each number."""
        parts = {}
        for topic in self._values:
            kind, name, what = topic.split("/", 1)[0], topic.split("/")[1], topic.rsplit("/", 1)[1]
            parts[topic.replace("/", "_")] = {
                "p": "sensor",
                "name": f"{name} {what}",
                "unique_id": f"{identity}_{topic.replace('/', '_')}",
                "state_topic": f"{base}/{topic}",
                "state_class": "total_increasing" if kind == "line" else "measurement",
                "icon": "mdi:account-group",
            }
        return {
            "dev": {"ids": identity, "name": base, "mf": "reid-track", "sw": __version__},
            "o": {"name": "reid-track", "sw": __version__},
            "cmps": parts,
            "availability_topic": f"{base}/status",
            "qos": 1,
        }
