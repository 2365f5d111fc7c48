"""Languages that tests of text analysis use."""

from __future__ import annotations

from ocrzoo_registry.languages.tags import language_of_tag

EN, FR, DE, RU, ZH, JA, KO, AR, HR = map(language_of_tag, ("en", "fr", "de", "ru", "zh", "ja", "ko", "ar", "hr"))
SR_LATN = language_of_tag("sr-Latn")
