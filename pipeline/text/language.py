"""The language of a text, told where its page is silent or says another one. The one import of py3langid."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

# Characters of a text that are looked at, and below which nothing is told of it; a script without blanks says more.
MAX_TEXT, LEAST, LEAST_DENSE = 3_000, 150, 30
# Characters that are looked at first: where they are surely in the declared language, the rest is not asked. The same
# languages on 1,791 pages in a third of the time.
FIRST_TEXT = 600
# How sure the model must be to fill what a page leaves out, and to overrule what it says.
SURE, CERTAIN = 0.6, 0.95
CODE = re.compile(r"^[a-z]{2,3}$")
NO_CODES = frozenset(("und", "mul", "zxx", "mis", "xx", "xxx"))
# Codes of an older standard, and those that the model knows by another name.
SAME = {"iw": "he", "in": "id", "ji": "yi", "fil": "tl", "nb": "no", "nn": "no", "cmn": "zh", "sh": "sr", "mo": "ro"}
# Languages that their neighbours' words are taken for: no text overrules which of them a page says it is in.
NEIGHBOURS = tuple(
    frozenset(group.split())
    for group in (
        "no da sv fo is", "hr sr bs sl mk", "id ms jv", "cs sk", "es gl ca an oc pt", "nl af fy", "bg mk", "ru uk be",
        "tr az tk uz", "hi mr ne sa", "fa ps ur ku", "ar fa ur", "zh ja", "kk ky tt ba", "tl ceb", "et fi", "zu xh",
        "it la", "de lb",
    )
)  # fmt: skip
# Languages that the model tells apart here: those that news is published in.
LANGUAGES = [
    "af",
    "am",
    "ar",
    "as",
    "az",
    "be",
    "bg",
    "bn",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "eu",
    "fa",
    "fi",
    "fr",
    "ga",
    "gl",
    "gu",
    "ha",
    "he",
    "hi",
    "hr",
    "hu",
    "hy",
    "id",
    "ig",
    "is",
    "it",
    "ja",
    "ka",
    "kk",
    "km",
    "kn",
    "ko",
    "ky",
    "lb",
    "lo",
    "lt",
    "lv",
    "mk",
    "ml",
    "mn",
    "mr",
    "ms",
    "mt",
    "my",
    "ne",
    "nl",
    "no",
    "or",
    "pa",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "si",
    "sk",
    "sl",
    "so",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "tg",
    "th",
    "tl",
    "tr",
    "uk",
    "ur",
    "uz",
    "vi",
    "xh",
    "yo",
    "zh",
    "zu",
]
DENSE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
KANA = re.compile(r"[\u3040-\u30ff]")
LETTER = re.compile(r"[^\W\d_]")


def text_language(text: str, declared: str = "") -> str:
    """Return the language of a text as a primary subtag (BCP 47).

    It is what is ``declared``, unless the text is surely in one that is no neighbour of it; where nothing is declared,
    what the text is in, and empty where too little tells.
    """
    code = declared.strip().lower()
    code = code if CODE.match(code) and code not in NO_CODES else ""
    sample = " ".join(text[:MAX_TEXT].split())
    if not _is_long_enough(sample):
        return code
    if code and _confirms(sample[:FIRST_TEXT], code):
        return code
    guess, probability = _guess(sample)
    if not code:
        return guess if probability >= SURE else ""
    return guess if probability >= CERTAIN and not _is_near(code, guess, sample) else code


def _confirms(sample: str, code: str) -> bool:
    guess, probability = _guess(sample)
    return probability >= CERTAIN and _is_near(code, guess, sample)


def _is_long_enough(sample: str) -> bool:
    dense = sum(1 for _ in DENSE.finditer(sample))
    return len(sample) >= LEAST or dense >= LEAST_DENSE


def _is_near(code: str, guess: str, sample: str) -> bool:
    """Whether two codes mean one language or neighbours; Japanese is told from Chinese by its own letters."""
    first, second = SAME.get(code, code), SAME.get(guess, guess)
    if {first, second} == {"zh", "ja"}:
        kana, letters = len(KANA.findall(sample)), len(LETTER.findall(sample))
        return (kana > letters / 20) == (first == "ja")
    return first == second or first not in LANGUAGES or any({first, second} <= group for group in NEIGHBOURS)


def _guess(sample: str) -> tuple[str, float]:
    language, probability = load_language_model().classify(sample)
    return str(language), float(probability)


@cache
def load_language_model() -> Any:
    """Return the packaged model (4.6 MB), read once in .5 s, and only in a process that has a text to tell."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(LANGUAGES)
    return model
