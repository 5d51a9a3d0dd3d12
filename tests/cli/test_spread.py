"""A large file's lines: worked on by several processes, answered as by one."""

import json
import os
import signal
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from tests.evaluate.random_lines import line

from rolemgr.errors import InputError, SourceLocation
from rolemgr.files.source import MAX_BYTES
from rolemgr.workflow.batch import BatchAnswers, answer_chunk, answers
from rolemgr.workflow.spread import FROM, chunks, in_order, is_worth_it


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Return a file that is worth several processes: random lines, one too long, blank ones, no end of the last."""
    random = Random(11)  # noqa: S311 - nothing secret
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        while file.tell() < FROM:
            file.write(line(random))
            if random.random() < 0.001:
                file.write(b"\n" + b'{"id": "' + b"x" * (MAX_BYTES + 5) + b'"}\n  \n')
        file.write(b'{"id": "last", "request": {"action": "s3:GetObject", "resource": "*"}}')
    return path


def test_several_processes_answer_as_one(large: Path) -> None:
    """The same answers in the same order, to the last line."""
    with large.open("rb") as file:
        alone = together(list(answers(BytesIO(file.read()))))
    spread = answers_of(large)
    assert (alone, alone.misunderstood > 0) == (spread, True)
    assert json.loads(spread.text.splitlines()[-1]) == {"id": "last", "decision": "ImplicitlyDenied"}
    assert spread.lines == len(spread.text.splitlines())


def together(found: list[BatchAnswers]) -> BatchAnswers:
    """Return the answers of all of *found* as one."""
    return BatchAnswers("".join(one.text for one in found), sum(one.lines for one in found),
                        sum(one.misunderstood for one in found))  # fmt: skip


def answers_of(path: Path) -> BatchAnswers:
    """Return the answers that other processes give, however many cores there are."""
    with path.open("rb") as file:
        return together([BatchAnswers(*found) for found in in_order(answer_chunk, file)])


def test_an_error_of_ours_comes_after_what_was_answered(large: Path) -> None:
    """What one of the processes refuses is raised here, in its place."""
    with large.open("rb") as file:
        found = in_order(_refuse_the_last, file)
        assert next(found) > 0
        with pytest.raises(InputError, match=r"last: is refused; try another"):
            list(found)


def _refuse_the_last(chunk: bytes) -> int:
    if chunk.endswith(b"}"):
        raise InputError(SourceLocation("last"), "is refused", "try another")
    return len(chunk)


def test_a_process_that_dies_is_no_end(large: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Killed, or by a bug whose traceback is shown: the answers so far never look like all of them."""
    for work in (_die, _stumble):
        with large.open("rb") as file, pytest.raises(RuntimeError, match="ended before its work was done"):
            list(in_order(work, file))
    assert "ZeroDivisionError" in capfd.readouterr().err


def _die(chunk: bytes) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return len(chunk)


def _stumble(chunk: bytes) -> int:
    return len(chunk) // 0


def test_a_file_that_changes_meanwhile_is_refused(large: Path) -> None:
    """The processes may have read different files."""
    with large.open("rb") as file:
        found = in_order(len, file)
        next(found)
        with large.open("ab") as more:
            more.write(b"\n{}")
        with pytest.raises(InputError, match="changed while it was read"):
            list(found)


def test_processes_end_with_their_reader(large: Path) -> None:
    """Whoever stops reading leaves no process behind, and the place in the file is where it was."""
    with large.open("rb") as file:
        file.readline()
        place, found = file.tell(), in_order(_who, file)
        processes = {next(found), next(found)}
        found.close()  # type: ignore[attr-defined]
        for one in processes:
            with pytest.raises(ProcessLookupError):
                os.kill(one, 0)
        assert file.tell() == place


def _who(chunk: bytes) -> int:
    assert chunk
    return os.getpid()


def test_chunks_are_whole_lines(large: Path) -> None:
    """Put together they are the file, but for the end of what is too long to be read."""
    with large.open("rb") as file:
        found = list(chunks(file))
    assert len(found) > 5
    assert all(chunk.endswith(b"\n") or len(chunk) > MAX_BYTES for chunk in found[:-1])
    whole = large.read_bytes().splitlines()
    short = [one for one in whole if len(one) <= MAX_BYTES]
    assert [one for chunk in found for one in chunk.splitlines() if len(one) <= MAX_BYTES] == short
    assert len(short) < len(whole)


def test_what_is_not_a_large_file_stays_in_this_process(tmp_path: Path) -> None:
    """Bytes in memory, a small file, and what is left of a large one."""
    small, big = tmp_path / "small", tmp_path / "big"
    small.write_bytes(b"{}\n")
    big.write_bytes(b"\n" * FROM)
    assert not is_worth_it(BytesIO(b"\n" * FROM))
    with small.open("rb") as file:
        assert not is_worth_it(file)
    with big.open("rb") as file:
        file.read(1)
        assert not is_worth_it(file)
