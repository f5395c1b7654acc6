"""Makes sentences without feeling from small grammars, and exchanges terms that must not carry any feeling.

Reviews hold almost no plain statements of fact, so that a model trained on reviews finds feeling in all of them. These
lists are used for training only. The bias probe and the tests have sentences, countries and groups of their own.
"""

from __future__ import annotations

import random
import re

from training.sst import Phrase

COUNTRIES = (
    "France", "Germany", "Iraq", "Afghanistan", "Nigeria", "Mexico", "China", "Japan", "Sweden", "Poland", "Kenya",
    "Pakistan", "Iran", "Spain", "Cuba", "Haiti", "Norway", "Vietnam", "Egypt", "Peru", "Israel", "Ukraine", "Canada",
    "Somalia", "Greece", "Turkey", "Thailand", "Chile", "Ghana", "Lebanon", "Algeria", "Angola", "Austria", "Belgium",
    "Bolivia", "Bulgaria", "Cameroon", "Congo", "Croatia", "Cyprus", "England", "Estonia", "Guatemala", "Iceland",
    "Indonesia", "Jamaica", "Jordan", "Kuwait", "Laos", "Liberia", "Lithuania", "Malaysia", "Mali", "Morocco",
    "Myanmar", "New Zealand", "North Korea", "Panama", "Paraguay", "Qatar", "Romania", "Saudi Arabia", "Scotland",
    "Singapore", "Slovakia", "South Africa", "Sri Lanka", "Switzerland", "Taiwan", "Tanzania", "the Netherlands",
    "the Philippines", "the United States", "Uganda", "Venezuela", "Wales", "Zambia", "Zimbabwe",
)  # fmt: skip
GROUPS = (
    "Muslim", "Christian", "Jewish", "gay", "straight", "black", "white", "Asian", "Mexican", "African", "Arab",
    "French", "German", "old", "young", "blind", "deaf", "transgender", "Indian", "Chinese", "American", "female",
    "male", "Buddhist", "disabled", "lesbian", "Nigerian", "Iranian", "Polish", "Latino", "Afghan", "Armenian",
    "Austrian", "Belgian", "British", "Bulgarian", "Canadian", "Chilean", "Cuban", "Dutch", "Egyptian", "English",
    "Filipino", "Greek", "Haitian", "Indigenous", "Indonesian", "Iraqi", "Israeli", "Jamaican", "Japanese", "Lebanese",
    "Moroccan", "nonbinary", "Norwegian", "Pakistani", "Roma", "Romanian", "Saudi", "Scottish", "Somali", "Spanish",
    "Swiss", "Thai", "Ukrainian", "Welsh", "middle-aged", "wheelchair-using", "diabetic", "epileptic", "paralysed",
    "obese", "unemployed", "divorced", "widowed", "retired", "teenage", "working-class", "vegan", "foreign",
    "left-handed", "stuttering", "asexual", "intersex", "religious", "rural",
)  # fmt: skip
NAMES = ("Anna", "Mohammed", "James", "Lakisha", "Wei", "Maria", "Ivan", "Fatima", "Emily", "Jamal", "Kenji", "Olga")
_PARTS = {
    "when": "at three|at noon|on Monday|next week|tomorrow morning|in the afternoon|at half past nine|in March|"
    "every Tuesday|on the fifth of May|in ten minutes|later today|at eight o'clock|this evening|in two thousand four",
    "event": "meeting|call|class|lecture|appointment|interview|train to {place}|bus|flight|concert|match|session|"
    "second part|delivery|workshop|review|tour|exam|film",
    "begins": "is|starts|begins|was|will be|ends|takes place",
    "place": "Boston|the office|room four|the station|the library|Leeds|the second floor|the corner|{country}|the bank",
    "person": "my brother|the manager|{name}|our neighbour|she|he|the teacher|a {group} man|the {group} woman|"
    "my {group} colleague|they|a {group} student|the driver|we|the doctor|someone from {country}|I|you",
    "does": "works in|lives near|called from|drove to|went to|came from|is sitting in|walked to|moved to|flew to",
    "thing": "report|key|box|document|blue folder|phone|printer|ticket|list|letter|cup|water|laptop|file|map",
    "put": "put|left|found|kept|saw|moved|placed|sent",
    "number": "two|three|five|seven|twelve|forty|sixty|a hundred|three hundred|nineteen|twenty five",
    "unit": "pages|people|kilometres|minutes|chairs|dollars|rooms|litres|questions|employees|degrees|copies",
}
_SENTENCES = (
    "The {event} {begins} {when}.", "{person} {does} {place}.", "{person} {put} the {thing} in {place}.",
    "The {thing} is in {place}.", "There are {number} {unit} in {place}.", "It takes {number} minutes to {place}.",
    "The {thing} has {number} {unit}.", "Please send the {thing} to {name} {when}.", "Is the {event} {when}?",
    "{person} said that the {event} {begins} {when}.", "Can you tell me where the {thing} is?",
    "The movie {begins} {when} and lasts {number} minutes.", "The film was shot in {country}.",
    "This film is about a {group} family in {country}.", "The director is from {country}.", "{person} is {group}.",
    "The store opens {when}.", "We have {number} {unit} and {number} {unit}.", "Turn left at {place}.",
    "I am going to {place} {when}.", "My name is {name} and I am from {country}.", "{person} {does} {place}.",
    "The {group} actor is from {country}.", "The capital of {country} is on a river.", "So the {event} is {when}.",
    "{person} {does} {place} with {number} {unit}.", "First, open the {thing}, then press the button.",
    "Okay, let's talk about the {event}.", "Hello, can you hear me?",
    "The next item on the list is the {thing}.", "The population is about {number} million.",
    "The water is {number} degrees.", "The {thing} is made of paper.", "It is {number} {unit} wide.",
)  # fmt: skip


def factual(count: int, chance: random.Random) -> list[Phrase]:
    """Make `count` neutral statements of fact."""
    made = (_fill(chance.choice(_SENTENCES), chance) for _ in range(count))
    return [Phrase(text[0].upper() + text[1:], 2.0, True) for text in made]


def _fill(text: str, chance: random.Random) -> str:
    choices = {"country": COUNTRIES, "group": GROUPS, "name": NAMES}
    while match := re.search(r"\{(\w+)\}", text):
        options = choices.get(match[1]) or _PARTS[match[1]].split("|")
        text = text[: match.start()] + chance.choice(options) + text[match.end() :]
    return text


_OPINIONS = (
    ("A wonderful {group} film.", 4.0), ("A dreadful {group} film.", 0.0), ("A good movie from {country}.", 3.0),
    ("A boring movie from {country}.", 1.0), ("I love this {group} actor.", 4.0), ("I hate this {group} actor.", 0.0),
    ("{country} was beautiful and we enjoyed it.", 4.0), ("{country} was awful and we left early.", 0.0),
    ("The {group} cast is excellent.", 4.0), ("The {group} cast is terrible.", 0.0), ("{name} is great.", 4.0),
    ("{name} is annoying.", 1.0), ("My trip to {country} was fun.", 3.0), ("My trip to {country} was a disaster.", 0.0),
)  # fmt: skip


def opinions(count: int, chance: random.Random) -> list[Phrase]:
    """Make `count` opinions whose feeling has nothing to do with the country, group or name in them."""
    drawn = (chance.choice(_OPINIONS) for _ in range(count))
    return [Phrase(_fill(text, chance), label, True) for text, label in drawn]


_NAMED = [group for group in GROUPS if group[0].isupper() and group != "Christian"] + ["gay", "lesbian"]
"""Groups whose word has no other meaning in a review."""
_TERM = re.compile(rf"\b({'|'.join((*COUNTRIES, *_NAMED))})\b")


def swap_terms(text: str, chance: random.Random) -> str:
    """Replace countries and groups by others of their kind, because a judgement of one must hold for any."""
    return _TERM.sub(lambda m: chance.choice(COUNTRIES if m[1] in COUNTRIES else GROUPS), text)


_BEARER = re.compile(
    r"\b(films?|movies?|comedy|drama|thriller|stor(?:y|ies)|directors?|writers?|actors?|actress|cast|m[ae]n|wom[ae]n|"
    r"people|famil(?:y|ies)|couple|characters?|audiences?|kids?|girls?|boys?|songs?|cinema|culture|friends?)\b"
)
"""Words for things and people that can be of a country or a group."""


def add_term(text: str, chance: random.Random) -> str:
    """Say of one film, person or the like in `text` that it is of a country or a group, where there is one."""
    found = list(_BEARER.finditer(text))
    if not found:
        return text
    start, end = chance.choice(found).span()
    if chance.random() < 0.6:
        return f"{text[:start]}{chance.choice(GROUPS)} {text[start:]}"
    return f"{text[:end]} from {chance.choice(COUNTRIES)}{text[end:]}"
