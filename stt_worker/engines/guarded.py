"""From what an engine decoded to its transcript, past the silence guard."""

from __future__ import annotations

from stt_worker.engine import SpeechEngine, TimedWord, Transcript
from stt_worker.guards.silence_guard import Evidence, SilenceGuard
from stt_worker.language_belief import LanguageBelief


def guarded_transcript(
    engine: SpeechEngine,
    guard: SilenceGuard,
    evidence: Evidence,
    language: str,
    words: tuple[TimedWord, ...] | None = None,
    belief: LanguageBelief | None = None,
) -> Transcript:
    """The transcript of an utterance; its text and words are empty where the guard holds that nobody spoke.

    Args:
        language: ISO 639-1 code of the language spoken.
        words: None unless word times were asked for.
        belief: what is known of the session's language, where it was detected. What nobody said tells nothing of it.
    """
    rejected = guard.objection(evidence)
    return Transcript(
        text="" if rejected else evidence.text,
        language=language,
        avg_logprob=evidence.avg_logprob,
        no_speech_prob=evidence.no_speech_prob,
        engine=engine.name,
        model=engine.model,
        words=() if rejected and words else words,
        belief=None if rejected else belief,
        rejected=rejected,
    )
