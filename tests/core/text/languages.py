"""Languages as tests of tasks write them down: letters in plain sight, and no registry."""

from __future__ import annotations

from ocrzoo.text.scripts import WrittenLanguage

ASCII = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
CYRILLIC = frozenset(map(chr, range(0x410, 0x450))) | set("ёЁ")

EN = WrittenLanguage("en", "en", "Latn", ASCII)
FR = WrittenLanguage("fr", "fr", "Latn", ASCII | set("àâæçéèêëîïôœùûüÿÀÂÆÇÉÈÊËÎÏÔŒÙÛÜŸ"))
DE = WrittenLanguage("de", "de", "Latn", ASCII | set("äöüßÄÖÜ"))
RU = WrittenLanguage("ru", "ru", "Cyrl", CYRILLIC)
ZH = WrittenLanguage("zh", "zh", "Hans", frozenset("举头望明月低思故乡床前光疑是地上霜"))
JA = WrittenLanguage("ja", "ja", "Jpan", frozenset("春暁月光名前猫吾輩はあけぼのであるまだ無い"))
KO = WrittenLanguage("ko", "ko", "Kore", frozenset(map(chr, range(0xAC00, 0xD7A4))))
AR = WrittenLanguage("ar", "ar", "Arab", frozenset("ابتثجحخدذرزسشصضطظعغفقكلمنهوي"), "rtl")
HR = WrittenLanguage("hr", "hr", "Latn", ASCII | set("čćđšžČĆĐŠŽ"))
SR_LATN = WrittenLanguage("sr-Latn", "sr", "Latn", HR.letters, usual=False)
