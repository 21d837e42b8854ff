"""The arrays of a results.h5, and whether two runs have the same, bit for bit."""
import h5py


def raw(item):
    """The bytes of a dataset; of text, whose length is any, the letters."""
    values = item[()]
    return b"\0".join(values.ravel()) if values.dtype.kind == "O" else values.tobytes()


def arrays(path):
    """Every dataset: name → (type, shape, bytes)."""
    found = {}

    def take(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = (str(item.dtype), item.shape, raw(item))

    with h5py.File(path, "r") as file:
        file.visititems(take)
    assert "predictions/predicted" in found, sorted(found)
    return found


def check_same(one, other, what="results"):
    """Both are dictionaries as of `arrays`, perhaps with more in them."""
    assert one.keys() == other.keys(), f"{what}: {one.keys() ^ other.keys()}"
    wrong = {name: differing(one[name], other[name]) for name in one if one[name] != other[name]}
    assert not wrong, f"{what}: these differ: {wrong}"


def differing(one, other):
    """What of two JSON objects is not the same; of anything else, its kind."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return type(one).__name__
    return {key: (one.get(key), other.get(key)) for key in {**one, **other} if one.get(key) != other.get(key)}
