"""What a log may say of an error: where it happened and of which kind, without a word of what was worked on.

The message of an error can hold the data that it is about: redis-py repeats the whole command of a pipeline that
failed, pydantic repeats its input, a tokenizer its text.
"""

from __future__ import annotations

import traceback

import redis

from wta.errors import WtaError

_REPEATS = "Command # "
"""How redis-py begins the message of a command of a pipeline, which it repeats."""


def error_words(error: BaseException) -> str:
    """The message of an error that holds no data, after its kind; otherwise the kind alone."""
    if isinstance(error, WtaError):
        return str(error)
    kind, message = type(error).__name__, str(error)
    of_the_network = isinstance(error, OSError | redis.ConnectionError | redis.TimeoutError)
    return f"{kind}: {message}" if of_the_network and message and not message.startswith(_REPEATS) else kind


def error_trace(error: BaseException) -> str:
    """A traceback, with those of the errors that led to it, whose messages are `error_words`."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = [error_trace(cause), "which led to:"] if cause else []
    if isinstance(error, BaseExceptionGroup):
        parts += [error_trace(part) for part in error.exceptions]
    stack = "".join(traceback.format_list(traceback.extract_tb(error.__traceback__))).rstrip()
    return "\n".join(filter(None, [*parts, stack, error_words(error)]))
