"""What people write for languages: other programs' codes, other names, countries, scripts, and words that are none."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from ocrzoo_registry.errors import AmbiguousLanguage, UnknownLanguage
from ocrzoo_registry.languages import orthography
from ocrzoo_registry.languages.aliases import aliases, name_key, read_table
from ocrzoo_registry.languages.tags import language_of_tag, paddle_codes, parse_language, parse_languages

AMBIGUOUS = {code.code for code in paddle_codes().values() if code.rule == "reject"}
"""PaddleOCR's codes that mean another language elsewhere: the user is asked."""

EASYOCR = (
    "abq ady af ang ar as ava az be bg bh bho bn bs ch_sim ch_tra che cs cy da dar de en es et fa fr ga gom hi hr "
    "hu id inh is it ja kbd kn ko ku la lbe lez lt lv mah mai mi mn mr ms mt ne new nl no oc pi pl pt ro ru "
    "rs_cyrillic rs_latin sck sk sl sq sv sw ta tab te th tjk tl tr ug uk ur uz vi"
)
TESSERACT = (
    "afr amh ara asm aze aze_cyrl bel ben bod bos bre bul cat ceb ces chi_sim chi_sim_vert chi_tra chi_tra_vert "
    "chr cos cym dan dan_frak deu deu_frak deu_latf div dzo ell eng enm epo est eus fao fas fil fin fra frk frm "
    "fry gla gle glg grc guj hat heb hin hrv hun hye iku ind isl ita ita_old jav jpn jpn_vert kan kat kat_old kaz "
    "khm kir kmr kor kor_vert kur kur_ara lao lat lav lit ltz mal mar mkd mlt mon mri msa mya nep nld nor oci ori "
    "pan pol por pus que ron rus san sin slk slk_frak slv snd spa spa_old sqi srp srp_latn sun swa swe syr tam "
    "tat tel tgk tgl tha tir ton tur uig ukr urd uzb uzb_cyrl vie yid yor"
)
GOOGLE = (
    "af sq am ar hy as ay az bm eu be bn bho bs bg ca ceb ny zh-CN zh-TW co hr cs da dv doi nl en eo et ee tl fil "
    "fi fr fy gl ka de el gn gu ht ha haw iw he hi hmn hu is ig ilo id ga it ja jw jv kn kk km rw gom ko kri ku "
    "ckb ky lo la lv ln lt lg lb mk mai mg ms ml mt mi mr mni-Mtei lus mn my ne no or om ps fa pl pt pt-BR pt-PT "
    "pa qu ro ru sm sa gd nso sr st sn sd si sk sl so es su sw sv tg ta tt te th ti ts tr tk ak uk ur ug uz vi cy "
    "xh yi yo zu"
)


@pytest.mark.parametrize(
    "code", [one for codes in (EASYOCR, TESSERACT, GOOGLE) for one in codes.split() if one not in AMBIGUOUS]
)
def test_each_code_of_other_programs_is_a_language_in_a_known_script(code: str) -> None:
    found = parse_language(code)
    assert found.name != found.tag, "it has an English name"
    assert found.script in {*orthography.directions(), "Latf", "Hmng", "Mtei", "Thaa"}


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("ch_sim", "zh-Hans"),
        ("ch_tra", "zh-Hant"),
        ("CHI_TRA", "zh-Hant"),
        ("chi_sim_vert", "zh-Hans"),
        ("script/HanT", "zh-Hant"),
        ("jpn_vert", "ja"),
        ("deu_frak", "de-Latf"),
        ("kur_ara", "ku-Arab"),
        ("uzb_cyrl", "uz-Cyrl"),
        ("tjk", "tg"),
        ("iw", "he"),
        ("jw", "jv"),
        ("jp", "ja"),
        ("ua", "uk"),
        ("pt_BR.UTF-8", "pt-BR"),
        ("Farsi", "fa"),
        ("mandarin", "zh"),
        ("Myanmar", "my"),
        ("Simplified Chinese", "zh-Hans"),
        ("Chinese (Simplified)", "zh-Hans"),
        ("chinese-traditional", "zh-Hant"),
        ("Serbian Latin", "sr-Latn"),
        ("Norwegian", "no"),
        ("espanol", "es"),
        ("FRANCAIS", "fr"),
        ("Bengali", "bn"),
        ("Vlaams", "nl-BE"),
        ("Brazilian Portuguese", "pt-BR"),
    ],
)
def test_what_people_write_is_understood(code: str, tag: str) -> None:
    assert parse_language(code).tag == tag


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("cyrillic", "'cyrillic' is a script and not a language: name the languages of the pages, such as ru,uk,bg"),
        ("script/Devanagari", "is a script and not a language: name the languages of the pages, such as hi,mr,ne"),
        ("auto", "'auto' is not a language (languages are not detected): name those of the pages, such as en,fr"),
        ("osd", "'osd' is not a language (it is Tesseract's model for orientation and script)"),
        ("eg", "'eg' is a country and not a language: use 'ar' for Arabic"),
        ("AT", "'AT' is a country and not a language: use 'de' for German"),
        ("zh_xyz", "unknown language"),
        ("en-Vert", "unknown language"),
    ],
)
def test_what_is_no_language_is_answered_with_what_to_write(code: str, said: str) -> None:
    with pytest.raises(UnknownLanguage) as caught:
        parse_language(code)
    assert said in str(caught.value)


def test_latin_is_the_language_with_a_note() -> None:
    found = parse_language("latin")
    assert (found.tag, found.note) == (
        "la",
        "'latin' means Latin (la); for other texts in Latin letters, name their languages, such as en,fr",
    )


def test_tesseracts_plus_separates_languages_too() -> None:
    assert [one.tag for one in parse_languages("eng+deu,chi_sim")] == ["en", "de", "zh-Hans"]


def test_each_alias_is_needed_and_leads_somewhere() -> None:
    """None repeats PaddleOCR's codes or CLDR's names, and none is a language's shortest code."""
    for alias in aliases().values():
        assert alias.alias == alias.alias.casefold()
        assert alias.rule == "note" or alias.alias not in {*paddle_codes(), *orthography.names()}
        assert not (len(alias.alias) == 2 and orthography.read(alias.alias))
        if alias.rule != "word":
            for tag in alias.meaning.split(","):
                assert language_of_tag(tag).tag == tag
                assert orthography.read(tag.split("-")[0]) is not None


def test_words_in_another_order_are_never_another_language() -> None:
    keys: dict[str, set[str]] = defaultdict(set)
    for name, tag in orthography.names().items():
        keys[name_key(name)].add(tag)
    assert {key: tags for key, tags in keys.items() if len(tags) > 1} == {}


def test_ambiguous_codes_stay_so() -> None:
    assert {"ka", "ku", "mah", "ang", "mo"} == AMBIGUOUS
    for code in AMBIGUOUS:
        with pytest.raises(AmbiguousLanguage):
            parse_language(code)


def test_each_alias_stands_once_in_the_table() -> None:
    counted = Counter(row[0] for row in read_table("language_aliases.tsv"))

    assert [alias for alias, count in counted.items() if count > 1] == []
