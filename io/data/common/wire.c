#include "data/common/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void pulse_wire_put_bytes(struct pulse_wire *wire, const void *bytes, int64_t n)
{
    if (wire->failed || pulse_grow(&wire->bytes, &wire->cap, wire->used + n, 1,
                                   "what was read of an HDF5 file", wire->err) != 0) {
        wire->failed = true;
        return;
    }
    if (n > 0)
        memcpy(wire->bytes + wire->used, bytes, (size_t)n);
    wire->used += n;
}

void pulse_wire_put_integer(struct pulse_wire *wire, int64_t value)
{
    pulse_wire_put_bytes(wire, &value, sizeof value);
}

void pulse_wire_put_text(struct pulse_wire *wire, const char *text)
{
    const int64_t n = (int64_t)strlen(text);
    pulse_wire_put_integer(wire, n);
    pulse_wire_put_bytes(wire, text, n);
}

void pulse_wire_take_bytes(struct pulse_wire *wire, void *to, int64_t n)
{
    if (!wire->failed && (n < 0 || n > wire->used - wire->at)) {
        wire->failed = true;
        (void)pulse_fail(wire->err, PULSE_E_INPUT,
                         "what was read of an HDF5 file breaks off; the file is corrupted");
    }
    if (wire->failed || n <= 0)
        return;
    memcpy(to, wire->bytes + wire->at, (size_t)n);
    wire->at += n;
}

int64_t pulse_wire_take_integer(struct pulse_wire *wire)
{
    int64_t value = 0;
    pulse_wire_take_bytes(wire, &value, sizeof value);
    return wire->failed ? 0 : value;
}

int64_t pulse_wire_take_count(struct pulse_wire *wire)
{
    const int64_t n = pulse_wire_take_integer(wire);
    if (!wire->failed && n >= 0 && n <= wire->used - wire->at)
        return n;
    pulse_wire_take_bytes(wire, NULL, -1);
    return 0;
}

char *pulse_wire_take_text(struct pulse_wire *wire)
{
    const int64_t n = pulse_wire_take_count(wire);
    char *text = wire->failed ? NULL : pulse_calloc(n + 1, 1, "a text", wire->err);
    if (text == NULL)
        wire->failed = true;
    else
        pulse_wire_take_bytes(wire, text, n);
    return text;
}
