"""A small Parquet writer: flat columns, pages of version 1 or 2, PLAIN or dictionary, gzip or not."""
import gzip
import struct
import zlib

BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED = range(8)
PLAIN, RLE, DICTIONARY = 0, 3, 8
PACKING = {INT32: "<i", INT64: "<q", FLOAT: "<f", DOUBLE: "<d"}

# ---- Thrift's compact protocol: a structure is {field id: value} --------------------------------


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])


def zigzag(n):
    return varint(n << 1 if n >= 0 else ~n << 1 | 1)


def type_and_bytes(value):
    if isinstance(value, bool):
        return (1 if value else 2), b""
    if isinstance(value, int):
        return 6, zigzag(value)
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return 8, varint(len(value)) + value
    if isinstance(value, dict):
        return 12, thrift(value)
    items = [type_and_bytes(x) for x in value]
    kind = items[0][0] if items else 12
    head = bytes([len(items) << 4 | kind]) if len(items) < 15 else bytes([0xf0 | kind]) + varint(len(items))
    return 9, head + b"".join(b for _, b in items)


def thrift(fields):
    out, before = b"", 0
    for number, value in fields.items():
        kind, data = type_and_bytes(value)
        out += bytes([number - before << 4 | kind]) + data
        before = number
    return out + b"\0"


# ---- Pages --------------------------------------------------------------------------------------


def plain(kind, values):
    if kind == BOOLEAN:
        bits = sum(1 << i for i, x in enumerate(values) if x)
        return bits.to_bytes((len(values) + 7) // 8, "little")
    if kind == BYTE_ARRAY:
        return b"".join(struct.pack("<I", len(x)) + x for x in values)
    if kind in (INT96, FIXED):
        return b"".join(values)
    return b"".join(struct.pack(PACKING[kind], x) for x in values)


def hybrid(values, width):
    """Runs of equal integers."""
    out, i = b"", 0
    while i < len(values):
        j = i
        while j < len(values) and values[j] == values[i]:
            j += 1
        out += varint(j - i << 1) + int(values[i]).to_bytes((width + 7) // 8, "little")
        i = j
    return out


class Column:
    """One column: `values` with None where missing; `annotation` are fields of its SchemaElement;
    with a `group` it is the only field of an optional struct of that name; with `bounds` each chunk
    states its least and its greatest value."""

    def __init__(self, name, kind, values, annotation=None, dictionary=False, width=None, group=None,
                 bounds=False):
        self.group, self.bounds = group, bounds
        self.name, self.kind, self.values = name, kind, list(values)
        self.annotation, self.dictionary, self.width = annotation or {}, dictionary, width
        self.optional = any(x is None for x in self.values)

    def elements(self):
        fields = {1: self.kind, 2: self.width, 3: int(self.optional), 4: self.name, **self.annotation}
        around = [{3: 1, 4: self.group, 5: 1}] if self.group else []
        return [*around, {k: v for k, v in sorted(fields.items()) if v is not None}]


def page(kind, header, levels, values, compress, version):
    """Header and bytes of a page; `kind` 0 data, 2 dictionary, 3 data of version 2."""
    raw = levels + values
    body = levels + compress(values) if version == 2 else compress(raw)
    return thrift({1: kind, 2: len(raw), 3: len(body), 4: zlib.crc32(body) - (zlib.crc32(body) >> 31 << 32),
                   {0: 5, 2: 7, 3: 8}[kind]: header}) + body


def chunk(column, first, rows, compress, version, page_rows):
    """The bytes of a chunk, and where in it the data begins."""
    part = column.values[first:first + rows]
    there = sorted({x for x in part if x is not None}) if column.dictionary else []
    out = page(2, {1: len(there), 2: PLAIN}, b"", plain(column.kind, there), compress, 1) if there else b""
    data = len(out)
    for at in range(0, rows, page_rows):
        cells = part[at:at + page_rows]
        seen = [x for x in cells if x is not None]
        levels = hybrid([x is not None for x in cells], 1) if column.optional else b""
        if there:
            encoding, bits = DICTIONARY, max(1, (len(there) - 1).bit_length())
            values = bytes([bits]) + hybrid([there.index(x) for x in seen], bits)
        else:
            encoding, values = PLAIN, plain(column.kind, seen)
        if version == 2:
            header = {1: len(cells), 2: len(cells) - len(seen), 3: len(cells), 4: encoding,
                      5: len(levels), 6: 0}
            out += page(3, header, levels, values, compress, 2)
        else:
            levels = struct.pack("<I", len(levels)) + levels if column.optional else b""
            out += page(0, {1: len(cells), 2: encoding, 3: RLE, 4: RLE}, levels, values, compress, 1)
    return out, data


def listed(pairs):
    return [{1: k, 2: v} if v is not None else {1: k} for k, v in pairs.items()] if pairs else None


def write(path, columns, group_rows=10**9, page_rows=10**9, version=1, zipped=False, pairs=None, chunk_pairs=None):
    """`pairs` of keys and values go into the footer, `chunk_pairs` into the description of each chunk."""
    compress = gzip.compress if zipped else bytes
    file, groups, total = b"PAR1", [], len(columns[0].values)
    for first in range(0, total, group_rows):
        rows, chunks = min(group_rows, total - first), []
        for column in columns:
            data, offset = chunk(column, first, rows, compress, version, page_rows)
            meta = {1: column.kind, 2: [PLAIN], 3: [column.name], 4: 2 if zipped else 0, 5: rows,
                    6: len(data), 7: len(data), 8: listed(chunk_pairs),
                    9: len(file) + offset}
            meta = {k: v for k, v in meta.items() if v is not None}
            if offset:
                meta[11] = len(file)
            if column.bounds:
                part = column.values[first:first + rows]
                meta[12] = {5: plain(column.kind, [max(part)]), 6: plain(column.kind, [min(part)])}
            chunks.append({2: len(file), 3: meta})
            file += data
        groups.append({1: chunks, 2: sum(c[3][7] for c in chunks), 3: rows})
    schema = [{4: "schema", 5: len(columns)}, *(e for c in columns for e in c.elements())]
    footer = thrift({1: version, 2: schema, 3: total, 4: groups, **({5: listed(pairs)} if pairs else {}),
                     6: "the tests of pulse"})
    with open(path, "wb") as out:
        out.write(file + footer + struct.pack("<I", len(footer)) + b"PAR1")
    return path
