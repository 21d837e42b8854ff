#include "data/pickle/machine.h"

#include <string.h>

#include "base/mem.h"

enum { STACK_MOST = 1 << 24, MARKS_MOST = 1000 };

int pulse_pickle_fail(const struct pulse_unpickler *m, const char *what)
{
    return pulse_fail(m->err, PULSE_E_INPUT, "%s: pickle: byte %lld: %s", m->where,
                      (long long)(m->p - m->begin), what);
}

const uint8_t *pulse_pickle_take(struct pulse_unpickler *m, uint64_t n)
{
    const uint8_t *at = m->p;
    if (n > (uint64_t)(m->end - m->p)) {
        (void)pulse_pickle_fail(m, "it ends too early; the file is truncated or corrupted");
        return NULL;
    }
    m->p += n;
    return at;
}

int pulse_pickle_take_number(struct pulse_unpickler *m, int bytes, uint64_t *number)
{
    const uint8_t *at = pulse_pickle_take(m, (uint64_t)bytes);
    *number = 0;
    for (int i = 0; at != NULL && i < bytes; i++)
        *number |= (uint64_t)at[i] << (8 * i);
    return at == NULL ? -1 : 0;
}

const char *pulse_pickle_take_line(struct pulse_unpickler *m, size_t *length)
{
    const uint8_t *at = m->p, *feed = memchr(at, '\n', (size_t)(m->end - at));
    if (feed == NULL) {
        (void)pulse_pickle_fail(m, "a line without an end; the file is truncated or corrupted");
        return NULL;
    }
    *length = (size_t)(feed - at);
    m->p = feed + 1;
    return (const char *)at;
}

int pulse_pickle_push(struct pulse_unpickler *m, struct pulse_pickle_value *value)
{
    if (value == NULL)
        return -1;
    if (m->n == STACK_MOST)
        return pulse_pickle_fail(m, "more than 2^24 values on its stack");
    if (pulse_grow(&m->stack, &m->cap, m->n + 1, sizeof *m->stack, "a pickle", m->err) != 0)
        return -1;
    m->stack[m->n++] = value;
    return 0;
}

int64_t pulse_pickle_above_mark(const struct pulse_unpickler *m)
{
    return m->n - (m->marks_n == 0 ? 0 : m->marks[m->marks_n - 1]);
}

struct pulse_pickle_value *pulse_pickle_pop(struct pulse_unpickler *m)
{
    if (pulse_pickle_above_mark(m) > 0)
        return m->stack[--m->n];
    (void)pulse_pickle_fail(m, "it takes a value that is not there; the file is corrupted");
    return NULL;
}

struct pulse_pickle_value *pulse_pickle_top(struct pulse_unpickler *m)
{
    if (pulse_pickle_above_mark(m) > 0)
        return m->stack[m->n - 1];
    (void)pulse_pickle_fail(m, "it uses a value that is not there; the file is corrupted");
    return NULL;
}

int pulse_pickle_push_mark(struct pulse_unpickler *m)
{
    if (m->marks_n == MARKS_MOST)
        return pulse_pickle_fail(m, "groups nested more than 1000 deep");
    if (pulse_grow(&m->marks, &m->marks_cap, m->marks_n + 1, sizeof *m->marks, "a pickle",
                   m->err) != 0)
        return -1;
    m->marks[m->marks_n++] = m->n;
    return 0;
}

int pulse_pickle_pop_mark(struct pulse_unpickler *m, int64_t *n)
{
    if (m->marks_n == 0)
        return pulse_pickle_fail(m, "a group without a beginning; the file is corrupted");
    *n = m->n - m->marks[--m->marks_n];
    return 0;
}

struct pulse_pickle_value *pulse_pickle_add(struct pulse_unpickler *m, enum pulse_pickle_kind kind)
{
    return pulse_pickle_tree_add(m->tree, kind, m->err);
}
