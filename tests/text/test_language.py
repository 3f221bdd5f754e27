"""The language of a text, told from the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.language import text_language

TEXTS = {
    "en": "The harbour authority closed the northern quay on Tuesday after inspectors found cracks in two of its pillars, "
    "and said that ships would be sent to another port until the end of the month.",
    "fr": "Le port a fermé mardi le quai nord après la découverte de fissures dans deux de ses piliers, et les navires "
    "seront envoyés vers un autre port jusqu'à la fin du mois, a annoncé la direction.",
    "ru": "Портовые власти закрыли во вторник северный причал после того, как инспекторы нашли трещины в двух его опорах, "
    "и сообщили, что суда до конца месяца будут направлять в другой порт.",
    "el": "Η λιμενική αρχή έκλεισε την Τρίτη τη βόρεια προβλήτα, αφού οι επιθεωρητές βρήκαν ρωγμές σε δύο στύλους της, και "
    "τα πλοία θα πηγαίνουν σε άλλο λιμάνι ως το τέλος του μήνα.",
    "pl": "Zarząd portu zamknął we wtorek północne nabrzeże, ponieważ inspektorzy znaleźli pęknięcia w dwóch filarach, a "
    "statki będą kierowane do innego portu aż do końca miesiąca.",
    "zh": "港务局星期二关闭了北码头，因为检查人员在两根柱子上发现了裂缝。船只将被送往另一个港口，直到月底为止，港务局发言人说。",
    "ja": "港湾当局は火曜日、検査員が二本の柱にひび割れを見つけたため、北埠頭を閉鎖した。船は月末まで別の港に送られるという。",
    "no": "Havnemyndighetene stengte den nordlige kaien tirsdag etter at inspektører fant sprekker i to av pilarene, og "
    "skipene skal sendes til en annen havn ut måneden, sier havnesjefen.",
}


@pytest.mark.parametrize("lang", TEXTS)
def test_a_page_that_is_silent_is_in_the_language_of_its_text(lang: str) -> None:
    assert text_language(TEXTS[lang]) == lang
    assert text_language(TEXTS[lang], "und") == lang
    assert text_language(TEXTS[lang], "utf-8") == lang


@pytest.mark.parametrize("lang", TEXTS)
def test_what_a_page_declares_stands_where_its_text_agrees(lang: str) -> None:
    assert text_language(TEXTS[lang], lang) == lang


@pytest.mark.parametrize("lang", ["fr", "ru", "el", "pl", "zh", "ja"])
def test_a_template_in_another_language_is_overruled(lang: str) -> None:
    assert text_language(TEXTS[lang], "en") == lang
    assert text_language(TEXTS["en"], lang) == "en"


@pytest.mark.parametrize("declared", ["nb", "nn", "da", "no"])
def test_a_neighbour_is_not_overruled(declared: str) -> None:
    assert text_language(TEXTS["no"], declared) == declared


def test_japanese_and_chinese_are_told_apart() -> None:
    assert (text_language(TEXTS["ja"], "zh"), text_language(TEXTS["zh"], "ja")) == ("ja", "zh")


@pytest.mark.parametrize(("declared", "lang"), [("", ""), ("de", "de"), ("x", "")])
def test_too_little_text_tells_nothing(declared: str, lang: str) -> None:
    assert text_language("Port fermé", declared) == lang


@given(st.text(max_size=400), st.sampled_from(["", "en", "fa", "qqq", "EN", "x-klingon"]))
def test_any_text_has_a_subtag_or_none(text: str, declared: str) -> None:
    lang = text_language(text, declared)
    assert lang == "" or (lang.isalpha() and lang.islower() and len(lang) <= 3)
