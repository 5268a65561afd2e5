"""What the page says, read out of its files: the sentences, where they are used, and text that is
written elsewhere. Nothing here is a test.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from tests.support.paths import ROOT

UI = ROOT / "ui"
SCREENS = "-screens"  # ends the name of the file that Recognise does not load
LANGUAGES = sorted(
    path.stem for path in (UI / "languages").glob("*.js") if not path.stem.endswith(SCREENS)
)
FILES = sorted(
    path
    for path in UI.rglob("*.*")
    if path.suffix in {".html", ".js", ".css"} and not {"vendor", "languages"} & {*path.parts}
)
Entry = str | dict[str, str]

STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
COMMENT = re.compile(r"^\s*//.*$|(?<=[;,{}()\s])// .*$", re.MULTILINE)
# What a script hands to a person, whatever it is: the text of an element, a label, a title.
SHOWN = re.compile(
    r"(?:\.text\(|\bel\(\s*\"[^\"]*\",|\bbutton\(|\bpanel\(|\bfield\("
    r'|\.attr\(\s*"(?:aria-label|title|placeholder|alt)",'
    r'|[{,]\s*"?(?:aria-label|title|placeholder|alt)"?:)\s*$'
)
TOKEN = re.compile(STRING.pattern + r"|[\w$]+|[{}()\[\],:]")
KEY = r"[a-z]+(?:\.[\w-]+)+"
# Names of the language and of the browser that look like words: an error, an event's key, a header.
NAMES = re.compile(
    r"(?:[A-Z][a-z]+){2,}|[A-Z][A-Za-z]*(?:-[A-Z][A-Za-z]*)+|Enter|Escape|Home|End|Tab|Delete|Files"
    r"|Backspace|GET|POST|PUT|PATCH|DELETE|Content|Likeness|English|Deutsch|Space|No|Yes"
)


def sentences(language: str) -> dict[str, Entry]:
    """Every sentence of a language by its key; a plural is a dict of its forms."""
    pairs = [*sentences_in(language).items(), *sentences_in(f"{language}{SCREENS}").items()]
    return _once_each(pairs)


def sentences_in(name: str) -> dict[str, Entry]:
    """The sentences of one file of `ui/languages`."""
    text = (UI / "languages" / f"{name}.js").read_text()
    body = text[text.index("export default") + len("export default") :].strip().rstrip(";")
    body = re.sub(r"^\s*//.*$", "", body, flags=re.MULTILINE)
    body = re.sub(r"([{,]\s*)(zero|one|two|few|many|other):", r'\1"\2":', body)
    return dict(json.loads(re.sub(r",(\s*})", r"\1", body), object_pairs_hook=_once_each))


def _once_each(pairs: list[tuple[str, Entry]]) -> dict[str, Entry]:
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]
    return dict(pairs)


def placeholders(entry: Entry) -> set[str]:
    """The names in braces, of all forms together."""
    forms = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for form in forms for name in re.findall(r"\{(\w+)\}", form)}


def code_of(path: Path) -> str:
    """A file without its comments."""
    text = path.read_text()
    if path.suffix == ".html":
        return re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    if path.suffix == ".css":
        return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return COMMENT.sub("", text)


def keys_in(path: Path, sections: set[str]) -> set[str]:
    """What a file uses: data-say of HTML; in a script each string that begins as keys do."""
    text = code_of(path)
    filled = set(re.findall(r'data-say(?:-[a-z-]+)?="([^"]+)"', text))
    if path.suffix != ".js":
        return filled
    said = set(re.findall(rf'(?<![.\w])say\(\s*"({KEY})"', text))
    found = {match[1] or "" for match in STRING.finditer(text)}
    looks = re.compile(rf"(?:{'|'.join(sorted(sections))})\.(?!html|js|css|svg|jpg|csv)[\w.-]+")
    return filled | said | {string for string in found if looks.fullmatch(string)}


def scripts_of(screen: Path) -> set[Path]:
    """The scripts that a screen's HTML loads, with all that those import."""
    first = re.findall(r'<script type="module" src="/?([^"]+)"', screen.read_text())
    found: set[Path] = set()
    left = [UI / name for name in first]
    while left:
        path = left.pop().resolve()
        if path in found:
            continue
        found.add(path)
        imported = re.findall(r'\b(?:from|import)\s*\(?\s*"(\.[^"]+)"', code_of(path))
        left += [path.parent / name for name in imported]
    return found


def calls(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Every say("key", { … }) of a script: the key and the names of the values."""
    text = code_of(path)
    for match in re.finditer(rf'(?<![.\w])say\(\s*"({KEY})"\s*(,\s*\{{|,|\))', text):
        if match[2] == ")":
            yield match[1], set()
        elif match[2].endswith("{"):
            yield match[1], _names_of_object(text, match.end())


def _names_of_object(text: str, start: int) -> set[str]:
    depth, names, at_name = 1, set(), True
    for token in re.finditer(
        r'"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[\w$]+|[{}()\[\],:]', text[start:]
    ):
        word = token[0]
        if word in "{([":
            depth += 1
        elif word in "})]":
            depth -= 1
            if not depth:
                break
        elif depth == 1 and word in ",:":
            at_name = word == ","
        elif depth == 1 and at_name:
            names.add(word.strip('"'))
            at_name = False
    return names


def written_in(path: Path) -> list[str]:
    """Text for people that stands in a file itself instead of among the sentences."""
    text = code_of(path)
    if path.suffix == ".css":
        return [each for each in re.findall(r'content:\s*"([^"]*)"', text) if _is_text(each)]
    return [*(_of_html(text) if path.suffix == ".html" else _of_script(text))]


def _of_html(text: str) -> Iterator[str]:
    text = re.sub(r"<(noscript|code|kbd|script|svg)\b.*?</\1>", "", text, flags=re.DOTALL)
    for words in re.findall(r">([^<]+)<", text):
        if _is_text(words) and not NAMES.fullmatch(words.strip()):
            yield words.strip()
    yield from (
        words
        for words in re.findall(r'\s(?:aria-label|title|placeholder|alt)="([^"]*)"', text)
        if _is_text(words)
    )


def _of_script(text: str) -> Iterator[str]:
    for match in STRING.finditer(text):
        fixed = re.sub(r"\$\{[^}]*\}", " ", match[1] or match[2] or "")
        words = re.sub(r"<[^>]*>", " ", fixed).strip()
        if not _is_text(words) or NAMES.fullmatch(words) or re.fullmatch(KEY, words):
            continue
        if SHOWN.search(text[max(0, match.start() - 60) : match.start()]) or _reads_as_one(words):
            yield words


def _is_text(words: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2}", words))


def _reads_as_one(words: str) -> bool:
    """Whether a string reads as a sentence or as a part of one."""
    if re.search(r"[=#\[\]{}<>|]|^\.|^[a-z]+/|\w\.\w", words):
        return False  # a selector, an address, markup
    capital = re.match(r"[A-ZÄÖÜ][a-zäöü]+(?:[\s.,…!?:]|$)", words)
    return bool(capital or re.search(r"[a-zäöü] [a-zäöü]+[.,…!?:](?:\s|$)|…", words))
