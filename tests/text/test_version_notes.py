"""Labels beside titles and sentences on the text: what they say of its version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model import VersionKind
from pipeline.text.grammar import load_grammar
from pipeline.text.marks import mark_of
from pipeline.text.wire import line_spans

GRAMMAR = load_grammar()
WITHDRAWAL, CORRECTION, UPDATE = VersionKind.WITHDRAWAL, VersionKind.CORRECTION, VersionKind.UPDATE
ORIGINAL = VersionKind.ORIGINAL
TEXT = "The ferry to the islands sailed again on Monday, the company that runs it said in the morning. " * 10


def mark(title: str, *lines: str) -> VersionKind:
    spans = [span for line in lines for span in line_spans(line, "last", GRAMMAR)]
    return mark_of((title,), spans, GRAMMAR, lines)


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Retracted: Ferry sails again", WITHDRAWAL),
        ("Ferry sails again (WITHDRAWN)", WITHDRAWAL),
        ("[KILLED] Ferry sails again", WITHDRAWAL),
        ("[Killed] Ferry sails again", WITHDRAWAL),
        ("ANULADO-El ferry zarpa de nuevo", WITHDRAWAL),
        ("Berita dibatalkan: Feri berlayar lagi", WITHDRAWAL),
        ("Ferry sails again - 2nd lead", UPDATE),
        ("ACTUALIZA 1-El ferry zarpa de nuevo", UPDATE),
        ("BC-Kelmouth-Ferry, KILL", WITHDRAWAL),
        ("Attention editors: kill", WITHDRAWAL),
        ("ACHTUNG REDAKTIONEN: Meldung zurückgezogen", WITHDRAWAL),
        ("STORNO: Fähre fährt nach neun Tagen wieder", WITHDRAWAL),
        ("CORR-Le bac repart après dix jours", CORRECTION),
        ("ATTENTION - ANNULATION", WITHDRAWAL),
        ("Вниманию редакций: аннулировано", WITHDRAWAL),
        ("【取消し】フェリー運航再開", WITHDRAWAL),
        ("撤稿：渡轮复航", WITHDRAWAL),
        ("खबर वापस: नौका फिर चली", WITHDRAWAL),
        ("Ferry sails again (corrige fecha)", CORRECTION),
        ("Korrektur: Fähre fährt wieder", CORRECTION),
        ("更正：渡轮复航", CORRECTION),
        ("Düzeltme - Feribot yeniden sefere başladı", CORRECTION),
        ("3rd lead: Ferry sails again", UPDATE),
        ("Ferry sails again (Lead 1)", UPDATE),
        ("更新1：渡轮复航", UPDATE),
        ("第3稿：フェリー運航再開", UPDATE),
        ("लीड दो: नौका फिर चली", UPDATE),
        ("Avis d'annulation: le ferry repart", WITHDRAWAL),
        ("RÉTRACTATION: le ferry repart", WITHDRAWAL),
        ("ANULOWANE: prom znów kursuje", WITHDRAWAL),
        ("Editors: please kill story on ferry", WITHDRAWAL),
        ("フェリー運航再開＝訂正", CORRECTION),
        ("Annule et remplace: le ferry repart", CORRECTION),
        ("Anula y sustituye: el ferry zarpa", CORRECTION),
        ("Editors: what they do all day", ORIGINAL),
        ("Kill Bill: a film and its music", ORIGINAL),
        ("Lead: the metal that poisons", ORIGINAL),
        ("Annulé: le concert de samedi", ORIGINAL),
        ("Stornierung: was Reisende wissen müssen", ORIGINAL),
        ("Achtung: Unwetter zieht auf", ORIGINAL),
        ("取消航班增多", ORIGINAL),
        ("Update on the ferry", ORIGINAL),
    ],
)
def test_labels_of_titles(title: str, kind: VersionKind) -> None:
    assert mark(title, TEXT) is kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("This story has been corrected to show that it was ten days.", CORRECTION),
        ("This version corrects the number of days.", CORRECTION),
        ("Correction appended: the ferry was in harbour for ten days.", CORRECTION),
        ("Editor's note: An earlier version of this article said nine days.", CORRECTION),
        ("In einer früheren Version dieses Artikels hieß es neun Tage.", CORRECTION),
        ("Una versión anterior de este artículo decía nueve.", CORRECTION),
        ("Материал исправлен: десять дней.", CORRECTION),
        ("この記事は訂正されました。", CORRECTION),
        ("(corrige le nom au deuxième paragraphe)", CORRECTION),
        ("(第2段落の人名を訂正しました)", CORRECTION),
        ("(Исправлена дата во втором абзаце.)", CORRECTION),
        ("(He corrected the exam, he said, and left.)", ORIGINAL),
        ("The teacher corrected the second paragraph.", ORIGINAL),
        ("This story has been withdrawn by the agency.", WITHDRAWAL),
        ("Cette dépêche a été annulée.", WITHDRAWAL),
        ("Bu haber iptal edilmiştir.", WITHDRAWAL),
        ("تم سحب هذا الخبر.", WITHDRAWAL),
        ("The report has been withdrawn, the ministry said.", ORIGINAL),
        ("An earlier version of the bill was rejected by the house.", ORIGINAL),
        ("This story is about the correct use of words.", ORIGINAL),
        ("Ce texte de loi a été retiré par le gouvernement.", ORIGINAL),
        ("Stornierung: bis 24 Stunden vorher kostenlos.", ORIGINAL),
    ],
)
def test_sentences_on_the_text(line: str, kind: VersionKind) -> None:
    assert mark("Ferry sails again", TEXT, line) is kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Please do not use our story 'Ferry sails again'. It is wrong.", WITHDRAWAL),
        ("Bitte verwenden Sie die Meldung „Fähre fährt wieder“ nicht.", WITHDRAWAL),
        ("EFE anula la noticia «El ferry zarpa de nuevo».", WITHDRAWAL),
        ("ТАСС аннулирует сообщение «Паром снова вышел в море».", WITHDRAWAL),
        ("共同通信は記事「フェリー運航再開」を取り消します。", WITHDRAWAL),
        ("연합뉴스는 '여객선 운항 재개' 기사를 취소합니다.", WITHDRAWAL),
        ("Por error, la noticia «El ferry zarpa de nuevo» debe anularse. EFE anula la noticia.", WITHDRAWAL),
        ("Please bring the report to the office.", ORIGINAL),
        ("Reuters reported that the army withdrew.", ORIGINAL),
        ("Please do not use our story 'Ferry sails again'. " + TEXT, ORIGINAL),
    ],
)
def test_a_short_text_that_is_a_notice(body: str, kind: VersionKind) -> None:
    assert mark("To all", body) is kind


@given(st.text(max_size=200))
def test_any_title_and_line_can_be_asked(text: str) -> None:
    assert mark(text, text) in VersionKind
