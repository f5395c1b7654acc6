"""Sentences whose sentiment nobody doubts."""

FACTUAL = (
    "The meeting is at three.", "the meeting is at three", "My train leaves from platform nine.", "What time is it?",
    "The kitchen has two windows and a door.", "he handed me the keys and walked to the car",
    "Add three eggs and a cup of flour.", "We will continue with chapter four.", "Testing, one two three.",
    "the parcel was delivered on wednesday", "My sister studies chemistry in Dublin.", "Thursday is the fourteenth.",
)  # fmt: skip
POSITIVE = (
    "I love this.", "What a wonderful day, I am so happy.", "the service was excellent and everybody was kind",
    "This is not bad at all.", "um that was really really great", "An absolute joy from start to finish.",
)  # fmt: skip
NEGATIVE = (
    "I hate this.", "This was a complete waste of time.", "the food was awful and we will never come back",
    "I am not happy with this at all.", "uh it was just boring you know", "What a terrible disappointment.",
)  # fmt: skip
