"""What the tests of processes let gunicorn load: the service as it is, with the small real
registry.
"""

from tiny_models import TinyRegistry

from server import create_app
from server.settings import load

settings = load()
app = create_app(settings, TinyRegistry(settings.artifacts, delay=0.01))
