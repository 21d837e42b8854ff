#include "data/pickle/unpickler.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/pickle/machine.h"
#include "data/pickle/scalars.h"

enum { NEWEST_PROTOCOL = 5 };

/* ---- Groups --------------------------------------------------------------------- */

static int do_mark(struct pulse_unpickler *m, uint8_t op)
{
    (void)op;
    return pulse_pickle_push_mark(m);
}

/* Moves the top `n` values to the end of a tuple, list or dict. */
static int move_into(struct pulse_unpickler *m, struct pulse_pickle_value *group, int64_t n)
{
    if (group == NULL ||
        (n > 0 && pulse_grow(&group->as.list.items, &group->as.list.cap, group->as.list.n + n,
                             sizeof *group->as.list.items, "a pickle", m->err) != 0))
        return -1;
    if (n > 0)
        memcpy(group->as.list.items + group->as.list.n, m->stack + m->n - n,
               (size_t)n * sizeof *m->stack);
    group->as.list.n += n;
    m->n -= n;
    return 0;
}

static int push_group(struct pulse_unpickler *m, enum pulse_pickle_kind kind, int64_t n)
{
    struct pulse_pickle_value *group = pulse_pickle_add(m, kind);
    if (kind == PULSE_PICKLE_DICT && n % 2 != 0)
        return pulse_pickle_fail(m, "a key without a value; the file is corrupted");
    return move_into(m, group, n) != 0 ? -1 : pulse_pickle_push(m, group);
}

/* ), ], }: empty; t, l, d: of what lies above the mark; \x85 … \x87: of 1 … 3 values */
static int do_group(struct pulse_unpickler *m, uint8_t op)
{
    const enum pulse_pickle_kind kind = op == ']' || op == 'l'   ? PULSE_PICKLE_LIST
                                        : op == '}' || op == 'd' ? PULSE_PICKLE_DICT
                                                                 : PULSE_PICKLE_TUPLE;
    int64_t n = op >= 0x85 ? op - 0x84 : 0;
    if ((op == 't' || op == 'l' || op == 'd') && pulse_pickle_pop_mark(m, &n) != 0)
        return -1;
    if (pulse_pickle_above_mark(m) < n)
        return pulse_pickle_fail(m, "it takes values that are not there; the file is corrupted");
    return push_group(m, kind, n);
}

/* a, s: the top one or two values into the list or dict below; e, u: all above the mark */
static int do_append(struct pulse_unpickler *m, uint8_t op)
{
    const bool list = op == 'a' || op == 'e';
    int64_t n = op == 'a' ? 1 : 2;
    if ((op == 'e' || op == 'u') && pulse_pickle_pop_mark(m, &n) != 0)
        return -1;
    if (pulse_pickle_above_mark(m) <= n || m->n <= n)
        return pulse_pickle_fail(m, "it takes values that are not there; the file is corrupted");
    struct pulse_pickle_value *group = m->stack[m->n - n - 1];
    if (group->kind != (list ? PULSE_PICKLE_LIST : PULSE_PICKLE_DICT))
        return pulse_pickle_fail(m, list ? "it appends to what is no list"
                                         : "it sets keys of what is no dict");
    if (!list && n % 2 != 0)
        return pulse_pickle_fail(m, "a key without a value; the file is corrupted");
    return move_into(m, group, n);
}

/* 0: drops the top value, or the mark where that is the top; 1: all above the mark; 2: twice */
static int do_stack(struct pulse_unpickler *m, uint8_t op)
{
    int64_t n = 0;
    if (op == '2')
        return pulse_pickle_push(m, pulse_pickle_top(m));
    if (op == '0' && pulse_pickle_above_mark(m) > 0)
        return pulse_pickle_pop(m) == NULL ? -1 : 0;
    if (pulse_pickle_pop_mark(m, &n) != 0)
        return -1;
    m->n -= n;
    return 0;
}

/* ---- Memo ----------------------------------------------------------------------- */

/* q, r, p: number of 1 byte, 4 bytes, a line; \x94: the next. h, j, g: the same to get. */
static int take_memo_index(struct pulse_unpickler *m, uint8_t op, uint64_t *index)
{
    size_t length;
    if (op == 'q' || op == 'h')
        return pulse_pickle_take_number(m, 1, index);
    if (op == 'r' || op == 'j')
        return pulse_pickle_take_number(m, 4, index);
    *index = (uint64_t)m->memo_n;
    if (op == 0x94)
        return 0;
    const char *line = pulse_pickle_take_line(m, &length);
    if (line == NULL)
        return -1;
    *index = 0;
    for (size_t i = 0; i < length; i++) {
        if (line[i] < '0' || line[i] > '9' || length > 10)
            return pulse_pickle_fail(m, "no number where one should be; the file is corrupted");
        *index = *index * 10 + (uint64_t)(line[i] - '0');
    }
    return 0;
}

static int do_put(struct pulse_unpickler *m, uint8_t op)
{
    struct pulse_pickle_value *value = pulse_pickle_top(m);
    uint64_t index;
    if (value == NULL || take_memo_index(m, op, &index) != 0)
        return -1;
    /* Writers count from 0, and every value of the memo costs them a byte at least. */
    if (index >= (uint64_t)(m->end - m->begin))
        return pulse_pickle_fail(m, "it numbers more values than it holds; the file is corrupted");
    if (pulse_grow(&m->memo, &m->memo_cap, (int64_t)index + 1, sizeof *m->memo, "a pickle",
                   m->err) != 0)
        return -1;
    for (; m->memo_n <= (int64_t)index; m->memo_n++)
        m->memo[m->memo_n] = NULL;
    m->memo[index] = value;
    return 0;
}

static int do_get(struct pulse_unpickler *m, uint8_t op)
{
    uint64_t index;
    if (take_memo_index(m, op, &index) != 0)
        return -1;
    if (index >= (uint64_t)m->memo_n || m->memo[index] == NULL)
        return pulse_pickle_fail(m,
                                 "it refers to a value that is not there; the file is corrupted");
    return pulse_pickle_push(m, m->memo[index]);
}

/* ---- Globals and calls ---------------------------------------------------------- */

static int push_global(struct pulse_unpickler *m, const char *module, size_t module_length,
                       const char *name, size_t name_length)
{
    enum pulse_pickle_name known = pulse_pickle_name_of(module, module_length, name, name_length);
    if (known == PULSE_PICKLE_UNKNOWN)
        return pulse_fail(m->err, PULSE_E_INPUT,
                          "%s: pickle: byte %lld: it names %.*s.%.*s, which is not read; only "
                          "frames, arrays, lists and dicts of pandas and NumPy are: write it as "
                          "pd.DataFrame(…).to_pickle(…)",
                          m->where, (long long)(m->p - m->begin),
                          (int)(module_length < 100 ? module_length : 100), module,
                          (int)(name_length < 100 ? name_length : 100), name);
    struct pulse_pickle_value *value = pulse_pickle_add(m, PULSE_PICKLE_GLOBAL);
    if (value != NULL)
        value->name = known;
    return pulse_pickle_push(m, value);
}

/* c and i: two lines; \x93: two texts from the stack */
static int do_global(struct pulse_unpickler *m, uint8_t op)
{
    size_t module_length, name_length;
    if (op != 0x93) {
        const char *module = pulse_pickle_take_line(m, &module_length);
        const char *name = module == NULL ? NULL : pulse_pickle_take_line(m, &name_length);
        return name == NULL ? -1 : push_global(m, module, module_length, name, name_length);
    }
    const struct pulse_pickle_value *name = pulse_pickle_pop(m),
                                    *module = name == NULL ? NULL : pulse_pickle_pop(m);
    if (module == NULL)
        return -1;
    if (name->kind != PULSE_PICKLE_TEXT || module->kind != PULSE_PICKLE_TEXT)
        return pulse_pickle_fail(m, "a name that is no text; the file is corrupted");
    return push_global(m, module->as.text.at, (size_t)module->as.text.length, name->as.text.at,
                       (size_t)name->as.text.length);
}

/* _codecs.encode(text, "latin1"), bytes() and the like: every character below U+0100 is a byte. In
 * all no more bytes than the file has: a text is encoded once, but a reference to it is short. */
static int push_encoded(struct pulse_unpickler *m, const struct pulse_pickle_value *arguments)
{
    const struct pulse_pickle_value *text = pulse_pickle_item(arguments, 0);
    if (arguments->as.list.n == 0)
        return pulse_pickle_push_text(m, PULSE_PICKLE_BYTES, "", 0);
    if (pulse_pickle_is(text, PULSE_PICKLE_BYTES))
        return pulse_pickle_push_text(m, PULSE_PICKLE_BYTES, text->as.text.at,
                                      (uint64_t)text->as.text.length);
    const struct pulse_pickle_value *codec = pulse_pickle_item(arguments, 1);
    if (!pulse_pickle_is(text, PULSE_PICKLE_TEXT) ||
        (!pulse_pickle_is_text(codec, "latin1") && !pulse_pickle_is_text(codec, "latin-1")))
        return pulse_pickle_fail(m, "an encoding other than Latin-1, which is not read");
    const int64_t length = text->as.text.length;
    m->encoded += length;
    if (m->encoded > 2 * (m->end - m->begin))
        return pulse_pickle_fail(m, "it encodes more text than it holds; the file is corrupted");
    char *bytes = pulse_pickle_tree_keep(m->tree, length, 1, m->err);
    uint64_t n = 0;
    for (int64_t i = 0; bytes != NULL && i < length; i++) {
        unsigned char c = (unsigned char)text->as.text.at[i];
        if (c >= 0xc4)
            return pulse_pickle_fail(m, "text that is not Latin-1 where bytes should be");
        if (c >= 0xc0) /* c2 or c3, then the low six bits */
            c = (unsigned char)(c << 6 | (text->as.text.at[++i] & 0x3f));
        bytes[n++] = (char)c;
    }
    return bytes == NULL ? -1 : pulse_pickle_push_text(m, PULSE_PICKLE_BYTES, bytes, n);
}

/* i: an instance, as before protocol 1: nothing that is read is written so */
static int do_instance(struct pulse_unpickler *m, uint8_t op)
{
    return do_global(m, op) != 0
               ? -1
               : pulse_pickle_fail(m, "an instance of an old class, which is not read");
}

/* getattr(ZoneInfo, "_unpickle"), which is called for a zone as ZoneInfo is. */
static int push_zone(struct pulse_unpickler *m, const struct pulse_pickle_value *arguments)
{
    const struct pulse_pickle_value *class = pulse_pickle_item(arguments, 0);
    if (arguments->as.list.n != 2 || !pulse_pickle_is(class, PULSE_PICKLE_GLOBAL) ||
        class->name != PULSE_PICKLE_ZONE ||
        !pulse_pickle_is_text(pulse_pickle_item(arguments, 1), "_unpickle"))
        return pulse_pickle_fail(m, "builtins.getattr of what is no zone, which is not read");
    return pulse_pickle_push(m, arguments->as.list.items[0]);
}

/* OrderedDict() and defaultdict(list) begin as empty dicts, which are filled as others. */
static int push_mapping(struct pulse_unpickler *m, const struct pulse_pickle_value *arguments)
{
    const struct pulse_pickle_value *makes = pulse_pickle_item(arguments, 0);
    return arguments->as.list.n == 0 || pulse_pickle_is(makes, PULSE_PICKLE_GLOBAL) ||
                   pulse_pickle_is(makes, PULSE_PICKLE_NONE)
               ? push_group(m, PULSE_PICKLE_DICT, 0)
               : pulse_pickle_fail(m, "a dict of an old form; write it as dict(d)");
}

/* R: global(*tuple); \x81: global.__new__(global, *tuple). Neither is done, only noted; but what is
 * called to make bytes becomes these bytes. */
static int do_call(struct pulse_unpickler *m, uint8_t op)
{
    (void)op;
    struct pulse_pickle_value *arguments = pulse_pickle_pop(m),
                              *what = arguments == NULL ? NULL : pulse_pickle_pop(m);
    if (what == NULL)
        return -1;
    if (what->kind != PULSE_PICKLE_GLOBAL || arguments->kind != PULSE_PICKLE_TUPLE)
        return pulse_pickle_fail(m, "a call of what is no known name, which is not read");
    if (what->name == PULSE_PICKLE_ENCODE || what->name == PULSE_PICKLE_BUILTIN_BYTES ||
        what->name == PULSE_PICKLE_BUILTIN_BYTEARRAY)
        return push_encoded(m, arguments);
    if (what->name == PULSE_PICKLE_GETATTR)
        return push_zone(m, arguments);
    if (what->name == PULSE_PICKLE_MAPPING)
        return push_mapping(m, arguments);
    struct pulse_pickle_value *call = pulse_pickle_add(m, PULSE_PICKLE_CALL);
    if (call == NULL)
        return -1;
    call->name = what->name;
    call->as.call.arguments = arguments;
    if (what->name == PULSE_PICKLE_RECONSTRUCTOR) { /* (class, object, None) */
        const struct pulse_pickle_value *class = pulse_pickle_item(arguments, 0);
        const struct pulse_pickle_value *base = pulse_pickle_item(arguments, 1);
        if (!pulse_pickle_is(class, PULSE_PICKLE_GLOBAL) ||
            !pulse_pickle_is(base, PULSE_PICKLE_GLOBAL) ||
            base->name != PULSE_PICKLE_BUILTIN_OBJECT)
            return pulse_pickle_fail(
                m, "copyreg._reconstructor of what is no known class, which is not read");
        call->name = class->name;
    }
    return pulse_pickle_push(m, call);
}

/* b: the top value is the state of the call below */
static int do_build(struct pulse_unpickler *m, uint8_t op)
{
    (void)op;
    struct pulse_pickle_value *state = pulse_pickle_pop(m),
                              *object = state == NULL ? NULL : pulse_pickle_top(m);
    if (object == NULL)
        return -1;
    if (object->kind != PULSE_PICKLE_CALL || object->as.call.state != NULL)
        return pulse_pickle_fail(m, "a state for what has none, which is not read");
    object->as.call.state = state;
    return 0;
}

/* ---- Frames of the file --------------------------------------------------------- */

/* \x80: protocol; \x95: how many bytes the frame has */
static int do_header(struct pulse_unpickler *m, uint8_t op)
{
    uint64_t number;
    if (pulse_pickle_take_number(m, op == 0x80 ? 1 : 8, &number) != 0)
        return -1;
    if (op == 0x80 && number > NEWEST_PROTOCOL)
        return pulse_pickle_fail(m, "a protocol newer than 5, which is not read");
    if (op == 0x95 && number > (uint64_t)(m->end - m->p))
        return pulse_pickle_fail(m, "it ends too early; the file is truncated or corrupted");
    return 0;
}

enum { PROTOCOL = 0x80 }; /* the opcode that begins a pickle */

static int do_stop(struct pulse_unpickler *m, uint8_t op)
{
    (void)op;
    struct pulse_pickle_value *root = pulse_pickle_pop(m);
    if (root == NULL)
        return -1;
    if (m->n != 0 || m->marks_n != 0)
        return pulse_pickle_fail(m, "values left over at its end; the file is corrupted");
    if (m->p < m->end && *m->p == PROTOCOL)
        return pulse_pickle_fail(m, "a second object follows the first, as of a file that is "
                                    "appended to; join them to one, as with pandas.concat");
    pulse_pickle_tree_set_root(m->tree, root);
    m->stopped = true;
    return 0;
}

static int do_python2(struct pulse_unpickler *m, uint8_t op)
{
    (void)op;
    return pulse_pickle_fail(
        m, "strings of Python 2, which are not read; load and save it with Python 3");
}

static pulse_pickle_step *const steps[256] = {[0x80] = do_header,
                                              [0x95] = do_header,
                                              ['.'] = do_stop,
                                              ['('] = do_mark,
                                              ['N'] = pulse_pickle_do_constant,
                                              [0x88] = pulse_pickle_do_constant,
                                              [0x89] = pulse_pickle_do_constant,
                                              ['K'] = pulse_pickle_do_small_integer,
                                              ['M'] = pulse_pickle_do_small_integer,
                                              ['J'] = pulse_pickle_do_small_integer,
                                              [0x8a] = pulse_pickle_do_long,
                                              [0x8b] = pulse_pickle_do_long,
                                              ['I'] = pulse_pickle_do_integer_line,
                                              ['L'] = pulse_pickle_do_integer_line,
                                              ['F'] = pulse_pickle_do_real_line,
                                              ['G'] = pulse_pickle_do_real,
                                              ['X'] = pulse_pickle_do_text,
                                              [0x8c] = pulse_pickle_do_text,
                                              [0x8d] = pulse_pickle_do_text,
                                              ['B'] = pulse_pickle_do_text,
                                              ['C'] = pulse_pickle_do_text,
                                              [0x8e] = pulse_pickle_do_text,
                                              [0x96] = pulse_pickle_do_text,
                                              ['V'] = pulse_pickle_do_text_line,
                                              ['S'] = do_python2,
                                              ['T'] = do_python2,
                                              ['U'] = do_python2,
                                              [')'] = do_group,
                                              [']'] = do_group,
                                              ['}'] = do_group,
                                              ['t'] = do_group,
                                              ['l'] = do_group,
                                              ['d'] = do_group,
                                              [0x85] = do_group,
                                              [0x86] = do_group,
                                              [0x87] = do_group,
                                              ['a'] = do_append,
                                              ['e'] = do_append,
                                              ['s'] = do_append,
                                              ['u'] = do_append,
                                              ['0'] = do_stack,
                                              ['1'] = do_stack,
                                              ['2'] = do_stack,
                                              ['p'] = do_put,
                                              ['q'] = do_put,
                                              ['r'] = do_put,
                                              [0x94] = do_put,
                                              ['g'] = do_get,
                                              ['h'] = do_get,
                                              ['j'] = do_get,
                                              ['c'] = do_global,
                                              [0x93] = do_global,
                                              ['R'] = do_call,
                                              [0x81] = do_call,
                                              ['b'] = do_build,
                                              ['i'] = do_instance};

static int run_opcodes(struct pulse_unpickler *m)
{
    char what[80];
    while (!m->stopped) {
        const uint8_t *at = pulse_pickle_take(m, 1);
        if (at == NULL)
            return -1;
        if (steps[*at] == NULL) {
            (void)snprintf(what, sizeof what, "opcode 0x%02x, which is unknown or not read", *at);
            return pulse_pickle_fail(m, what);
        }
        if (steps[*at](m, *at) != 0)
            return -1;
    }
    return 0;
}

int pulse_pickle_tree_parse(const char *where, char *bytes, int64_t n,
                            struct pulse_pickle_tree **out, struct pulse_err *err)
{
    const uint8_t *begin = (const uint8_t *)bytes;
    struct pulse_pickle_tree *tree = pulse_pickle_tree_new(bytes, err);
    struct pulse_unpickler m = {
        .where = where, .begin = begin, .p = begin, .tree = tree, .err = err};
    if (tree == NULL)
        return -1;
    m.end = begin + n;
    int rc = run_opcodes(&m);
    free(m.stack);
    free(m.marks);
    free(m.memo);
    if (rc == 0)
        *out = tree;
    else
        pulse_pickle_tree_free(tree);
    return rc;
}
