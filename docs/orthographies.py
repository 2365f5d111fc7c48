"""Write ``orthographies.tsv`` from Unicode CLDR: ``python docs/orthographies.py``; needs npm.

One line per language: name, script, direction, letters, digits and punctuation. The letters are CLDR's main exemplar
characters in NFC; a letter that CLDR writes as several characters is split into them. Consecutive characters are
written as ``a-z``; a hyphen is never a letter.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

VERSION = "48.2.0"
PACKAGES = ("cldr-core", "cldr-localenames-full", "cldr-misc-full")
TARGET = Path(__file__).parents[1] / "registry" / "ocrzoo_registry" / "languages" / "orthographies.tsv"
HEAD = f"""\
# Letters of languages: Unicode CLDR {VERSION} (npm {", ".join(PACKAGES)}), license Unicode-3.0; see NOTICE.
# Made by docs/orthographies.py; do not edit. Columns: tag, script, direction, name, own name, letters, capitals,
# digits, punctuation. Letters are in NFC; a-z is a row of them; no letters: CLDR does not know them.
"""

STRESSED_IJ = "íj\u0301"
"""A member of the Dutch and Frisian sets; modern texts omit the accent on its j, which Unicode has no letter for."""

SPARED = {"th": "ฃฅ\u0e4e"}
"""Characters of CLDR's main sets that modern texts do not use, by language: two obsolete consonants, and a mark for
Pali and Sanskrit only."""

ADDED = {("yue", "Hant"): "乜佢冇吖咁咗咩哋啫啱啲喎喺嗰嘅嘞嘢嘩噉嚹囖埋揾睇誒諗譬𠸏𠺢𠻺𡃉"}
"""Letters that CLDR's main set of a language in a script lacks. Its Cantonese set is that of standard Chinese: these
characters each make up at least one in a thousand of HKCanCor's 161,138 Chinese characters, 18 % together (a corpus of
speech, CC BY 4.0, as in PyCantonese 5.0.0)."""

UNNAMED = {"abq": "Abaza", "gom": "Goan Konkani", "lbe": "Lak", "sck": "Sadri", "tab": "Tabassaran"}
"""Languages that models claim and that have no English name in CLDR, with their names in ISO 639-3."""

DOTTED = {"tr", "az"}
"""Languages in which the capital of i has a dot, and that of ı has none."""

ACUTE = "\u0301"

VERTICAL = {"Mong", "Phag"}
"""Scripts written from top to bottom in columns, which CLDR's ``rtl`` cannot say."""


def exemplars(pattern: str) -> list[str]:
    """Return the members of a UnicodeSet as CLDR writes exemplars: characters, escapes, ranges and ``{several}``.

    Raises:
        ValueError: The pattern has another syntax (exemplars use no nested sets, properties or negations).
    """
    if not (pattern.startswith("[") and pattern.endswith("]")):
        raise ValueError(f"not a set: {pattern!r}")
    tokens = list(_tokens(pattern[1:-1]))
    found: list[str] = []
    place = 0
    while place < len(tokens):
        kind, text = tokens[place]
        if kind != "range":
            found.append(text)
            place += 1
            continue
        if not found or place + 1 == len(tokens) or len(found[-1]) != 1 or len(tokens[place + 1][1]) != 1:
            raise ValueError(f"a range without an end in {pattern!r}")
        found += map(chr, range(ord(found[-1]) + 1, ord(tokens[place + 1][1]) + 1))
        place += 2
    return found


def _tokens(inside: str) -> Iterator[tuple[str, str]]:
    """Kind (character, several or range) and text, in order; white space between them means nothing."""
    rest = inside
    while rest:
        if rest[0].isspace():
            rest = rest[1:]
        elif rest[0] == "{":
            several, closed, rest = rest[1:].partition("}")
            if not closed:
                raise ValueError(f"a brace is not closed in {inside!r}")
            yield "several", "".join(text for _, text in _tokens(several))
        elif rest[0] == "-":
            rest = rest[1:]
            yield "range", "-"
        elif rest[0] in "[]&$^":
            raise ValueError(f"{rest[0]!r} is not supported, in {inside!r}")
        else:
            text, rest = _character(rest)
            yield "character", text


def _character(rest: str) -> tuple[str, str]:
    """The first character, escaped or not, and what follows it."""
    if not rest.startswith("\\"):
        return rest[0], rest[1:]
    for mark, digits in (("u", 4), ("U", 8)):
        if rest[1:2] == mark:
            return chr(int(rest[2 : 2 + digits], 16)), rest[2 + digits :]
    return rest[1], rest[2:]


def capitals(letters: Iterable[str], language: str) -> list[str]:
    """Return the capitals of letters by the rules of a language: İ for i in Turkish, SS for ß, Ϊ for the Greek ΐ.

    Georgian has none: its letters for headings do not begin a sentence.
    """
    dotted = {"i": "İ", "ı": "I"} if language in DOTTED else {}
    upper = [dotted.get(letter) or letter.upper() for letter in letters if letter.title() != letter]
    if language == "el":  # a letter with two marks loses the accent: capitals have none but at the head of a word
        return [text.replace(ACUTE, "") if len(unicodedata.normalize("NFC", text)) > 1 else text for text in upper]
    return upper


def code_points(texts: Iterable[str], kinds: str) -> set[str]:
    """Return the characters of texts in NFC whose general category begins with one of these letters."""
    every = {character for text in texts for character in unicodedata.normalize("NFC", text)}
    return {character for character in every if unicodedata.category(character)[0] in kinds}


def shorten(characters: Iterable[str]) -> str:
    """Write characters in order, rows of four and more as ``a-z``."""
    rows: list[list[int]] = []
    for code in sorted(map(ord, characters)):
        if rows and code == rows[-1][1] + 1:
            rows[-1][1] = code
        else:
            rows.append([code, code])
    texts = (
        f"{chr(first)}-{chr(last)}" if last - first >= 3 else "".join(map(chr, range(first, last + 1)))
        for first, last in rows
    )
    return re.sub(r"(?<!^)(?<!-)(?=[\u0300-\u036f])", " ", "".join(texts))  # lest a mark melts into a letter before it


class Cldr:
    """The parts of CLDR that are read, unpacked in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        core = folder / "cldr-core"
        self.likely: dict[str, str] = _read(core / "supplemental/likelySubtags.json")["supplemental"]["likelySubtags"]
        self.scripts = _read(core / "scriptMetadata.json")["scriptMetadata"]
        aliases = _read(core / "supplemental/aliases.json")["supplemental"]["metadata"]["alias"]
        self.aliases: dict[str, Any] = aliases["languageAlias"]
        self.names: dict[str, str] = self._names("en", "languages") | UNNAMED
        self.script_names: dict[str, str] = self._names("en", "scripts")

    def _names(self, locale: str, what: str) -> dict[str, str]:
        path = self.folder / "cldr-localenames-full" / "main" / locale / f"{what}.json"
        if not path.is_file():
            return {}
        names: dict[str, str] = _read(path)["main"][locale]["localeDisplayNames"][what]
        return names

    def characters(self, locale: str) -> dict[str, Any]:
        """Return a locale's sets of characters, or nothing."""
        path = self.folder / "cldr-misc-full" / "main" / locale / "characters.json"
        if not path.is_file():
            return {}
        found: dict[str, Any] = _read(path)["main"][locale]["characters"]
        return found

    def locales(self) -> list[str]:
        """Return every locale and every language that has a name."""
        folders = [path.name for path in (self.folder / "cldr-misc-full" / "main").iterdir()]
        named = [code for code in self.names if len(code) in (2, 3) and code not in {"mul", "und", "zxx"}]
        return sorted(name for name in {*folders, *named} if name != "und" and _is_plain(name))

    def alias(self, language: str) -> str:
        """Return the code that CLDR has for a language instead, or nothing."""
        replaced: str = self.aliases.get(language, {}).get("_replacement", "")
        return replaced

    def script(self, locale: str) -> str:
        """Return the script that a locale is written in."""
        stated = next((part for part in locale.split("-") if len(part) == 4), None)
        language = locale.split("-", 1)[0]
        known = self.likely.get(locale) or self.likely.get(language)
        likely = known or self.likely.get(self.alias(language), "und-Zyyy-ZZ")
        return stated or likely.split("-")[1]

    def direction(self, script: str) -> str:
        """Return ``ltr``, ``rtl`` or ``ttb``."""
        if script in VERTICAL:
            return "ttb"
        return "rtl" if self.scripts.get(script, {}).get("rtl") == "YES" else "ltr"

    def name(self, locale: str) -> str:
        """Return the English name; of a script that has none with the language, in brackets."""
        language, *more = locale.split("-")
        if locale in self.names or not more:
            return self.names.get(locale, locale)
        return f"{self.names.get(language, language)} ({', '.join(self.script_names.get(part, part) for part in more)})"


def _is_plain(locale: str) -> bool:
    """Whether a locale is a language, with a script or a region or both, and no variant."""
    return all(len(part) <= 4 and (len(part) > 1) for part in locale.split("-"))


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def line(cldr: Cldr, locale: str) -> list[str]:
    """Return the columns of a locale."""
    sets = cldr.characters(locale) or cldr.characters(cldr.alias(locale))
    language, script = locale.split("-", 1)[0], cldr.script(locale)
    main = [*exemplars(sets.get("exemplarCharacters", "[]")), *ADDED.get((language, script), "")]
    main = [member for member in main if unicodedata.normalize("NFC", member) != STRESSED_IJ]
    upper = capitals(main, language)
    spared = set(SPARED.get(language, ""))
    letters, big = code_points(main, "LM") - spared, code_points(upper, "LM") - spared
    digits = {sign for sign in code_points(exemplars(sets.get("numbers", "[]")), "N") if sign.isdecimal()}
    marks = code_points([*exemplars(sets.get("punctuation", "[]")), *main], "PS")
    own = cldr._names(locale, "languages").get(locale, "")  # noqa: SLF001
    columns = [locale, script, cldr.direction(script), cldr.name(locale), own, shorten(letters), shorten(big - letters)]
    return [*columns, shorten(digits), "".join(sorted(marks))]


def table(cldr: Cldr) -> str:
    """Return the whole file; a region or a likely script that changes no letter is left out."""
    rows: dict[str, list[str]] = {}
    for locale in cldr.locales():
        row = line(cldr, locale)
        parent = "-".join(part for part in locale.split("-") if len(part) != 2 or part.islower())
        shorter = [rows.get(locale.rpartition("-")[0]), rows.get(parent), rows.get(locale.split("-", 1)[0])]
        if any(known and known[1] == row[1] and known[5:7] == row[5:7] for known in shorter if known is not row):
            continue
        rows[locale] = row
    return HEAD + "".join("\t".join(row).rstrip("\t") + "\n" for row in rows.values())


def fetch(folder: Path) -> Cldr:
    """Unpack the packages into a folder, by npm."""
    for package in PACKAGES:
        (folder / package).mkdir()
        archive = subprocess.run(
            ["npm", "pack", "--silent", f"{package}@{VERSION}"],
            cwd=folder, capture_output=True, text=True, check=True, timeout=300,
        ).stdout.split()[-1]  # fmt: skip
        subprocess.run(
            ["tar", "-xzf", archive, "-C", package, "--strip-components=1"], cwd=folder, check=True, timeout=300
        )
    return Cldr(folder)


def main() -> None:
    """Fetch and write."""
    with tempfile.TemporaryDirectory() as folder:
        TARGET.write_text(table(fetch(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
