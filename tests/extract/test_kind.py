"""What a page is, and what it says of its rights."""

from __future__ import annotations

import json

import pytest
from lxml import html

from pipeline.errors import NotAnArticle
from pipeline.extract.kind import Declared, kind_of, leads_elsewhere, wall_kind
from pipeline.extract.lines import Line, page_lines
from pipeline.model import PageKind, Picture
from tests.extract.test_article import SENTENCES, extract, page

URL = "https://o.example/news/quay"
LONG = tuple(SENTENCES) * 4


@pytest.mark.parametrize(
    ("types", "free", "title", "body", "kind"),
    [
        ({"NewsArticle"}, True, "Quay closed", LONG, PageKind.ARTICLE),
        ({"NewsArticle", "LiveBlogPosting"}, True, "Quay: live", LONG, PageKind.LIVE_BLOG),
        ({"NewsArticle"}, False, "Quay closed", LONG, PageKind.ARTICLE),
        ({"NewsArticle"}, False, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        ({"NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        (set(), True, "Just a moment...", ("Checking your browser before you go on.",), PageKind.PLACEHOLDER),
        (set(), True, "Example", ("Bitte alle Cookies akzeptieren, um fortzufahren.",), PageKind.PLACEHOLDER),
        ({"ImageGallery"}, True, "The week in pictures", SENTENCES[:1], PageKind.GALLERY),
        ({"CollectionPage"}, True, "Latest news", SENTENCES[:1], PageKind.INDEX),
        ({"LiveBlogPosting"}, True, "Quay: live", SENTENCES[:1], PageKind.LIVE_BLOG),
        ({"MediaGallery"}, True, "The week in pictures", SENTENCES[:1], PageKind.GALLERY),
        ({"ImageGallery", "NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        ({"ImageGallery"}, True, "The week in pictures", LONG, PageKind.ARTICLE),
        ({"ItemList"}, True, "Latest news", SENTENCES[:1], PageKind.INDEX),
        ({"SearchResultsPage"}, True, "Harbour", SENTENCES[:1], PageKind.INDEX),
        ({"CollectionPage", "NewsArticle"}, True, "Quay closed", SENTENCES[:1], PageKind.ARTICLE),
        ({"NewsArticle"}, False, "Just a moment...", ("Checking your browser.",), PageKind.PLACEHOLDER),
        (set(), True, "Example", ("Please enable JavaScript to view this page.",), PageKind.PLACEHOLDER),
        (set(), True, "Exemple", ("Activez JavaScript pour lire cette page.",), PageKind.PLACEHOLDER),
        (set(), True, "Пример", ("Включите JavaScript, чтобы читать дальше.",), PageKind.PLACEHOLDER),
        (set(), True, "Quay closed", (*LONG, "We use scripts: please enable JavaScript."), PageKind.ARTICLE),
    ],
)
def test_kinds(types: set[str], free: bool, title: str, body: tuple[str, ...], kind: PageKind) -> None:
    assert kind_of(URL, Declared(frozenset(types), free), title, tuple(body)) is kind


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ({"@type": "LiveBlogPosting", "headline": "Quay closed after cracks are found"}, PageKind.LIVE_BLOG),
        ({"@type": "NewsArticle", "isAccessibleForFree": False}, PageKind.ARTICLE),
        ({"@type": "NewsArticle", "isAccessibleForFree": False, "wordCount": 900}, PageKind.PAYWALL),
        ({"@type": "NewsArticle", "isAccessibleForFree": "False", "wordCount": "900"}, PageKind.PAYWALL),
        ({"@type": "NewsArticle", "isAccessibleForFree": False, "wordCount": 60}, PageKind.ARTICLE),
        ({"@type": "NewsArticle", "wordCount": 900}, PageKind.ARTICLE),
        ({"@graph": [{"@type": "WebSite"}, {"@type": ["CollectionPage"]}]}, PageKind.INDEX),
        ({"@type": "ImageGallery"}, PageKind.GALLERY),
        ({"@type": "NewsArticle"}, PageKind.ARTICLE),
    ],
)
def test_a_page_is_marked_by_what_its_markup_declares(declared: dict[str, object], kind: PageKind) -> None:
    json_ld = f'<script type="application/ld+json">{json.dumps(declared)}</script></head>'
    assert extract(page(*SENTENCES).replace(b"</head>", json_ld.encode())).kind is kind


def test_a_front_page_is_an_index() -> None:
    assert kind_of("https://o.example/", Declared(frozenset()), "Example", tuple(SENTENCES[:1])) is PageKind.INDEX


def test_what_a_page_says_of_its_rights() -> None:
    json_ld = {
        "@type": "NewsArticle", "headline": "Quay closed", "articleSection": ["Harbour", "City"], "license": "https://l.example/by",
        "image": {"url": "/quay.jpg", "creditText": "A. Person"}, "isBasedOn": {"url": "https://agency.example/1"},
    }  # fmt: skip
    head = f"""<script type="application/ld+json">{json.dumps(json_ld)}</script>
    <meta name="robots" content="index, noarchive,noai"><meta name="tdm-reservation" content="1"></head>"""
    article = extract(page(*SENTENCES).replace(b"</head>", head.encode()))
    assert (article.section, article.licence) == ("Harbour", "https://l.example/by")
    assert article.picture == Picture("https://o.example/quay.jpg", "A. Person")
    assert article.signals == ("noarchive", "noai", "tdm-reservation")
    assert article.sources == ("https://agency.example/1",)


PLAIN = Declared(frozenset())
WALLS = [
  ("consent", "Hírnök", "Mi és 590 partnerünk információkat, például sütiket tárolunk egy eszközön."),
  ("consent", "灯台", "当社と提携先は、広告のためにCookieを使用し、お客様の端末に情報を保存します。"),
  ("consent", "Beacon", "Some of this is not for children. Please confirm your age to go on."),
  ("robots", "Маяк", "Для просмотра этой страницы необходимо включить JavaScript в браузере."),
  ("robots", "beacon.example", "Request unsuccessful. Incapsula incident ID: 443000270024063019"),
  ("region", "Beacon", "This website is currently unavailable to visitors from the European Economic Area."),
  ("login", "Beacon", "This story is available in our app. You can get it from the store of your phone."),
  ("lost", "Beacon", "You are being redirected. If you are not redirected automatically, follow this link."),
  ("maintenance", "Beacon", "This account has been suspended. Contact your hosting provider."),
  ("maintenance", "Beacon", "Fatal error: Call to undefined function get_post() in /var/www/single.php on line 12"),
  ("consent", "Der Bote", "Wir und unsere 312 Partner verarbeiten Daten. Mit Werbung weiterlesen oder zahlen."),
  ("consent", "El Faro", "Nosotros y nuestros 45 socios almacenamos y accedemos a información de su dispositivo."),
  ("consent", "O Farol", "Nós e os nossos 61 parceiros utilizamos identificadores. Pode mudar quando quiser."),
  ("consent", "Fyrtornet", "Vi och våra 90 partner använder kakor. Du kan när som helst ändra dig i inställningarna."),
  ("consent", "Маяк", "Мы и наши 12 партнёров обрабатываем данные. Вы можете отказаться в любое время."),
  ("consent", "Fener", "Biz ve 210 iş ortağımız veri işliyoruz. Devam etmek için çerezleri kabul edin."),
  ("robots", "Attention Required! | Guard", "Please wait while this is done, it takes a few seconds."),
  ("robots", "El Faro", "Estamos comprobando su navegador antes de permitirle pasar. Esto tarda unos segundos."),
  ("robots", "灯台", "アクセスが制限されています。しばらくしてからもう一度お試しください。"),
  ("robots", "등대", "귀하는 로봇이 아닙니다라는 것을 확인하기 위해 잠시 기다려 주십시오."),
  ("region", "The Lamp", "This content is not available in your country. We regret it and hope to see you again."),
  ("login", "Anmelden", "Geben Sie Ihre Adresse und das Kennwort ein, das Sie bei der Anmeldung gewählt haben."),
  ("login", "Маяк", "Чтобы продолжить, введите адрес почты. Забыли пароль? Зарегистрируйтесь за минуту."),
  ("adblock", "Le Phare", "Merci de désactiver votre bloqueur de publicité pour que nous puissions vous servir."),
  ("lost", "Seite nicht gefunden – Der Bote", "Leider gibt es hier nichts mehr. Versuchen Sie die Suche."),
  ("lost", "Il Faro", "La pagina che stai cercando è stata spostata. Torna alla prima pagina del giornale."),
  ("lost", "灯塔报", "您访问的页面已经被移走，请返回首页，或者使用上方的搜索框查找您需要的内容。"),
  ("lost", "الفنار", "الصفحة التي تبحث عنها لم تعد هنا. عد إلى الصفحة الرئيسية أو استخدم البحث."),
  ("consent", "Maják", "Záleží nám na vašem soukromí. Používáme soubory cookie. Kliknutím udělujete souhlas s nimi."),
  ("consent", "灯台", "当サイトではクッキーを使用しています。続けるには、クッキーの利用に同意してください。"),
  ("robots", "Latarnia", "Potwierdź, że nie jesteś robotem, i poczekaj kilka sekund, a strona sama się otworzy."),
  ("login", "Le Phare", "Saisissez votre adresse et votre mot de passe. Pas encore de compte ? Il est gratuit."),
  ("adblock", "El Faro", "Hemos visto un bloqueador de anuncios. Permite los anuncios y recarga la página."),
  ("lost", "Majakka", "Hups, sivua ei löydy. Se on poistettu tai siirretty; kokeile hakua tai palaa etusivulle."),
  ("maintenance", "Der Bote", "Unsere Website wird gerade überarbeitet. Wir bitten um etwas Geduld."),
  ("maintenance", "Маяк", "На сайте ведутся технические работы. Зайдите, пожалуйста, через полчаса."),
  ("maintenance", "Latarnia", "Trwają prace konserwacyjne. Wrócimy w ciągu godziny i przepraszamy za kłopot."),
]  # fmt: skip
STORIES = [
    (
        "Ferry company asks for a licence",
        "The company asked the council for a licence to sail at night, its director said on Monday.",
    ),
    (
        "Cookies sell out at the fair",
        "Four hundred cookies were sold before noon, and the bakers accept all orders for next year.",
    ),
    ("Hafen gesperrt", "Der Hafen ist wegen des Sturms bis Dienstag gesperrt, teilte die Verwaltung am Abend mit."),
    (
        "Bridge under maintenance",
        "The bridge at Stennis has been closed since Sunday; cars are led over the old road by the mill.",
    ),
    (
        "Minister's account suspended",
        "The minister's account was suspended on Monday after it was used to sell shares, the ministry said.",
    ),
    (
        "Messages late in the north",
        "The service was unavailable to users in the north for two hours; the company sent them round the mast.",
    ),
    (
        "Password thieves arrested",
        "Police arrested two men who had stolen the passwords of a bank's customers, a court heard.",
    ),
]


@pytest.mark.parametrize(("kind", "title", "text"), WALLS)
def test_a_wall_says_what_it_is(kind: str, title: str, text: str) -> None:
    assert wall_kind(PLAIN, (title,), (text,)) == kind
    assert kind_of(URL, PLAIN, title, (text,)) is PageKind.PLACEHOLDER


@pytest.mark.parametrize(("title", "text"), STORIES)
def test_a_short_story_is_no_wall(title: str, text: str) -> None:
    assert wall_kind(PLAIN, (title,), (text,)) == ""
    assert kind_of(URL, PLAIN, title, (text,)) is PageKind.ARTICLE


def test_news_of_a_site_that_is_down_is_news() -> None:
    text = "The register is down for scheduled maintenance until Friday, and births are written into a book."
    assert wall_kind(Declared(frozenset({"NewsArticle"})), ("Register closed",), (text,)) == ""
    assert wall_kind(PLAIN, ("Register closed",), (text,)) == "maintenance"


def test_a_long_wall_is_one_where_most_of_it_is() -> None:
    wall = tuple(text for kind, _, text in WALLS if kind == "consent") * 2
    assert sum(map(len, wall)) > 600
    assert wall_kind(PLAIN, ("The Lamp",), wall) == "consent"
    assert wall_kind(PLAIN, ("The Lamp",), (*wall[:2], *SENTENCES * 8)) == ""
    assert wall_kind(Declared(frozenset({"NewsArticle"})), ("The Lamp",), wall) == ""


PAYWALLS = [
    "This article is for subscribers only.",
    "Jetzt weiterlesen mit dem Digital-Abo",
    "La suite est réservée à nos abonnés.",
    "Contenido exclusivo para suscriptores",
    "Contenuto riservato agli abbonati",
    "Conteúdo exclusivo para assinantes",
    "Dit artikel is alleen voor abonnees",
    "Tekst dostępny tylko dla prenumeratorów",
    "Материал доступен только подписчикам",
    "この記事は有料会員限定です",
    "구독자 전용 기사입니다",
]


@pytest.mark.parametrize("invitation", PAYWALLS)
def test_a_short_text_with_an_invitation_behind_it_is_cut(invitation: str) -> None:
    lines = [Line(SENTENCES[0], 0.0, "p", ""), Line(invitation, 0.0, "h3", "")]
    assert kind_of(URL, PLAIN, "Quay closed", SENTENCES[:1], lines) is PageKind.PAYWALL
    assert kind_of(URL, PLAIN, "Quay closed", (*SENTENCES[:1], invitation)) is PageKind.PAYWALL
    far = [lines[0], *(Line(f"Line {n}", 0.0, "p", "") for n in range(9)), lines[1]]
    assert kind_of(URL, PLAIN, "Quay closed", SENTENCES[:1], far) is PageKind.ARTICLE
    article_lines = [*(Line(text, 0.0, "p", "") for text in LONG), lines[1]]
    assert (
        kind_of(URL, Declared(frozenset({"NewsArticle"}), False), "Quay closed", LONG, article_lines)
        is PageKind.ARTICLE
    )


@pytest.mark.parametrize(
    "title",
    [
        "Quay closed – live updates",
        "LIVE: quay closed",
        "EN DIRECT. Le quai est fermé",
        "Liveticker: Hafen",
        "港口关闭 实时更新",
    ],
)
def test_a_live_blog_is_known_by_its_title_and_its_clocks(title: str) -> None:
    posts = [Line(text, 0.0, "p", "") for text in LONG]
    lines = [line for n, post in enumerate(posts) for line in (Line(f"{8 + n}:05", 0.0, "div", ""), post)]
    assert kind_of(URL, PLAIN, title, LONG, lines) is PageKind.LIVE_BLOG
    assert kind_of(URL, PLAIN, title, LONG, posts) is PageKind.ARTICLE
    assert kind_of(URL, PLAIN, "Quay closed", LONG, lines) is PageKind.ARTICLE
    behind = [*posts, *(line for line in lines if line.tag == "div")]
    assert kind_of(URL, PLAIN, title, LONG, behind) is PageKind.ARTICLE


def test_a_live_blog_is_known_by_the_clocks_of_posts_that_are_not_read_as_text() -> None:
    texts = [f"{text} ({n})" for n, text in enumerate(LONG)]
    posts = "".join(f"<div><time>{n}:05</time><p>{text}</p></div>" for n, text in enumerate(texts, 5))

    def kind(tag: str) -> PageKind:
        lines = page_lines(html.fromstring(f"<html><body><{tag}>{posts}</{tag}><p>Contact</p></body></html>"))
        return kind_of(URL, PLAIN, "Quay closed – live updates", texts[:2], lines)

    assert kind("main") is PageKind.LIVE_BLOG
    assert kind("body") is PageKind.ARTICLE


def test_links_with_a_text_below_each_are_an_index() -> None:
    texts = [Line(f"{text} ({n})", 0.0, "p", "") for n, text in enumerate(LONG)]
    links = [Line(f"A story of number {n}", 1.0, "h2", "") for n in range(len(texts))]
    lines = [line for pair in zip(links, texts, strict=True) for line in pair]
    body = tuple(line.text for line in lines)
    assert kind_of("https://o.example/harbour", PLAIN, "Harbour", body, lines) is PageKind.INDEX
    assert (
        kind_of("https://o.example/harbour", Declared(frozenset({"NewsArticle"})), "Harbour", body, lines)
        is PageKind.ARTICLE
    )
    assert kind_of("https://o.example/harbour", PLAIN, "Harbour", body, texts) is PageKind.ARTICLE


def test_a_menu_and_a_headline_are_a_shell() -> None:
    lines = [
        Line("Home Sport", 1.0, "li", ""),
        Line("Quay closed after cracks", 0.0, "h1", ""),
        Line("01:24", 0.0, "div", ""),
    ]
    body = ("Home Sport Quay closed after cracks 01:24",)
    assert kind_of(URL, PLAIN, "Quay closed after cracks", body, lines) is PageKind.PLACEHOLDER
    text = Line("The quay was closed on Monday.", 0.0, "p", "")
    assert kind_of(URL, PLAIN, "Quay closed after cracks", (text.text,), [*lines, text]) is PageKind.ARTICLE


@pytest.mark.parametrize(
    ("head", "leads"),
    [
        ('<meta http-equiv="refresh" content="0; url=/consent">', True),
        ("<META HTTP-EQUIV=Refresh CONTENT='3;URL=https://o.example/'>", True),
        ('<meta http-equiv="refresh" content="900; url=/news/quay">', False),
        ('<meta http-equiv="refresh" content="0">', False),
        ('<noscript><meta http-equiv="refresh" content="0; url=/no-script"></noscript>', False),
        ('<meta name="refresh" content="0; url=/x">', False),
    ],
)
def test_a_page_that_leads_elsewhere_at_once(head: str, leads: bool) -> None:
    assert leads_elsewhere(html.document_fromstring(f"<html><head>{head}</head><body><p>x</p></body></html>")) is leads


def test_a_page_on_the_way_to_another_is_none() -> None:
    short = page(*SENTENCES[:2])
    leading = short.replace(b"</head>", b'<meta http-equiv="refresh" content="0; url=/consent"></head>')
    assert extract(short).kind is PageKind.ARTICLE
    assert extract(leading).kind is PageKind.PLACEHOLDER


def test_a_page_without_text_is_refused_with_its_reason() -> None:
    lost = b"<html><head><title>Page not found</title></head><body><h1>Page not found</h1></body></html>"
    with pytest.raises(NotAnArticle, match="lost"):
        extract(lost)
    leading = b'<html><head><meta http-equiv="refresh" content="0; url=/new"></head><body><p>Wait.</p></body></html>'
    with pytest.raises(NotAnArticle, match="leads to another"):
        extract(leading)


def test_a_whole_text_in_few_wide_characters_is_no_stub() -> None:
    text = "港の当局は火曜日、検査で橋脚二本に亀裂が見つかったため北側の岸壁を閉鎖した。" * 6
    short = text[:60]
    invitation = Line("残り800文字", 0.0, "p", "")
    kinds = [
        kind_of(
            "https://a.example/1",
            Declared(frozenset({"NewsArticle"})),
            "岸壁を閉鎖",
            (body,),
            [Line(body, 0.0, "p", ""), invitation],
        )
        for body in (text, short)
    ]
    assert kinds == [PageKind.ARTICLE, PageKind.PAYWALL]
