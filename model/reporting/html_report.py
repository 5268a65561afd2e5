"""A report's plain data to one HTML file that needs nothing else: no script, no font, no picture
from elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from model.reporting import plots
from model.reporting.html_parts import (
    MOST_ROWS,
    bar,
    bullets,
    card,
    classes,
    figure,
    grid,
    share,
    table,
    tiles,
    usual_tiles,
    words,
)
from model.reporting.multilabel_html_report import (
    THRESHOLDS,
    classes_many,
    curves_many,
    mistake_many,
    tiles_many,
)
from model.reporting.style import STYLE

_TITLES = {
    "training": "How well {name} knows its classes",
    "crossval": "Cross-validation of {name}",
    "evaluation": "How {name} does on these pictures",
}
_HOW = {
    "training": (
        "Every picture was answered by a model that had not seen it or a near copy of it; "
        "the saved model was then trained on all of them."
    ),
    "crossval": "Every picture was answered by a model that had not seen it or a near copy of it.",
    "evaluation": (
        "The saved model answered these pictures. If it was trained on some of them, the figures"
        " flatter it."
    ),
}
_REASONS = {
    "unknown": "not believed: too little like the enrolled examples",
    "taken": "another one in the picture was more likely to be them",
    "too_small": "too small to tell",
    "nothing_found": "nothing was found in the picture",
    "known": "",
}


def page(report: dict[str, Any], thumbnails: Sequence[dict[str, Any] | None] = ()) -> str:
    """The HTML of a report of `report.build`; thumbnails as of `report.thumbnails`, or none."""
    title = _TITLES[report["kind"]].format(name=report["name"])
    several = report.get("multi_label")
    sections = [
        tiles_many(report) if several else _tiles(report),
        _advice(report["advice"]),
        classes_many(report) + curves_many(report) if several else _classes(report),
        grid(_confusion, _reliability, _tradeoff, _scores, _learning, _time, of=report),
        _attempts(report),
        _trials(report),
        _mistakes(report, thumbnails),
        _near_copies(report),
        _unreadable(report),
        _facts(report),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>"
        f"<header><p class=kicker>Likeness report</p><h1>{escape(title)}</h1>"
        f"<p class=lead>{escape(_subtitle(report))} {_HOW[report['kind']]}</p></header>"
        f"{''.join(sections)}</main></body></html>\n"
    )


def _subtitle(report: dict[str, Any]) -> str:
    figures, facts = report["figures"], report["facts"]
    parts = [
        f"{figures['pictures']} pictures of {len(figures['per_class'])} classes",
        f"recipe {report['recipe']['name']}",
    ]
    if "classifier" in facts:
        parts.append(f"classifier {words(facts['classifier'])}")
    if "trained" in facts:
        parts.append(f"trained {facts['trained'][:16].replace('T', ' ')} UTC")
    return ", ".join(parts) + "."


def _tiles(report: dict[str, Any]) -> str:
    figures = report["figures"]
    low, high = figures["accuracy_interval"] or (0.0, 0.0)
    told = [
        (
            "Right answers",
            share(figures["accuracy"]),
            f"of all pictures; 95% sure between {low:.0%} and {high:.0%}",
        ),
        ("Nothing found", share(figures["failure_to_acquire"]), "of the pictures of known classes"),
    ]
    chart = report["unknown"]
    if chart and chart["chosen"][0] is not None:
        told.append(("Strangers named", share(chart["chosen"][0]), f"measured on {chart['basis']}"))
    if figures.get("false_alarms"):
        alarms = figures["false_alarms"]
        text = f"of {alarms['pictures']} pictures with nothing in them"
        told.append(("False alarms", share(alarms["found_share"]), text))
    return tiles([*told, *usual_tiles(figures)])


def _advice(sentences: Sequence[str]) -> str:
    if not sentences:
        return card(
            "What you can do",
            "<p>Nothing stands out: no class is short of pictures, none is missed more than the"
            " others.</p>",
        )
    return card("What you can do", bullets(sentences), kind="advice")


def _classes(report: dict[str, Any]) -> str:
    each = report["figures"]["per_class"]
    many = len(each) > MOST_ROWS
    order = sorted(each, key=lambda label: each[label]["recall"]) if many else list(each)
    rows = [
        [
            escape(label),
            str(row["pictures"]),
            bar(row["recall"]),
            share(row["precision"]),
            "–" if row["f1"] is None else f"{row['f1']:.2f}",
            str(report["not_found"].get(label, 0)),
        ]
        for label in order
        for row in [each[label]]
    ]
    head = ["Class", "Pictures", "Recall", "Precision", "F1", "Nothing found"]
    text = (
        "Recall: of its pictures, how many were named so. Precision: of the pictures named so, how"
        " many were. F1 balances the two."
    )
    return classes(head, rows, text + " The ten that are named least often come first." * many)


def _confusion(report: dict[str, Any]) -> str:
    counts = report["figures"].get("confusion")
    if not counts:
        return ""
    text = (
        "Each row is a true class, each column an answer: everything off the diagonal is a mistake,"
        " (none) a refusal."
    )
    kind = "whole" if len(counts["truths"]) > MOST_ROWS else ""
    return card("Which is taken for which", figure(plots.confusion(counts)), text, kind)


def _reliability(report: dict[str, Any]) -> str:
    if not report["reliability"]:
        return ""
    text = (
        "When it says 80%, is it right in 80 of 100? Dots on the dashed line: yes; below it: too"
        f" sure of itself. The expected calibration error is {share(report['figures']['ece'])}."
    )
    return card(
        "Can its probabilities be believed?", figure(plots.reliability(report["reliability"])), text
    )


def _tradeoff(report: dict[str, Any]) -> str:
    chart = report.get("unknown")
    if not chart:
        return ""
    fpir, fnir = chart["chosen"]
    text = (
        "A stricter threshold names fewer strangers and misses more known ones; each point of the"
        f" line is one threshold. Chosen here: {share(fpir)} of strangers named, {share(fnir)} of"
        f" known missed ({chart['basis']})."
    )
    chosen = None if fpir is None else (fpir, fnir)
    return card(
        "Strangers named against known missed", figure(plots.tradeoff(chart["curve"], chosen)), text
    )


def _scores(report: dict[str, Any]) -> str:
    chart = report.get("unknown")
    if not chart:
        return ""
    name = (report["facts"].get("acceptance") or {}).get("score", "acceptance score")
    text = (
        "The further the two hills lie apart, the better strangers can be told from known ones; "
        "left of the dashed line nobody is named."
    )
    drawn = plots.scores(
        chart["histograms"], chart["threshold"], f"{name} to the class that was named"
    )
    return card("How alike known ones and strangers are", figure(drawn), text)


def _learning(report: dict[str, Any]) -> str:
    learning = report.get("learning")
    if not learning:
        return ""
    drawn = figure(plots.learning(learning["curve"])) if learning["curve"] else ""
    text = (
        "The same classifier, trained on a quarter, a half, three quarters and all of the"
        f" pictures. {escape(learning['verdict'])}"
    )
    return card("Would more pictures help?", drawn, text)


def _time(report: dict[str, Any]) -> str:
    seconds = report["seconds"]
    if not seconds:
        return ""
    most = max(seconds.values()) or 1.0
    rows = [
        [escape(stage), bar(value / most, f"{1000 * value:.1f} ms")]
        for stage, value in seconds.items()
    ]
    text = (
        "Median milliseconds a picture spends in each stage on this machine, measured while all its"
        " cores were at work."
    )
    return card("Where the time goes", table(["Stage", "Median"], rows), text)


def _attempts(report: dict[str, Any]) -> str:
    """The table of recipes that `auto` tried."""
    attempts = report["facts"].get("auto") or report["figures"].get("auto")
    if not attempts:
        return ""
    rows = [
        [
            escape(a["recipe"]) + (" <span class=chosen>kept</span>" if a["kept"] else ""),
            "" if a["accuracy"] is None else f"{a['accuracy']:.1%} ± {a['error']:.1%}",
            "" if a["failure_to_acquire"] is None else f"{a['failure_to_acquire']:.1%}",
            "" if a["milliseconds"] is None else f"{a['milliseconds']:.0f} ms",
            escape(a["note"]),
        ]
        for a in attempts
    ]
    text = (
        "Each recipe answered these pictures in three quick folds. Of those within one standard"
        " error of the most accurate, the one that takes the least time was kept."
    )
    heads = ["Recipe", "Right", "Nothing found", "A picture takes", "Not tried because"]
    return card("Which recipe suits these pictures", table(heads, rows), text)


def _trials(report: dict[str, Any]) -> str:
    trials = report["facts"].get("trials")
    if not trials:
        return ""
    rows = [
        [
            escape(words(t["name"]))
            + (
                " <span class=chosen>chosen</span>"
                if t["name"] == report["facts"]["classifier"]
                else ""
            ),
            f"{t['score']:.3f}",
            f"± {t['spread']:.3f}",
            f"{t['fit_seconds']:.2f} s",
            escape(", ".join(f"{k.split('__')[-1]} {v}" for k, v in t["parameters"].items())),
        ]
        for t in sorted(trials, key=lambda t: -t["score"])
    ]
    score = "mean average precision" if report.get("multi_label") else "balanced accuracy"
    text = (
        f"All were tried on the same folds. The score is {score}, in which every class counts"
        " alike; the spread is its standard deviation."
    )
    return card(
        "Which classifier is best",
        table(["Classifier", "Score", "Spread", "Fit time", "Best parameters"], rows),
        text,
    )


def _mistakes(report: dict[str, Any], thumbnails: Sequence[dict[str, Any] | None]) -> str:
    mistakes = report["mistakes"]
    if not mistakes:
        return card("The worst mistakes", "<p>There were none.</p>")
    several = report.get("multi_label")
    first = (
        "Furthest from the truth" if several else "Wrong names first, the surest of them at the top"
    )
    text = f"{first}: wrong labels and bad pictures of the data set show up here."
    if report["private"]:
        text += " This page carries no pictures, only their file names."
    shown = thumbnails or [None] * len(mistakes)
    told = mistake_many if several else _mistake
    items = (
        _mistaken(told(one), one["picture"], small)
        for one, small in zip(mistakes, shown, strict=True)
    )
    return card("The worst mistakes", f"<ul class=mistakes>{''.join(items)}</ul>", text)


def _mistake(one: dict[str, Any]) -> tuple[str, str, str]:
    """What was answered, what it is, and how sure: in words."""
    truth = {"_unknown": "a stranger", "_none": "nothing"}.get(one["truth"], one["truth"])
    detail = _REASONS.get(one["reason"], one["reason"])
    if one["best"] and not one["answer"]:
        detail = f"{detail}; nearest {one['best']} {one['probability']:.0%}".lstrip("; ")
    elif one["best"]:
        detail = f"{one['probability']:.0%} sure"
    return one["answer"] or "nobody", f"but it is {truth}", detail


def _mistaken(told: tuple[str, str, str], picture: str, thumbnail: dict[str, Any] | None) -> str:
    answer, truth, detail = map(escape, told)
    return (
        f"<li>{_thumbnail(thumbnail)}<p><b>{answer}</b> <span class=was>{truth}</span></p>"
        f"<p class=quiet>{detail}</p><p class=file>{escape(picture)}</p></li>"
    )


def _thumbnail(thumbnail: dict[str, Any] | None) -> str:
    if thumbnail is None:
        return ""
    box = ""
    if thumbnail["box"]:
        left, top, width, height = thumbnail["box"]
        box = f'<i style="left:{left:.1f}%;top:{top:.1f}%;width:{width:.1f}%;height:{height:.1f}%"></i>'
    ratio = thumbnail["width"] / thumbnail["height"]
    fits = "width:100%" if ratio > 1 else "height:100%"
    return (
        f'<div class=frame><span class=shot style="aspect-ratio:{ratio:.3f};{fits}">'
        f'<img alt="" src="{thumbnail["source"]}">{box}</span></div>'
    )


def _near_copies(report: dict[str, Any]) -> str:
    groups, pictures = report["near_copies"]["groups"], report["near_copies"]["pictures"]
    if not groups:
        return card("Near copies", "<p>There are no near copies.</p>")
    text = (
        f"{pictures} pictures fall into {len(groups)} {'group' if len(groups) == 1 else 'groups'}"
        " of near copies. A group is never split between learning and testing, which would only"
        " measure memory."
    )
    rows = "".join(f"<li>{', '.join(escape(name) for name in group)}</li>" for group in groups)
    return card(
        "Near copies",
        f"<details><summary>Show the file names</summary><ul class=files>{rows}</ul></details>",
        text,
    )


def _unreadable(report: dict[str, Any]) -> str:
    bad = report["figures"]["unreadable"]
    if not bad:
        return ""
    return card(
        "Files that could not be read",
        bullets(f"{entry['path']}: {entry['error']}" for entry in bad),
    )


def _facts(report: dict[str, Any]) -> str:
    facts = report["facts"]
    rows = [["Recipe", _recipe(report["recipe"])]]
    if "pictures" in facts:
        rows.append(
            [
                "Pictures",
                escape(", ".join(f"{label} {count}" for label, count in facts["pictures"].items())),
            ]
        )
    if report.get("multi_label"):
        rows.append(["Thresholds", escape(THRESHOLDS)])
    elif "acceptance" in facts:
        a = facts["acceptance"]
        rows.append(
            [
                "Threshold",
                escape(f"{a['score']} of {a['threshold']:.3f} or more; fitted on {a['basis']}"),
            ]
        )
    if "holds" in facts:
        rows.append(["What the model holds", escape(facts["holds"])])
    if "data_sha256" in facts:
        rows.append(["Data set", f"<code>{escape(facts['data_sha256'][:16])}…</code>"])
    if "versions" in facts:
        rows.append(
            [
                "Made with",
                escape(", ".join(f"{name} {number}" for name, number in facts["versions"].items())),
            ]
        )
    rows.append(
        [
            "This report holds",
            (
                "No pictures."
                if report["private"] or not report["mistakes"]
                else "Small pictures of the worst mistakes: treat it like the data set itself."
            ),
        ]
    )
    body = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    return card("Facts", f"<dl>{body}</dl>")


def _recipe(recipe: dict[str, Any]) -> str:
    steps = [recipe["detector"], recipe["crop"], *recipe["features"]]
    names = " → ".join(_step(step) for step in steps)
    return f"{escape(recipe['name'])}: {names}"


def _step(step: dict[str, Any]) -> str:
    options = json.dumps(step["options"])[1:-1].replace('"', "") if step["options"] else ""
    return f"<code>{escape(step['name'])}{f' ({escape(options)})' if options else ''}</code>"
