"""What Home Assistant is told, against a table made from its documentation of MQTT discovery."""

from __future__ import annotations

import json
import re

import pytest

from likeness.delivery.discovery import camera_configs, person_config
from likeness.delivery.topics import Topics

TOPIC = re.compile(r"homeassistant/(\w+)/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/config")
# What every component knows: availability, attributes, and what an entity is.
COMMON = {
    *("availability", "availability_mode", "availability_template", "availability_topic"),
    *("payload_available", "payload_not_available", "json_attributes_template"),
    *("json_attributes_topic", "device", "origin", "unique_id", "default_entity_id", "name"),
    *("icon", "entity_category", "entity_picture", "enabled_by_default", "qos", "encoding"),
}
# Of a component: what it must have, what it may have besides, its classes of device.
OCCUPANCY = {"motion", "moving", "occupancy", "opening", "presence", "door", "connectivity"}
COMPONENTS = {
    "sensor": (
        {"state_topic"},
        {"value_template", "expire_after", "force_update", "state_class", "device_class", "options"}
        | {"unit_of_measurement", "suggested_display_precision", "last_reset_value_template"},
        {"enum", "timestamp", "duration", "temperature"},
    ),
    "binary_sensor": (
        {"state_topic"},
        {"value_template", "expire_after", "force_update", "off_delay", "device_class"}
        | {"payload_on", "payload_off"},
        OCCUPANCY,
    ),
    "image": (
        {"image_topic"},
        {"content_type", "image_encoding", "url_template", "url_topic"},
        set[str](),
    ),
}
DEVICE = {
    *("configuration_url", "connections", "hw_version", "identifiers", "manufacturer", "model"),
    *("model_id", "name", "serial_number", "suggested_area", "sw_version", "via_device"),
}
STATE_CLASSES = {"measurement", "measurement_angle", "total", "total_increasing"}


def configs(names: str) -> dict[str, bytes]:
    topics = Topics(names=names)
    found = camera_configs(topics, "front-door", topics.availability("front-door"), "homeassistant")
    return found | person_config(topics, "Ada Löve/lace", "homeassistant")


@pytest.mark.parametrize(("names", "count"), [("none", 4), ("payload", 4), ("topics", 5)])
def test_every_message_is_as_documented(names: str, count: int) -> None:
    found = configs(names)
    assert len(found) == count
    for topic, message in found.items():
        place = TOPIC.fullmatch(topic)
        assert place, topic
        must, may, classes = COMPONENTS[place[1]]
        config = json.loads(message)
        assert must <= set(config) <= must | may | COMMON, topic
        assert config.get("device_class") in {None, *classes}
        assert config.get("state_class") in {None, *STATE_CLASSES}
        assert set(config["device"]) <= DEVICE and config["device"]["identifiers"]
        assert set(config["origin"]) <= {"name", "sw_version", "support_url"}
        assert config["origin"]["name"]
        for key in ("state_topic", "image_topic", "availability_topic", "json_attributes_topic"):
            assert not set(config.get(key, "")) & set("+#\0"), "a topic that is one"


def test_entities_have_ids_of_their_own_and_one_device() -> None:
    messages = [json.loads(message) for message in configs("payload").values()]
    assert len({message["unique_id"] for message in messages}) == len(messages)
    assert len({message["default_entity_id"] for message in messages}) == len(messages)
    (device,) = {json.dumps(message["device"]) for message in messages}
    assert json.loads(device)["name"] == "Front door"


@pytest.mark.parametrize("names", ["none", "payload"])
def test_no_name_where_it_may_not_stand(names: str) -> None:
    assert "Ada" not in " ".join(f"{t} {m.decode()}" for t, m in configs(names).items())


def test_a_name_is_one_level_of_a_topic() -> None:
    topics = Topics(names="topics")
    assert topics.match("a/b+c#") == "likeness/matches/a_b_c_"
    assert topics.match("unknown") == "likeness/matches/unknown_", "a person of that name"
    assert topics.match(None) == "likeness/matches/unknown"
