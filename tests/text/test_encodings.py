"""The text of a page's bytes: what is declared, what is not, and what lies."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.text.encodings import codec_of, declared_label, decode_page

RUSSIAN = "Паром вернулся в строй после девяти дней ремонта, сообщили утром в порту."
SENTENCES = {
    "cp1251": RUSSIAN,
    "koi8-r": RUSSIAN,
    "cp866": RUSSIAN,
    "cp1252": "Le bac a repris après neuf jours d’arrêt, a annoncé la société à l’aube.",
    "cp1253": "Το πλοίο επέστρεψε μετά από εννέα ημέρες επισκευών, ανακοίνωσε η εταιρεία.",
    "cp1255": "המעבורת חזרה לפעול לאחר תשעה ימי תיקונים, כך הודיעה החברה בבוקר.",
    "cp1256": "عادت العبارة إلى العمل بعد تسعة أيام من الإصلاحات، حسبما أعلنت الشركة صباح اليوم.",
    "cp874": "เรือข้ามฟากกลับมาให้บริการหลังจากหยุดซ่อมเก้าวัน บริษัทกล่าวเมื่อเช้า",
    "gb18030": "渡轮停航九天后于周一恢复航行，经营公司当天上午说。",
    "big5hkscs": "渡輪停航九天後於週一恢復航行，經營公司當天上午說。",
    "cp949": "여객선이 아흐레 만에 다시 운항을 시작했다고 회사가 월요일 오전에 밝혔다.",
    "euc_jp": "フェリーは月曜日に運航を再開した。技師によると問題は見つからなかった。",
    "cp932": "フェリーは月曜日に運航を再開した。髙橋技師によると①船体に問題はなかった。",
    "iso2022_jp": "フェリーは月曜日に運航を再開した。技師によると問題は見つからなかった。",
}
# Labels as pages write them, the codec that writes them, and a text in it.
DECLARED = [
    ("iso-8859-1", "cp1252", "“Six o’clock” – €12"),
    ("windows-1252", "cp1252", SENTENCES["cp1252"]),
    ("euc-kr", "cp949", "뷁이 똠방각하를 보았다"),
    ("big5", "big5hkscs", SENTENCES["big5hkscs"]),
    ("Shift_JIS", "cp932", SENTENCES["cp932"]),
    ("x-sjis", "cp932", SENTENCES["cp932"]),
    ("gb2312", "gb18030", "朱镕基在会上说"),
    ("ISO-2022-JP", "iso2022_jp", SENTENCES["iso2022_jp"]),
    ("win-1251", "cp1251", RUSSIAN),
    ("cp-1251", "cp1251", RUSSIAN),
    ("KOI8-R", "koi8-r", RUSSIAN),
    ("iso-8859-9", "cp1254", "Iğdır’da şölen"),
    ("tis-620", "cp874", SENTENCES["cp874"]),
    ("utf-16", "utf-8", RUSSIAN),
]
LABELS = ["windows-1251", "koi8-r", "iso-8859-2", "windows-1253", "gbk", "big5", "shift_jis", "euc-jp", "euc-kr"]


def page(text: str, head: str = "") -> str:
    return f"<html><head>{head}<title>Ferry</title></head><body><p>{text}</p></body></html>"


@pytest.mark.parametrize(("label", "codec", "text"), DECLARED)
def test_a_label_means_what_browsers_take_it_for(label: str, codec: str, text: str) -> None:
    plain = page(text).encode(codec)
    assert text in decode_page(plain, label)
    for head in (f'<meta charset="{label}">', f"<meta http-equiv=Content-Type content='text/html; charset={label}'>"):
        assert text in decode_page(page(text, head).encode(codec))


@pytest.mark.parametrize("codec", SENTENCES)
def test_what_nothing_declares_is_told_by_its_bytes(codec: str) -> None:
    assert SENTENCES[codec] in decode_page(page(SENTENCES[codec]).encode(codec))


@pytest.mark.parametrize(
    ("lang", "codec", "text"),
    [
        ("pl", "iso8859-2", "Prom wrócił po dziewięciu dniach naprawy, ogłosiła rano spółka."),
        ("cs", "cp1250", "Trajekt se po devíti dnech oprav vrátil, řekl mluvčí společnosti."),
        ("tr", "cp1254", "Feribot dokuz gün süren onarımın ardından yeniden sefere başladı."),
        ("ru-RU", "koi8-r", RUSSIAN),
    ],
)
def test_the_language_of_a_page_helps(lang: str, codec: str, text: str) -> None:
    assert text in decode_page(page(text).replace("<html>", f'<html lang="{lang}">').encode(codec))


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("charset", ["", "utf-8", "utf-16"])
def test_utf_16_is_known_by_its_mark_or_its_zeros(codec: str, mark: str, charset: str) -> None:
    text = decode_page((mark + page(SENTENCES["gb18030"])).encode(codec), charset)
    assert SENTENCES["gb18030"] in text
    assert not text.startswith("\ufeff")


def test_a_mark_counts_before_http_and_http_before_the_page() -> None:
    assert RUSSIAN in decode_page(b"\xef\xbb\xbf" + page(RUSSIAN).encode(), "windows-1251")
    content = page(RUSSIAN, '<meta charset="koi8-r">').encode("cp1251")
    assert RUSSIAN in decode_page(content, "windows-1251")
    assert RUSSIAN not in decode_page(content)


def test_valid_utf_8_is_utf_8_whatever_is_declared() -> None:
    text = SENTENCES["cp1252"]
    assert text in decode_page(page(text, '<meta charset="iso-8859-1">').encode(), "windows-1252")


@pytest.mark.parametrize("label", ["gbk", "big5", "shift_jis", "euc-kr", "euc-jp"])
@pytest.mark.parametrize("misread_as", ["latin-1", "iso8859-15"])
def test_a_page_that_was_saved_as_western_european_is_read_again(label: str, misread_as: str) -> None:
    codec = codec_of(label)
    content = page(SENTENCES[codec], f'<meta charset="{label}">').encode(codec).decode(misread_as).encode()
    assert SENTENCES[codec] in decode_page(content)


@pytest.mark.parametrize("text", ["朱镕基·在会上说", "Crème brûlée", "·", "Grün — 12 €"])
def test_a_wrong_label_alone_makes_no_page_a_misread_one(text: str) -> None:
    assert text in decode_page(page(text, '<meta charset="gbk">').encode())


def test_a_label_that_does_not_fit_gives_way_to_the_next() -> None:
    content = page(RUSSIAN, '<meta charset="windows-1251">').encode("cp1251")
    assert RUSSIAN in decode_page(content, "utf-8")
    assert RUSSIAN in decode_page(page(RUSSIAN).encode("cp1251"), "utf-8")


@pytest.mark.parametrize(("label", "codec"), [("utf-8", "utf-8"), ("gbk", "gb18030"), ("shift_jis", "cp932")])
def test_a_broken_byte_costs_a_character(label: str, codec: str) -> None:
    text = SENTENCES["gb18030"] if codec != "cp932" else SENTENCES["cp932"]
    content = page(text + "</p><p>" + text, f'<meta charset="{label}">').encode(codec)
    read = decode_page(content.replace(b"</p>", b"\xff</p>", 1), label)
    assert read.count(text) == 2
    assert read.count("<p>") == 2
    assert len(read) == len(decode_page(content, label)) + 1


@pytest.mark.parametrize(
    "label", ["rot13", "idna", "punycode", "unicode_escape", "utf-7", "zlib", "x" * 10_000, "", "é"]
)
def test_a_label_that_no_browser_knows_is_none(label: str) -> None:
    assert codec_of(label) == ""
    assert RUSSIAN in decode_page(page(RUSSIAN).encode(), label)


@pytest.mark.parametrize(
    ("head", "label"),
    [
        (b"<meta charset=utf-8>", "utf-8"),
        (b"<META CHARSET='Big5'>", "Big5"),
        (b'<!-- <meta charset="koi8-r"> --><meta charset="gbk">', "gbk"),
        (b'<?xml version="1.0" encoding="euc-jp"?><html>', "euc-jp"),
        (b'<meta content="text/html;charset=x-sjis" http-equiv="content-type">', "x-sjis"),
        (b"<meta name=viewport>", ""),
        (b" " * 5000 + b"<meta charset=gbk>", ""),
    ],
)
def test_the_label_of_a_head(head: bytes, label: str) -> None:
    assert declared_label(head) == label


@given(st.sampled_from(LABELS), st.text(st.characters(min_codepoint=0xA1, max_codepoint=0xD7A3), min_size=1), st.data())
def test_what_an_encoding_writes_is_read_back(label: str, text: str, data: st.DataObject) -> None:
    codec = codec_of(label)
    text = text.encode(codec, "ignore").decode(codec)
    raw = page(text, f'<meta charset="{label}">').encode(codec)
    assume(raw.isascii() or not _is_utf8(raw))
    assert text in decode_page(raw)
    assert text in decode_page(
        page(text).encode(codec), data.draw(st.sampled_from([label, label.upper(), f" {label} "]))
    )


@given(st.binary(max_size=3000), st.sampled_from(["", *LABELS, "utf-8", "utf-16", "iso-2022-jp", "x-mac-cyrillic"]))
def test_no_bytes_are_too_odd(raw: bytes, label: str) -> None:
    text = decode_page(raw, label)
    assert "\0" not in text
    assert text.encode("utf-8").decode() == text


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def test_utf8_that_holds_a_replacement_character_is_utf8_all_the_same() -> None:
    page = "<meta charset=gb2312><p>\u6e2f\u53e3\u5173\u95ed\u4e86\u5317\u7801\u5934\ufffd</p>"
    assert decode_page(page.encode()) == page
