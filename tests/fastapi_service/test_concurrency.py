"""Blocking work off the event loop."""

from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from fastapi_service.concurrency import Threads, cancel_and_wait, vital_task


async def test_a_cancelled_caller_waits_for_its_thread() -> None:
    # Given a task whose thread is at work
    entered, leave, left = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        entered.set()
        leave.wait(10)
        left.set()

    task = asyncio.create_task(Threads(1).run(work))
    await asyncio.to_thread(entered.wait, 10)
    # When the task is cancelled
    ending = asyncio.create_task(cancel_and_wait([task]))
    done, _ = await asyncio.wait([ending], timeout=0.3)
    # Expect it to end when the thread does, and no sooner
    assert not done, "the task ended while its thread was at work"
    leave.set()
    await ending
    assert left.is_set() and task.cancelled()


async def test_results_and_errors_come_back_from_a_thread() -> None:
    threads = Threads(1)
    assert await threads.run(int, "7") == 7
    with pytest.raises(ValueError, match="invalid literal"):
        await threads.run(int, "seven")


async def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    # Given a task that ends at the third cancellation
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 2:
                    raise

    # When it is to end
    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await cancel_and_wait([task])
    # Expect it to have been cancelled as often
    assert (swallowed, task.cancelled()) == (3, True)


@pytest.mark.parametrize("error", [None, RuntimeError("can't start new thread")])
async def test_a_vital_task_that_ends_ends_the_process_in_words(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    async def dies() -> None:
        if error:
            raise error

    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    vital_task(dies(), "the housekeeping")
    async with asyncio.timeout(10):
        await ended.wait()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert "stopping: the housekeeping has ended" in caplog.text
    assert error is None or str(error) in caplog.text


async def test_a_vital_task_that_is_cancelled_ends_nothing_else() -> None:
    task = vital_task(asyncio.sleep(10), "the housekeeping")
    await cancel_and_wait([task])
    assert task.cancelled()
