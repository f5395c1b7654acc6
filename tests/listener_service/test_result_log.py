"""The log file against torn lines, rotation, removal and full disks."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from listener_service.line import format_result
from listener_service.result_log import ResultLog
from listener_service.stream_id import BEGINNING, StreamId
from tests.support.results import ids, make_result


def line(n: int) -> str:
    return format_result(make_result(n, f"sentence {n}"), StreamId(n, 0), with_text=True)


def append(log: ResultLog, *numbers: int) -> None:
    log.append([line(n) for n in numbers], StreamId(numbers[-1], 0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "results.log"


@pytest.fixture
def log(path: Path) -> ResultLog:
    log = ResultLog(path)
    log.open()
    return log


def reopened(log: ResultLog, path: Path) -> ResultLog:
    log.close()
    again = ResultLog(path)
    again.open()
    return again


def test_the_first_start_begins_at_the_oldest_entry(log: ResultLog) -> None:
    assert log.cursor == BEGINNING


@pytest.mark.parametrize("lost", ["results.log", "results.log.cursor", None])
def test_the_log_or_the_cursor_file_is_enough(log: ResultLog, path: Path, lost: str | None) -> None:
    append(log, 1, 2)
    if lost:
        (path.parent / lost).unlink()

    assert reopened(log, path).cursor == (2, 0)


def test_the_newest_of_log_and_cursor_wins(log: ResultLog, path: Path) -> None:
    append(log, 1, 2, 3)
    cursor = path.with_name("results.log.cursor")

    cursor.write_text("2-0\n")  # a kill between line and cursor
    assert reopened(log, path).cursor == (3, 0)
    cursor.write_text("9-0\n")  # a power cut that kept the cursor but not the line would be a gap: see the ADR
    assert reopened(log, path).cursor == (9, 0)
    cursor.write_text("damaged")
    assert reopened(log, path).cursor == (3, 0)


@pytest.mark.parametrize("torn", ["2026-01-01T", "2026-01-01T00:00:00.000Z  s  #0003  text 3-0", "x" * 200_000])
def test_a_torn_last_line_is_dropped(log: ResultLog, path: Path, torn: str) -> None:
    append(log, 1, 2)
    with path.open("a") as file:
        file.write(torn)

    log = reopened(log, path)
    assert log.cursor == (2, 0)
    append(log, 3)
    assert ids(path) == ["1-0", "2-0", "3-0"]


def test_the_last_id_is_found_behind_many_other_lines(log: ResultLog, path: Path) -> None:
    append(log, 1)
    log.append(["# stats " + "x" * 1000] * 300, StreamId(1, 0))
    path.with_name("results.log.cursor").unlink()

    assert reopened(log, path).cursor == (1, 0)


def test_a_renamed_log_is_followed_by_a_new_one(log: ResultLog, path: Path) -> None:
    append(log, 1)
    rotated = path.rename(path.with_name("results.log.1"))
    append(log, 2)  # before the rotation is noticed: goes into the renamed file

    assert log.follow_rotation() is False
    append(log, 3)
    assert (ids(rotated), ids(path)) == (["1-0", "2-0"], ["3-0"])


def test_the_cursor_is_found_in_a_renamed_log_after_a_kill(log: ResultLog, path: Path) -> None:
    append(log, 1)
    path.rename(path.with_name("results.log.1"))
    append(log, 2)
    path.with_name("results.log.cursor").write_text("1-0\n")

    assert reopened(log, path).cursor == (2, 0)


def test_a_log_whose_folder_was_removed_is_made_again(log: ResultLog, path: Path) -> None:
    append(log, 1)
    shutil.rmtree(path.parent)

    assert log.follow_rotation() is False
    append(log, 2)
    assert ids(path) == ["2-0"]


@pytest.mark.parametrize("name", ["results.log.1", "results.log-20261124"], ids=["numbered", "dateext"])
def test_copytruncate_rewinds_to_the_end_of_the_copy(log: ResultLog, path: Path, name: str) -> None:
    # Given a log that was emptied after a copy was made, which lacks the newest lines
    append(log, 1)
    append(log, 2)
    copy = path.with_name(name)
    copy.write_bytes(path.read_bytes()[:-5])  # a copy that ends within line 2
    append(log, 3)
    os.truncate(path, 0)
    append(log, 4)  # before the truncation is noticed

    # When that is noticed, expect to begin again behind the last whole line of the copy
    assert log.follow_rotation() is True
    assert log.cursor == (1, 0)
    # Expect each line once over both files
    append(log, 2, 3, 4)
    assert ids(copy, path) == ["1-0", "2-0", "3-0", "4-0"]


def test_an_emptied_log_beside_an_older_file_does_not_rewind(log: ResultLog, path: Path) -> None:
    append(log, 1)
    path.rename(path.with_name("results.log.1"))
    log.follow_rotation()
    append(log, 2)
    os.truncate(path, 0)

    assert log.follow_rotation() is False
    assert log.cursor == (2, 0)


def test_copytruncate_finds_its_copy_among_older_files(log: ResultLog, path: Path) -> None:
    # Given files of two earlier days, and a copy of today
    for number, day in enumerate(("20261122", "20261123"), 1):
        append(log, number)
        path.rename(path.with_name(f"results.log-{day}"))
        log.follow_rotation()
    append(log, 3)
    path.with_name("results.log-20261124").write_bytes(path.read_bytes())
    append(log, 4)
    os.truncate(path, 0)
    # When the log is found to be empty, expect to begin again behind today's copy
    assert log.follow_rotation() is True
    assert log.cursor == (3, 0)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_log_is_not_for_every_account_of_the_machine(log: ResultLog, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o640
    # When its owner opens it for everybody, expect that to stay
    path.chmod(0o644)
    append(log, 1)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_full_disk_leaves_no_half_line(log: ResultLog, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a disk that is full after ten bytes
    append(log, 1)
    write, written = os.write, []

    def full(fd: int, data: memoryview) -> int:
        if written:
            raise OSError(28, "No space left on device")
        written.append(write(fd, data[:10]))
        return 10

    # When a line is written
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            append(log, 2)
    # Expect no half line, and the whole one once there is room
    assert ids(path) == ["1-0"]
    append(log, 2)
    assert ids(path) == ["1-0", "2-0"]
