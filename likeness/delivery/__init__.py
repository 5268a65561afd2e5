"""What a camera saw, on its way out: MQTT, Home Assistant and a webhook.

Nothing here looks at a picture. Needs paho-mqtt for MQTT and httpx for the webhook.
"""
