"""What Home Assistant is told of a camera, so that its entities are there by themselves.

The form is that of its documentation, MQTT discovery: one retained message a component.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from data_cleaning.version import VERSION
from likeness.delivery.topics import Topics

BIRTH = "status"  # below the prefix of discovery: `online` whenever Home Assistant has started
SECONDS_AWAY = 30  # after which nobody is seen any more


def camera_configs(topics: Topics, camera: str, available: str, prefix: str) -> dict[str, bytes]:
    """A message for each entity of a camera, by its topic. available: the topic that says so."""
    device = {
        "identifiers": [f"{topics.prefix}_{camera}"],
        "name": camera.replace("-", " ").replace("_", " ").capitalize(),
        "manufacturer": "Likeness",
        "model": "Camera",
        "sw_version": VERSION,
    }
    found: dict[str, bytes] = {}
    for component, key, config in _entities(topics, camera):
        unique = f"{topics.prefix}_{camera}_{key}"
        whole = {
            "unique_id": unique,
            "default_entity_id": f"{component}.{unique}",
            "availability_topic": available,
            "device": device,
            "origin": {"name": "Likeness", "sw_version": VERSION},
            **config,
        }
        found[f"{prefix}/{component}/{topics.prefix}_{camera}/{key}/config"] = _json(whole)
    return found


def _entities(topics: Topics, camera: str) -> list[tuple[str, str, dict[str, Any]]]:
    events = topics.camera(camera)
    named = "{{ value_json.name if value_json.known else 'unknown' }}"
    unnamed = "{{ 'known' if value_json.known else 'unknown' }}"
    count = topics.person(camera)
    return [
        (
            "sensor",
            "last_seen",
            {
                "name": "Last seen",
                "icon": "mdi:face-recognition",
                "state_topic": events,
                "value_template": unnamed if topics.names == "none" else named,
                "json_attributes_topic": events,
                "force_update": True,
            },
        ),
        (
            "sensor",
            "people",
            {
                "name": "People",
                "icon": "mdi:account-multiple",
                "state_topic": count,
                "state_class": "measurement",
            },
        ),
        (
            "binary_sensor",
            "occupancy",
            {
                "name": "Occupancy",
                "device_class": "occupancy",
                "state_topic": count,
                "value_template": "{{ 'ON' if value | int(0) > 0 else 'OFF' }}",
            },
        ),
        (
            "image",
            "picture",
            {
                "name": "Last picture",
                "image_topic": topics.image(camera),
                "content_type": "image/jpeg",
            },
        ),
    ]


def person_config(topics: Topics, name: str | None, prefix: str) -> dict[str, bytes]:
    """The entity of a person, whichever camera sees them: on for a while after they were seen.

    None, without a message, where names may not stand in topics.
    """
    if name is None or topics.names != "topics":
        return {}
    key = hashlib.sha256(name.encode()).hexdigest()[:12]
    unique = f"{topics.prefix}_person_{key}"
    config = {
        "unique_id": unique,
        "default_entity_id": f"binary_sensor.{unique}",
        "name": name,
        "device_class": "occupancy",
        "state_topic": topics.match(name),
        "value_template": "ON",
        "json_attributes_topic": topics.match(name),
        "off_delay": SECONDS_AWAY,
        "device": {
            "identifiers": [f"{topics.prefix}_people"],
            "name": "Likeness",
            "manufacturer": "Likeness",
            "model": "People",
            "sw_version": VERSION,
        },
        "origin": {"name": "Likeness", "sw_version": VERSION},
    }
    return {f"{prefix}/binary_sensor/{topics.prefix}_people/{key}/config": _json(config)}


def _json(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
