"""Audio on its way to a session's worker: whole, in order, and in steps that are worth it where many speak."""

from __future__ import annotations

import asyncio
import time

from fastapi_service.sessions.work_queue import WorkQueue
from wta.messages import Finalize, Stop

A, B, C = b"a" * 100, b"b" * 100, b"c" * 100


async def test_one_piece_of_audio_is_given_at_once_where_few_speak() -> None:
    inbox = WorkQueue(1000)
    inbox.put(A)
    assert (await asyncio.wait_for(inbox.get(), 0.05))[0] == A


async def test_audio_that_piled_up_is_joined_up_to_an_order_and_a_batch() -> None:
    inbox = WorkQueue(200)
    for item in (A, B, C, Finalize(), A):
        inbox.put(item)
    assert [(await inbox.get())[0] for _ in range(4)] == [A + B, C, Finalize(), A]


async def test_a_step_waits_for_enough_audio_where_many_speak() -> None:
    inbox = WorkQueue(1000, lambda: 200)
    inbox.put(A)
    getting = asyncio.create_task(inbox.get())
    await asyncio.sleep(0.02)
    assert not getting.done()
    inbox.put(B)
    audio, arrived = await asyncio.wait_for(getting, 0.05)
    assert audio == A + B and time.time() - arrived < 0.05


async def test_audio_that_piled_up_is_not_held_back_for_ever() -> None:
    inbox = WorkQueue(1000, lambda: 200)
    inbox.put(A)
    began = time.monotonic()
    assert (await asyncio.wait_for(inbox.get(), 2))[0] == A
    assert time.monotonic() - began >= 0.15, "it did not wait at all"


async def test_audio_is_not_held_back_when_an_order_says_that_no_more_comes() -> None:
    for order in (Finalize(), Stop()):
        inbox = WorkQueue(1000, lambda: 200)
        inbox.put(A)
        getting = asyncio.create_task(inbox.get())
        await asyncio.sleep(0)
        inbox.put(order)
        assert (await asyncio.wait_for(getting, 0.05))[0] == A
        inbox.put(A)  # an order waits for nothing that came after it
        assert (await asyncio.wait_for(inbox.get(), 0.05))[0] == order


async def test_audio_is_not_held_back_while_its_sender_waits_for_it() -> None:
    # Given somebody who takes what is there
    inbox = WorkQueue(1000, lambda: 200)

    async def work() -> None:
        while True:
            await inbox.get()

    worker = asyncio.create_task(work())
    # When each piece waits until the one before it was taken
    began = time.monotonic()
    for _ in range(5):
        inbox.put(A)
        await asyncio.wait_for(inbox.drained(), 1)
    # Expect none to be held back
    assert time.monotonic() - began < 0.5, "each of five waited for more, which could not come"
    worker.cancel()


async def test_the_rest_of_a_queue_is_what_nobody_asked_for() -> None:
    inbox = WorkQueue(1000)
    inbox.put(A)
    inbox.put(B)
    assert inbox.rest() == A + B
