"""Links through counters and search engines."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.link_targets import is_opaque, link_target

PAGE = "https://post.example/2025/harbour?id=7"
QUOTED = quote(PAGE, safe="")


@pytest.mark.parametrize(
    "link",
    [
        f"https://search.example/url?sa=t&url={QUOTED}&usg=x",
        f"http://www.search.example/news/apiclick.aspx?ref=Rss&aid=&tid=1&url={QUOTED.lower()}&c=1",
        f"https://find.example/l/?uddg={QUOTED}&rut=0",
        f"https://l.people.example/l.php?u={QUOTED}&h=AT0",
        f"https://eur01.mailguard.example/?url={QUOTED}&data=05",
        f"https://out.forum.example/t3_x1?url={QUOTED}",
        f"https://people.example/away.php?to={QUOTED}",
        f"https://yellow.example/clck/jsredir?from=news&url={QUOTED}",
        f"https://count.example/go.url?xts=1&url={QUOTED}",
        f"https://shop.example/cread.php?id=1&ued={QUOTED}",
        f"https://r.search.example/_ylt=A0;_ylu=X3/RV=2/RE=17/RO=10/RU={QUOTED}/RK=2/RS=y-",
        f"http://rd.portal.example/news/rss/world/*{PAGE}",
        f"https://post.example/redirect/{QUOTED}",
        f"https://post.example/redirect.php?url={QUOTED}",
        f"https://click.example/go?to={quote(f'https://search.example/url?url={QUOTED}', safe='')}",
    ],
)
def test_a_link_through_a_counter_is_what_it_leads_to(link: str) -> None:
    assert link_target(link) == PAGE


def test_a_record_of_a_news_search_holds_the_address() -> None:
    record = "CBMiJmh0dHBzOi8vcG9zdC5leGFtcGxlLzIwMjUvaGFyYm91cj9pZD030gEA"
    assert link_target(f"https://news.search.example/rss/articles/{record}?oc=5") == PAGE
    assert link_target("https://www.search.example/amp/s/post.example/2025/harbour?id=7") == PAGE


@pytest.mark.parametrize(
    "link",
    [
        PAGE,
        f"https://post.example/story?url={QUOTED}",
        f"https://post.example/news/quay-closed?ref={QUOTED}",
        f"https://archive.example/view?url={QUOTED}",
        f"https://translate.example/translate?sl=ja&u={QUOTED}",
        "https://post.example/click?url=/2025/harbour",
        "https://post.example/go?url=javascript:alert(1)",
        "https://post.example/go?url=http://user:secret@inner.example/",
        "https://search.example/url?q=harbour",
        "https://post.example/articles/CBnothing-to-decode",
    ],
)
def test_any_other_link_stays(link: str) -> None:
    assert link_target(link) == link


@given(
    st.text(max_size=60),
    st.sampled_from(["https://o.example/url?url=", "https://o.example/RU=", "https://o.example/articles/CB"]),
)
def test_the_end_of_a_link_is_its_own_end(text: str, start: str) -> None:
    target = link_target(f"{start}{text}")
    assert link_target(target) == target


def test_the_feed_counters_links_tell_nothing() -> None:
    assert is_opaque("http://feedproxy.counter.example/~r/Post/~3/xY/")
    assert is_opaque("https://feeds.post.example/~r/world/~3/xY/harbour.html")
    assert not is_opaque(PAGE)
