"""What the tests of processes let gunicorn load: the service as it is, with the small real
registry.
"""

from server.app import create_app
from server.process.startup import start
from server.settings import load
from tests.support.tiny_models import TinyRegistry

settings = load()
app = create_app(settings, TinyRegistry(settings.artifacts, delay=0.01))
start(app, lambda key: print(f"Likeness: the admin key: {key}", flush=True))
