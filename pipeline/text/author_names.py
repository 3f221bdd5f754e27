"""Names of authors in a text: one string apart into persons, agencies and collectives, and what is none of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from itertools import chain, dropwhile, takewhile

from pipeline.text.months import month_numbers
from pipeline.text.normalize import fold, tidy

WORDS = tomllib.loads((files("pipeline") / "data" / "authors.toml").read_text(encoding="utf-8"))
MAX_NAME = 120
# Characters of a byline that are read; the line of a page is longer where its byline stands in the text.
MAX_BYLINE = 300
PERSON_WORDS = 5
HANDLE = re.compile(r"[a-z][a-z._-]{3,}\d*|\w*[a-z](?:[A-Z]|\d)\w*|[a-z]+[._]\w+")
# Where a byline goes on with those who only looked through the text.
REVIEWED = re.compile(
    r"(?<=\w)[\s.,;|•]+(?:(?:medically|clinically|peer|expert|legally|technically|scientifically)[\s-]+)?"
    r"(?:reviewed|fact[\s-]?checked|edited|approved|verified)\s+by\b.*$",
    re.IGNORECASE | re.DOTALL,
)
# What an outlet calls its people by, in brackets behind the name: "Ann Lee (alee)".
INITIALS = re.compile(r"\s\([^\W\d_A-Z]{2,5}\.?\)$")
# Words of an office that is no name.
OFFICE_WORDS = 3
# Words and characters of a name that is no person's.
COLLECTIVE_WORDS, COLLECTIVE_MOST = 4, 40
ADDRESS = re.compile(r"\S+@\S+|https?:\S+|\bwww\.\S+|(?<!\S)@\w+")
NO_NAME = re.compile(r"@|^https?:|^www\.|^\W*\w+(?:\.\w+){2,}\W*$|[{}<>=:：]|^#?\d+$|%%|^\(")
LEADS = "|".join(WORDS["byline_leads"])
# Who wrote, and what else the same person did: "取材・文", "文・写真". Without a mark 文 begins names and words, too.
CJK_WORK = r"(?:取材|構成|写真|撮影|編集|イラスト)"
LEAD = re.compile(
    rf"^\W*(?:(?-i:(?:Written\s+)?[Bb]y(?=[A-Z][a-z]+\s[A-Z]))"
    rf"|(?:{CJK_WORK}[・･])*文(?:[・･]{CJK_WORK})*\s*[:：/／|・･＝=]\s*"
    rf"|(?:{LEADS})(?:\s*[:：/／|]+\s*|\s+)|(?:作者|記者|记者|撰文)\s*(?=[^\W\d_a-zA-Z]))",
    re.IGNORECASE,
)
# What ends the names in a byline: a bar, a mark of time, a date, an invitation.
BYLINE_END = re.compile(
    r"\s+[|•·∙—–-]+(?:\s+|$)|[|•∙]|·(?![\uac00-\ud7af])|\d|[\n\t]|(?<!\S)(?:published|updated|posted|last|for|in|on|at|follow|email|send|about|is|am|um|le|el|il|den|klo|kl)\b(?:[\s.:]|$)"
    rf"|\b(?:min|mins|minutes?|read)\b|\s{CJK_WORK}\s*[:：/／・＝]",
    re.IGNORECASE,
)
CONJUNCTIONS = "|".join(WORDS["conjunctions"])
JOINED = re.compile(
    rf"\s+(?:{CONJUNCTIONS})\s+|\s*[&＆、;；]\s*(?!\w{{1,5}};)|\s+/\s+|(?<=[\uac00-\ud7af])·(?=[\uac00-\ud7af])"
)
LISTED = re.compile(rf"^(?:{CONJUNCTIONS}|&)\s+")
CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
# What a newspaper calls its people in Chinese, Japanese and Korean, before the name or behind it.
CJK_ROLE = (
    r"(?:本报|本報)?(?:首席|特约|特約|见习|實習|实习|综合|綜合)?"
    r"(?:记者|記者|编辑|編輯|通讯员|通訊員|特派員|特派员|論説委員|編集委員|기자|특파원|인턴기자|선임기자|객원기자|논설위원)"
)
CJK_BEFORE = re.compile(rf"^{CJK_ROLE}[\s:：/／]*(?=[{CJK}])")
CJK_BEHIND = re.compile(rf"(?<=[{CJK}])\s*{CJK_ROLE}(?![{CJK}]).*$|(?<=[{CJK}]{{2}}){CJK_ROLE}.*$")
# Where the reporter is, behind a stroke.
CJK_PLACE = re.compile(rf"(?<=[{CJK}])\s*[/／][{CJK}]{{1,4}}(?:報導|报道|報道|電|电)$")
CJK_NAME = re.compile(rf"^[{CJK}]{{2,6}}(?:[\s　・·][{CJK}]{{1,8}}){{0,2}}$")
# A degree or an order behind a name: "Ann Lee, MD, Ph.D."
DEGREE = re.compile(
    r"""
      ^(?:(?=.*[A-Z].*[A-Z])[A-Z][A-Za-z]{0,4}[®™]?(?:[.-][A-Za-z0-9\ ]{1,4})*\.?(?:\s[A-Z0-9-]{2,5})*
      | [JS]r\.? | I{2,3} | Esq\.? | Ph\.?\s?D\.? | R\.?D\.?)$
    """,
    re.VERBOSE,
)
ROLES, COLLECTIVES, PLACEHOLDERS, PARTICLES = (
    frozenset(WORDS[name]) for name in ("roles", "collectives", "placeholders", "particles")
)


def split_names(text: str) -> list[str]:
    """Return the names that a text joins by commas and conjunctions of many languages.

    "Ann Lee and Bo Ek" are two; "Lee and Partners" is one, and so is a name with its degrees behind commas.
    """
    text = REVIEWED.sub("", tidy(_without_lead(text[:MAX_BYLINE]))).strip(" ,;:【】")
    names: list[str] = []
    for piece in filter(None, (_without_cjk_role(name) for name in _pieces(text))):
        if names and DEGREE.match(piece):
            names[-1] += f", {piece}"
        else:
            names.append(piece)
    # Behind an office stands where it is.
    listed_names = chain(names[:1], takewhile(lambda name: not _is_office(name), names[1:]))
    plain_names = [INITIALS.sub("", name) for name in listed_names]
    return [name for name in plain_names if not _is_job(name)] or plain_names[:1]


def _is_office(name: str) -> bool:
    """Whether words behind a name are an office or a place of work: several of them, some in small letters."""
    words = [word for word in name.split() if word.casefold().strip(".") not in PARTICLES]
    return len(words) >= OFFICE_WORDS and any(word[:1].islower() for word in words)


def _pieces(text: str) -> Iterator[str]:
    """Yield the pieces of a list, its commas last: a comma alone may stand before a degree, a place or a first name."""
    listed = re.split(r"\s*[,，]\s*", text)
    bare = [LISTED.sub("", part) for part in listed] if len(listed) > 1 else listed
    joined = [piece for part in bare for piece in _conjoined(part)]
    pieces = [piece for piece in joined if piece]
    if len(listed) == 2 and len(pieces) == 2 and " " not in pieces[0] and not is_caseless(pieces[0]):
        yield text  # "Lee, Ann"
    else:
        yield from pieces


def _conjoined(text: str) -> list[str]:
    """Return the names that conjunctions join, each of several words; the text as it is where one of them is not."""
    names = [name.strip() for name in JOINED.split(text) if name.strip()]
    return names if all(len(name.split()) > 1 or is_caseless(name) for name in names) else [text]


def is_caseless(name: str) -> bool:
    """Whether a script knows no small letters."""
    return name.lower() == name.upper()


def _without_lead(text: str) -> str:
    """Return the text behind a word for "by"; twice where it stands twice, as in "By: Author Ann Lee"."""
    shorter = LEAD.sub("", text, count=1)
    return LEAD.sub("", shorter, count=1) if shorter != text else text


def has_lead(text: str) -> bool:
    """Whether a line begins with a word for "by"."""
    return LEAD.match(text[:MAX_BYLINE]) is not None


def is_lead(text: str) -> bool:
    """Whether a text is a word for "by" and nothing more."""
    return LEAD.fullmatch(f"{text[:MAX_BYLINE]} ") is not None


def collective_name(text: str) -> str:
    """Return the one name of a byline that is no person's full name, such as a team's, a desk's or a handle; "" where
    more stands there than a name, or a date, and in scripts without case."""
    bare = _without_lead(ADDRESS.sub(" ", tidy(text[:MAX_BYLINE])))
    name, *rest = BYLINE_END.split(bare, maxsplit=1)
    name = name.strip(" ,;:")
    words = name.split()
    is_date = len(words) == 1 and bool(rest) and bare[len(name) :].strip()[:1].isdigit()
    fits = 0 < len(words) <= COLLECTIVE_WORDS and len(name) <= COLLECTIVE_MOST and not is_date and not is_lead(name)
    return name if fits and is_name(name) and not is_caseless(name) and not re.search(r"[.!?…,]", name) else ""


def is_handle(name: str) -> bool:
    """Whether a name is one that an account goes by: one word in small letters, or with capitals or figures inside."""
    return len(name) <= COLLECTIVE_MOST and HANDLE.fullmatch(name) is not None


def byline_names(text: str) -> list[str]:
    """Return the persons of a byline as a page shows it: "By Ann Lee, 3 hours ago | News" is Ann Lee's."""
    text = ADDRESS.sub(" ", tidy(text[:MAX_BYLINE]))
    text = REVIEWED.sub("", _without_lead(text))
    words = BYLINE_END.split(text, maxsplit=1)[0].split()
    while words and words[-1].casefold().strip(".,") in month_numbers():
        words.pop()
    names = (_plain_name(name) for name in split_names(" ".join(words)))
    # What follows a text that is no name, such as an office, is where the person works.
    return list(takewhile(is_person, dropwhile(lambda name: not is_person(name), names)))


def _plain_name(name: str) -> str:
    """Return the name without what a newspaper calls its people beside it."""
    name = _without_cjk_role(name.strip(" ,;:()[]（）「」"))
    words = re.sub(r"\s*[(（][^()（）]{1,60}[)）]?$", "", name).split()
    while len(words) > 2 and words[-1].casefold() in (ROLES - COLLECTIVES) | {"/"}:
        words.pop()
    return " ".join(words)


def _without_cjk_role(name: str) -> str:
    return CJK_PLACE.sub("", CJK_BEHIND.sub("", CJK_BEFORE.sub("", name)))


def is_person(name: str) -> bool:
    """Whether a text looks like a person's name: a few capitalised words, none of them a job's; in scripts without case
    a few short words."""
    if not is_name(name) or re.search(r"[\d!?…:|]", name) or LEAD.match(f"{name} "):
        return False
    if re.search(f"[{CJK}]", name):
        return CJK_NAME.match(name) is not None
    bare = name.split(",")[0]
    words = [word for word in bare.split() if word.lower().strip(".’'") not in PARTICLES]
    most = PERSON_WORDS + sum(1 for word in bare.split() if len(word.strip(".")) == 1)
    return 0 < len(words) <= most and len(bare) <= 60 and all(map(_is_capitalised, words)) and not _is_job(name)


def _is_capitalised(word: str) -> bool:
    letter = next((character for character in word if character.isalpha()), "")
    return letter != "" and (letter.isupper() or letter.lower() == letter.upper() or "'" in word[:3] or "’" in word[:3])


def _is_job(name: str) -> bool:
    """Whether the words are a job's and no person's: "Senior Writer", "Marketing and Event Coordinator"."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return bool(words) and (words[-1] in ROLES or words[0] in ROLES) and not DEGREE.match(name)


def is_name(text: str) -> bool:
    """Whether a text may be somebody's name: short, with a letter, no address, number or stand-in such as "admin"."""
    folded = fold(text)
    return 0 < len(text) < MAX_NAME and bool(folded) and not NO_NAME.search(text) and folded not in PLACEHOLDERS
