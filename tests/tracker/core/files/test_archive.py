import io

import numpy as np
import pytest

from poseglass.core.files.archive import DamagedError, read_archive, write_archive

ARRAYS = {"a/b": np.arange(12.0).reshape(3, 4), "flags": np.array([True, False]), "empty": np.zeros((0, 2), np.int64)}


def written() -> bytes:
    file = io.BytesIO()
    write_archive(file, {"name": "Müller", "n": 3}, ARRAYS)
    return file.getvalue()


def test_what_was_written_is_read():
    meta, arrays = read_archive(io.BytesIO(written()))

    assert meta == {"name": "Müller", "n": 3}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_numpy_reads_it_too():
    with np.load(io.BytesIO(written())) as archive:
        np.testing.assert_array_equal(archive["a/b"], ARRAYS["a/b"])


@pytest.mark.parametrize("cut", [0, 10, 100, -1])
def test_a_part_is_refused(cut: int):
    with pytest.raises(DamagedError):
        read_archive(io.BytesIO(written()[:cut]))


def test_a_changed_byte_of_an_array_is_noticed():
    content = bytearray(written())
    content[content.index(np.float64(7).tobytes())] ^= 1
    with pytest.raises(DamagedError):
        read_archive(io.BytesIO(bytes(content)))


def test_pickled_objects_are_refused_both_ways():
    with pytest.raises(ValueError, match="allow_pickle"):
        write_archive(io.BytesIO(), {}, {"evil": np.array([{}], dtype=object)})
    file = io.BytesIO()
    np.savez(file, evil=np.array([{}], dtype=object), **{"meta.json": np.zeros(1)})
    with pytest.raises(DamagedError):
        read_archive(file)
