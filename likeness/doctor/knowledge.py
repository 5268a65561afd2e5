"""Looks at what the service knows: pretrained files, models, the database."""

from __future__ import annotations

from data_cleaning.errors import LikenessError
from data_cleaning.pretrained import weights_dir
from likeness.doctor.findings import Finding, bad, doubtful, good
from likeness.fetch_pretrained import default_names
from model.recipes.presets import recipes_needing
from model.recognition.registry import Registry
from model.weights.catalogue import WEIGHTS
from model.weights.fetch import weight_state
from server.errors import StoreDamaged, StoreDown
from server.settings import Settings, check_model
from server.storage.database import Store


def weights(_: Settings) -> Finding:
    folder = weights_dir()
    states = {name: weight_state(WEIGHTS[name], folder) for name in default_names()}
    wrong = {name: state for name, state in states.items() if state != "present"}
    if not wrong:
        return good("pretrained files", f"all {len(states)} are in {folder}, and whole")
    recipes = sorted({recipe for name in wrong for recipe in recipes_needing(name)})
    listed = ", ".join(f"{name} ({state})" for name, state in wrong.items())
    return doubtful(
        "pretrained files",
        f"in {folder}: {listed}; without them these do not run: {', '.join(recipes) or 'none'}",
        "likeness weights",
    )


def models(settings: Settings) -> Finding:
    """Each active version, loaded as the service loads it: its golden answer is given again."""
    registry = Registry(settings.artifacts)
    names = registry.names()
    if not names:
        todo = "Train one: likeness train FOLDER --name NAME, or on the page."
        return bad("models", f"there are none in {settings.artifacts}", todo)
    check_model(settings, names)
    broken: dict[str, str] = {}
    for name in names:
        try:
            registry.load(name)
        except LikenessError as error:
            broken[name] = str(error)
    if broken:
        seen = "; ".join(f"{name}: {why}" for name, why in broken.items())
        todo = "likeness weights, for pretrained files; likeness models rollback NAME, for versions"
        report = bad if len(broken) == len(names) or settings.model in broken else doubtful
        return report("models", f"{len(names) - len(broken)} of {len(names)} answer. {seen}", todo)
    return good("models", f"{len(names)} answer: {', '.join(names)}")


def database(settings: Settings) -> Finding:
    store = Store(settings.database)
    kind = store.engine.dialect.name
    file = settings.state / "likeness.db"
    try:
        if kind == "sqlite" and not settings.database_url and not file.exists():
            return good("database", f"none yet; the first start makes {file}")
        store.check_file()
        store.ping()
    except StoreDamaged as error:
        return bad("database", str(error), "likeness restore BACKUP (docs/deploy.md)")
    except StoreDown as error:
        todo = "Start it, or mend LIKENESS_DATABASE_URL. Answers go on and wait in the journal."
        return bad("database", str(error), todo)
    finally:
        store.close()
    return good("database", f"{kind} answers, and is whole")
