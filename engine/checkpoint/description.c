#include "checkpoint/description.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"

enum { ROW_DIGITS = 16 };

static const char hexadecimal[] = "0123456789abcdef";

/* Of all that a description says. */
static struct pulse_digest check_of(const struct pulse_digest *settings,
                                    const struct pulse_described_data *data)
{
    const struct pulse_digest all[] = {
        *settings, pulse_digest_of(data->row, data->T * (int64_t)sizeof *data->row),
        pulse_digest_of(data->content, data->V * (int64_t)sizeof *data->content)};
    return pulse_digest_of(all, sizeof all);
}

/* ---- Writing -------------------------------------------------------------------- */

/* The digests of all rows, one after the other: as many strings would make a file twice as long. */
static json_t *rows_of(const struct pulse_described_data *data)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    char *digits = pulse_calloc(data->T * ROW_DIGITS + 1, 1, "the checkpoint", &ignored);
    if (digits == NULL)
        return NULL;
    for (int64_t t = 0; t < data->T; t++)
        for (int k = 0; k < ROW_DIGITS; k++)
            digits[t * ROW_DIGITS + k] = hexadecimal[data->row[t] >> (60 - 4 * k) & 15];
    json_t *text = json_string(digits);
    free(digits);
    return text;
}

static json_t *values_of(const struct pulse_described_data *data)
{
    json_t *list = json_array();
    for (int64_t v = 0; v < data->V; v++) {
        char content[PULSE_DIGEST_TEXT];
        (void)json_array_append_new(list,
                                    json_string(pulse_digest_text(&data->content[v], content)));
    }
    return list;
}

char *pulse_description_text(const char *settings, const struct pulse_described_data *data,
                             int64_t last_day, struct pulse_err *err)
{
    char last[PULSE_DATE_TEXT], hash[PULSE_DIGEST_TEXT], *text = NULL;
    const struct pulse_digest digest = pulse_digest_of_text(settings);
    const struct pulse_digest check = check_of(&digest, data);
    json_t *root = json_loads(settings, 0, NULL);
    json_t *own = json_pack("{s:I, s:s, s:o, s:o, s:s}", "rows", (json_int_t)data->T, "last date",
                            pulse_format_day(last_day, last), "row digests", rows_of(data),
                            "values", values_of(data), "check", pulse_digest_text(&check, hash));
    if (root != NULL && own != NULL && json_object_set(root, "data", own) == 0)
        text = json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    json_decref(own);
    json_decref(root);
    if (text == NULL)
        (void)pulse_fail(err, PULSE_E_MEMORY, "out of memory for the checkpoint's description");
    return text;
}

/* ---- Reading -------------------------------------------------------------------- */

/* `n` groups of 16 hexadecimal digits, and nothing after them. */
static bool read_words(const char *digits, int64_t n, uint64_t *out)
{
    if (digits == NULL || strlen(digits) != (size_t)n * ROW_DIGITS ||
        strspn(digits, hexadecimal) != (size_t)n * ROW_DIGITS)
        return false;
    for (int64_t i = 0; i < n; i++) {
        out[i] = 0;
        for (int k = 0; k < ROW_DIGITS; k++)
            out[i] = out[i] << 4 |
                     (uint64_t)(strchr(hexadecimal, digits[i * ROW_DIGITS + k]) - hexadecimal);
    }
    return true;
}

static bool read_rows(const json_t *data, struct pulse_described_data *out)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const char *digits = json_string_value(json_object_get(data, "row digests"));
    out->T = digits == NULL ? 0 : (int64_t)(strlen(digits) / ROW_DIGITS);
    out->row = pulse_calloc(out->T, sizeof *out->row, "the checkpoint", &ignored);
    return out->row != NULL && read_words(digits, out->T, out->row);
}

static bool read_digest(const json_t *text, struct pulse_digest *out)
{
    uint64_t word[2]; /* the text begins with the second one */
    if (!read_words(json_string_value(text), 2, word))
        return false;
    *out = (struct pulse_digest){{word[1], word[0]}};
    return true;
}

static bool read_values(const json_t *data, struct pulse_described_data *out)
{
    struct pulse_err ignored = {.kind = PULSE_OK};
    const json_t *list = json_object_get(data, "values");
    out->V = (int64_t)json_array_size(list);
    out->content = pulse_calloc(out->V, sizeof *out->content, "the checkpoint", &ignored);
    bool right = out->content != NULL;
    for (int64_t v = 0; right && v < out->V; v++)
        right = read_digest(json_array_get(list, (size_t)v), &out->content[v]);
    return right;
}

bool pulse_description_read(const char *text, int64_t bytes, const struct pulse_digest *settings,
                            struct pulse_described_data *out)
{
    struct pulse_digest said;
    *out = (struct pulse_described_data){0};
    json_t *root = text == NULL ? NULL : json_loadb(text, (size_t)bytes, 0, NULL);
    const json_t *data = json_object_get(root, "data");
    bool right = read_rows(data, out) && read_values(data, out) &&
                 read_digest(json_object_get(data, "check"), &said);
    if (right) {
        const struct pulse_digest check = check_of(settings, out);
        right = pulse_digest_equal(&check, &said);
    }
    json_decref(root);
    if (!right)
        pulse_described_data_clear(out);
    return right;
}

void pulse_described_data_clear(struct pulse_described_data *data)
{
    free(data->row);
    free(data->content);
    *data = (struct pulse_described_data){0};
}
