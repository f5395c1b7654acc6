"""Which speaker said which utterance of a session, decided as the utterances come and corrected as more is known."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass

import numpy as np

from stt_worker.speakers.grouping import Group, likeness, merge
from stt_worker.speakers.settings import ClusteringSettings
from stt_worker.speakers.voice import Vector, Voice

_DEFAULTS = ClusteringSettings()


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is held to have said an utterance."""

    speaker: int
    """Number of the speaker in the session, from 1 on, in the order in which they were noticed."""
    sure: bool
    """False where the voice alone does not tell: then the speaker is the neighbour's."""


class SpeakerClustering:
    """The speakers of one session. Each new utterance groups the remembered ones anew, so earlier ones may change.

    The grouping depends on which utterances are known and not on the order in which they came, so several workers may
    bring them. Only the numbers of the speakers do, and which utterances are too old to be corrected. The state is a
    text (`to_state`) of about 300 bytes an utterance that is remembered and 1 kB a speaker.

    Args:
        speakers: how many there are, where that is known; None: as many as are heard.
    """

    def __init__(self, settings: ClusteringSettings = _DEFAULTS, speakers: int | None = None) -> None:
        self._settings, self._speakers = settings, speakers
        self._voices: dict[int, Voice] = {}
        self._found: dict[int, Assignment] = {}
        self._old: dict[int, Group] = {}
        """Speaker → what was said by this speaker and is too old to be corrected."""

    def hear(self, voice: Voice) -> dict[int, Assignment]:
        """Take the next utterance, and return what is new: its own assignment, and those of earlier ones that changed.

        An utterance that is known already, or older than all that is remembered, changes nothing.
        """
        if voice.seq in self._voices or (self._old and voice.seq < min(self._voices)):
            return {}
        self._voices[voice.seq] = voice
        before, self._found = self._found, self._assign()
        self._forget()
        return {seq: now for seq, now in self._found.items() if before.get(seq) != now}

    def to_state(self) -> str:
        """Everything that is known, as JSON."""
        return json.dumps({
            "speakers": self._speakers,
            "voices": [v.to_row() for _, v in sorted(self._voices.items())],
            "found": [[seq, a.speaker, a.sure] for seq, a in sorted(self._found.items())],
            "old": [[speaker, _packed(g.total), g.speech_s] for speaker, g in sorted(self._old.items())],
        })  # fmt: skip

    @classmethod
    def from_state(cls, state: str, settings: ClusteringSettings = _DEFAULTS) -> SpeakerClustering:
        """Go on from what `to_state` made, in whatever process that was."""
        fields = json.loads(state)
        made = cls(settings, fields["speakers"])
        made._voices = {int(row[0]): Voice.from_row(row) for row in fields["voices"]}
        made._found = {seq: Assignment(speaker, sure) for seq, speaker, sure in fields["found"]}
        made._old = {s: Group(_unpacked(total), speech_s, speaker=s) for s, total, speech_s in fields["old"]}
        return made

    def _assign(self) -> dict[int, Assignment]:
        voices = [voice for _, voice in sorted(self._voices.items())]
        telling = [voice for voice in voices if voice.speech_s >= self._settings.long_s]
        groups = self._number(self._groups(telling))
        found = {v.seq: Assignment(_speaker(g), True) for g in groups for v in g.members}
        rest = [voice for voice in voices if voice.seq not in found]
        found |= {v.seq: Assignment(s, True) for v in rest if (s := self._known(v, groups)) is not None}
        sure = dict(found)
        return found | {v.seq: Assignment(_neighbour(v.seq, sure), False) for v in rest if v.seq not in sure}

    def _groups(self, voices: list[Voice]) -> list[Group]:
        old = [Group(group.total, group.speech_s, speaker=speaker) for speaker, group in sorted(self._old.items())]
        new = [Group.of(voice, self._settings.longest_s) for voice in voices]
        return merge(old + new, self._settings.same_likeness, self._speakers)

    def _number(self, groups: list[Group]) -> list[Group]:
        """Give each group its speaker: the one most of its speech had before, or the next number."""
        claims = sorted(
            ((-share, speaker, n) for n, group in enumerate(groups) for speaker, share in self._shares(group).items()),
        )
        taken = {group.speaker for group in groups}
        for _, speaker, n in claims:
            if groups[n].speaker is None and speaker not in taken:
                groups[n].speaker = speaker
                taken.add(speaker)
        highest = max([0, *self._old, *(a.speaker for a in self._found.values() if a.sure)])
        for number, group in enumerate((g for g in groups if g.speaker is None), start=highest + 1):
            group.speaker = number
        return groups

    def _shares(self, group: Group) -> dict[int, float]:
        """Speaker → seconds of the group that were this speaker's before."""
        shares: dict[int, float] = {}
        for voice in group.members:
            if (before := self._found.get(voice.seq)) and before.sure:
                shares[before.speaker] = shares.get(before.speaker, 0.0) + voice.speech_s
        return shares

    def _known(self, voice: Voice, groups: list[Group]) -> int | None:
        """The speaker whom an utterance is like that is too short to make one; None where it is like nobody."""
        if not groups or not voice.speech_s:
            return None
        alike = likeness([Group.of(voice, self._settings.longest_s)], groups)[0]
        best = int(alike.argmax())
        return groups[best].speaker if alike[best] >= self._settings.known_likeness else None

    def _forget(self) -> None:
        """Let go of the oldest utterances. Those that are sure stay as a part of their speaker."""
        while len(self._voices) > self._settings.remembered:
            seq = min(self._voices)
            voice, found = self._voices.pop(seq), self._found.pop(seq)
            if not found.sure:
                continue
            group = Group.of(voice, self._settings.longest_s)
            if found.speaker in self._old:
                group.take(self._old[found.speaker])
            self._old[found.speaker] = Group(group.total, group.speech_s, speaker=found.speaker)


def _speaker(group: Group) -> int:
    return group.speaker or 1


def _neighbour(seq: int, sure: dict[int, Assignment]) -> int:
    """The speaker of the nearest utterance whose speaker is sure, the earlier one of two; 1 where there is none."""
    nearest = min(sure, key=lambda other: (abs(other - seq), other), default=None)
    return 1 if nearest is None else sure[nearest].speaker


def _packed(total: Vector) -> str:
    return base64.b64encode(total.astype("<f4").tobytes()).decode()


def _unpacked(text: str) -> Vector:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)
