"""Road bulletins without end: what the stand goes on publishing when its written stories are over."""

from __future__ import annotations

from collections.abc import Iterator

from newsstand.outlets import chance
from newsstand.stories import LAST_HOUR, WireStory, WireVersion

# Hours between two of them; outlets take up to five to carry one, so the first is filed before the written stories end.
EVERY_HOURS = 1 / 6
FIRST_HOUR = LAST_HOUR - 6
DAYS = 7
PLACES = ("Halden", "Belsk", "Arvany", "Port Hamra", "San Telmo", "Teluk Sari", "Quillota Bay", "Saint-Orme")
CAUSES = (
    "an overturned lorry that had been carrying {tons} tonnes of gravel",
    "a burst water main that flooded {tons} metres of the carriageway",
    "a herd of {tons} cows that had broken out of a field nearby",
    "a fallen crane at a building site where {tons} flats are going up",
    "a landslip after {tons} millimetres of rain overnight",
    "a convoy of {tons} combine harvesters on their way to a fair",
    "a power line that came down across {tons} parked cars",
)
RELIEFS = (
    "Traffic was sent over the old bridge at {town}, where queues reached {km} kilometres by the morning.",
    "Buses replaced {km} regional services between {town} and the coast, the operator said.",
    "Drivers were told to use the valley road by {town}, which takes {km} minutes longer.",
    "The police at {town} counted {km} stranded vehicles, and nobody was hurt.",
    "A ferry from {town} took {km} commuters across the sound free of charge.",
)
OUTLOOKS = (
    "One lane will open by {hour}:30, road authority engineer {name} said, and the other once the surface has been tested.",
    '"We will be done before {hour} o\'clock unless it rains again," said {name}, who leads the crew on the spot.',
    "Repairs will cost about {cost},000 crowns, by the first estimate of {name} of the district council.",
    "{name}, the mayor, asked the ministry for {cost},000 crowns to rebuild the junction within the year.",
)
ASIDES = (
    "The school at {town} gave its {cost} pupils the day off.",
    "A bakery handed {cost} rolls to those who waited, its owner said.",
    "The last closure of that length was {km} months ago, when snow had blocked the pass.",
    "Farmers lent {km} tractors to pull cars off the verge.",
    "Trains to {town} ran with {hour} extra carriages.",
    "The fire brigade pumped for {hour} hours and went home at noon.",
    "A film crew that had hired the road for {km} scenes moved its shooting to {town}.",
    "Deliveries to {cost} households will come a day late, the post office said.",
    "Cyclists could pass, and {cost} of them were counted on the embankment before breakfast.",
)
NAMES = ("Ivo Maren", "Lia Kossen", "Marco Ibarra", "Greta Lund", "Anne Roux", "Sven Halle", "Tomas Bereny", "Ola Finn")


def road_bulletins() -> Iterator[WireStory]:
    """Yield a week of bulletins in the order they are filed, from shortly before the written stories end."""
    return (_bulletin(number) for number in range(int(DAYS * 24 / EVERY_HOURS)))


def _bulletin(number: int) -> WireStory:
    id_ = f"road-{number + 1}"
    place, road = _pick(PLACES, id_, "place"), 2 + int(90 * chance(id_, "road"))
    headline = f"Route {road} shut near {place}, case {number + 1} of the season"
    version = WireVersion("original", FIRST_HOUR + number * EVERY_HOURS, place, headline, _body(id_, number, road))
    return WireStory(id_, "HNA", "en", "bulletin", "road", "", "Local", (version,))


def _body(id_: str, number: int, road: int) -> tuple[str, ...]:
    fields = {
        "tons": 3 + int(95 * chance(id_, "tons")), "km": 4 + int(60 * chance(id_, "km")), "cost": 11 + int(800 * chance(id_, "cost")),
        "hour": 6 + int(16 * chance(id_, "hour")), "town": _pick(PLACES, id_, "town"), "name": _pick(NAMES, id_, "name"),
    }  # fmt: skip
    # Lists of lengths without a common factor: no two bulletins of a week are made of the same sentences.
    lists = (CAUSES, RELIEFS, OUTLOOKS, ASIDES)
    cause, *sentences = (texts[number % len(texts)].format(**fields) for texts in lists)
    return (
        f"Route {road} was shut near {_pick(PLACES, id_, 'place')} by {cause}, the road authority said in its bulletin {number + 1}.",
        *sentences,
    )


def _pick(texts: tuple[str, ...], *seeds: str) -> str:
    return texts[int(len(texts) * chance(*seeds))]
