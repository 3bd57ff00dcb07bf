"""The bounded folder of previews."""

import os
import shutil
import tracemalloc
from collections import namedtuple
from threading import Thread

import pytest

from imagery.storage.cache import DIGEST_BYTES, FileCache

UNIT = 1000  # bytes of each file, its digest included
CONTENT = bytes(UNIT - DIGEST_BYTES)
Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def cache_of(tmp_path):
    return lambda units: FileCache(tmp_path, units * UNIT)


def put(cache, name, used_at):
    cache.put(name, CONTENT)
    os.utime(cache.folder / name, (used_at, used_at))


def names(cache):
    return {path.name for path in cache.folder.iterdir()}


@pytest.mark.parametrize(("room", "kept"), [(-1, 0), (0, 1)])
def test_the_free_disk_of_uploads_is_left_alone(room, kept, settings, cache_of, monkeypatch):
    disk = Disk(0, 0, settings.FREE_DISK_BYTES + UNIT + room)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: disk)
    cache_of(10).put("a", bytes(UNIT))
    assert len(names(cache_of(10))) == kept


def test_the_least_recently_used_file_goes_first(cache_of):
    cache = cache_of(4)
    for used_at, name in enumerate("abc"):
        put(cache, name, used_at)
    cache.get("a")
    cache.put("d", CONTENT)
    assert names(cache) == {"a", "c", "d"}


def test_the_limit_is_kept(cache_of):
    cache = cache_of(20)
    for number in range(100):
        put(cache, str(number), number)
        assert len(names(cache)) <= 20


def test_a_file_beyond_the_limit_is_not_kept_and_evicts_nothing(cache_of):
    cache = cache_of(4)
    put(cache, "a", 1)
    cache.put("large", bytes(5 * UNIT))
    assert names(cache) == {"a"}


def test_a_process_counts_the_files_of_other_processes(cache_of):
    others = cache_of(50)
    for number in range(40):
        put(others, str(number), number)
    mine = cache_of(40)
    mine.put("mine", CONTENT)
    assert "mine" in names(mine) and len(names(mine)) == 35


def test_a_half_written_file_of_a_crash_is_evicted(cache_of):
    cache = cache_of(4)
    put(cache, "a", 2)
    (cache.folder / "tmphalf").write_bytes(bytes(2 * UNIT))
    os.utime(cache.folder / "tmphalf", (1, 1))
    put(cache, "b", 3)
    assert names(cache) == {"a", "b"}


def test_a_large_file_is_in_memory_once(tmp_path):
    cache, large = FileCache(tmp_path, 100_000_000), bytes(8_000_000)
    cache.put("large", large)
    tracemalloc.start()
    same = cache.get("large") == large
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert same and peak < 1.5 * len(large)


def test_readers_see_complete_files_while_others_write(cache_of):
    caches, content = [cache_of(100) for _ in range(4)], os.urandom(UNIT)
    caches[0].put("a", content)
    threads = [Thread(target=lambda each=each: [each.put("a", content) for _ in range(50)]) for each in caches]
    for thread in threads:
        thread.start()
    read = {caches[0].get("a") for _ in range(200)}
    for thread in threads:
        thread.join()
    assert read == {content} and names(caches[0]) == {"a"}
