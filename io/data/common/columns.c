#include "data/common/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "data/common/decompress.h"
#include "data/common/text.h"

static const char prefix[] = "historical_";

/* One of the `n` words, in any case, but for blanks around it. */
static bool is_any_of(const char *name, const char *const *words, size_t n)
{
    const struct pulse_text text = pulse_text_trim((struct pulse_text){name, strlen(name)});
    bool found = false;
    for (size_t i = 0; i < n && !found; i++)
        found = pulse_text_is_word(text, words[i]);
    return found;
}

bool pulse_is_time_name(const char *name)
{
    static const char *const names[] = {"timestamp", "date", "time", "datetime",
                                        "observation_date"};
    return is_any_of(name, names, sizeof names / sizeof *names);
}

/* What others call the time where no column has one of the names above. */
static bool is_other_time_name(const char *name)
{
    static const char *const names[] = {
        "trade date", "trade_date", "tradedate", "<date>", "time_period", "ds",     "datum",
        "period",     "as_of_date", "dates",     "times",  "timestamps",  "sasdate"};
    return is_any_of(name, names, sizeof names / sizeof *names);
}

bool pulse_is_time_name_of_any(const char *name)
{
    return pulse_is_time_name(name) || is_other_time_name(name);
}

int64_t pulse_columns_find_year(char *const *names, int64_t n)
{
    static const char *const parts[] = {"month", "quarter", "week", "day", "mon", "qtr", "period"};
    static const char *const years[] = {"year"};
    int64_t year = -1;
    bool alone = true;
    for (int64_t c = 0; c < n; c++) {
        alone = alone && !is_any_of(names[c], parts, sizeof parts / sizeof *parts);
        if (is_any_of(names[c], years, 1)) {
            alone = alone && year < 0;
            year = c;
        }
    }
    return alone ? year : -1;
}

/* ---- Tables side by side --------------------------------------------------------- */

/* Without a number and an s at its end: Date of Date.1, Date_2 and Dates. */
static struct pulse_text base_of(const char *name)
{
    struct pulse_text text = pulse_text_trim((struct pulse_text){name, strlen(name)});
    while (text.length > 0 && strchr("0123456789", text.at[text.length - 1]) != NULL)
        text.length--;
    while (text.length > 0 && strchr(" ._-", text.at[text.length - 1]) != NULL)
        text.length--;
    if (text.length > 1 && (text.at[text.length - 1] == 's' || text.at[text.length - 1] == 'S'))
        text.length--;
    return text;
}

/* date.1 and Dates beside Date; where the time is not known, beside any that has such a name. */
static bool is_called_like(const char *name, const char *time)
{
    const struct pulse_text base = base_of(name), other = base_of(time == NULL ? "" : time);
    char word[32];
    if (time != NULL)
        return base.length > 0 && base.length == other.length &&
               strncasecmp(base.at, other.at, base.length) == 0;
    (void)snprintf(word, sizeof word, "%.*s", (int)(base.length < 31 ? base.length : 31), base.at);
    return base.length < strlen(name) && pulse_is_time_name_of_any(word);
}

/* "VIX Date" and "VIX_date" of VIX. */
static bool is_date_of(const char *name, const char *variable)
{
    const size_t n = strlen(variable);
    return n > 0 && strncasecmp(name, variable, n) == 0 && name[n] != '\0' &&
           strchr(" ._-", name[n]) != NULL &&
           (strcasecmp(name + n + 1, "date") == 0 || strcasecmp(name + n + 1, "dates") == 0);
}

int64_t pulse_columns_find_second_table(char *const *names, const bool *numbers, int64_t n,
                                        const char *time)
{
    bool before = false; /* numbers of a first table */
    for (int64_t c = 0; c + 1 < n; c++) {
        if (before && !numbers[c] && numbers[c + 1] && names[c] != time &&
            (is_called_like(names[c], time) || is_date_of(names[c], names[c + 1])))
            return c;
        before = before || numbers[c];
    }
    return -1;
}

static int64_t find_bytes(char *const *names, int64_t n, const char *name, size_t length)
{
    for (int64_t i = 0; i < n; i++)
        if (strncmp(names[i], name, length) == 0 && names[i][length] == '\0')
            return i;
    return -1;
}

/* With the blanks around it, or else without. */
static int64_t find_trimmed(char *const *names, int64_t n, const char **name, size_t *length)
{
    const int64_t found = find_bytes(names, n, *name, *length);
    if (found >= 0)
        return found;
    for (; *length > 0 && **name == ' '; (*length)--)
        (*name)++;
    while (*length > 0 && (*name)[*length - 1] == ' ')
        (*length)--;
    return find_bytes(names, n, *name, *length);
}

int64_t pulse_columns_take_said(char *const *names, int64_t n, const char **list, const char **name,
                                size_t *length)
{
    const char *from = *list;
    *name = from;
    *length = strlen(from);
    *list = NULL;
    const int64_t found = find_trimmed(names, n, name, length);
    if (found >= 0)
        return found;
    const size_t piece = strcspn(from, ",");
    *list = from[piece] == '\0' ? NULL : from + piece + 1;
    *name = from;
    *length = piece;
    return find_trimmed(names, n, name, length);
}

char *pulse_columns_list(char *const *names, int64_t n, char out[PULSE_COLUMNS_TEXT])
{
    size_t used = 0, capacity = PULSE_COLUMNS_TEXT - 32; /* for the tail */
    out[0] = '\0';
    for (int64_t i = 0; i < n; i++) {
        const char *name = names[i][0] == '\0' ? "(no name)" : names[i];
        size_t length = strlen(name);
        if (used + length + 2 > capacity) {
            (void)snprintf(out + used, PULSE_COLUMNS_TEXT - used, "%s... (%lld in all)",
                           used == 0 ? "" : ", ", (long long)n);
            break;
        }
        used += (size_t)snprintf(out + used, PULSE_COLUMNS_TEXT - used, "%s%s",
                                 used == 0 ? "" : ", ", name);
    }
    return out;
}

static int find_one_time(const char *where, char *const *names, int64_t n,
                         bool (*is_time)(const char *name), int64_t *index, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    *index = -1;
    for (int64_t i = 0; i < n; i++) {
        if (!is_time(names[i]))
            continue;
        if (*index >= 0)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: '%s' and '%s' could both be the time column (columns: %s); "
                              "say --time NAME",
                              where, names[*index], names[i], pulse_columns_list(names, n, list));
        *index = i;
    }
    return 0;
}

int pulse_columns_find_time(const char *where, char *const *names, int64_t n, int64_t *index,
                            struct pulse_err *err)
{
    int rc = find_one_time(where, names, n, pulse_is_time_name, index, err);
    if (rc == 0 && *index < 0)
        rc = find_one_time(where, names, n, is_other_time_name, index, err);
    return rc;
}

int pulse_columns_choose_time(const char *where, char *const *names, int64_t n, const char *time,
                              int64_t *index, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    if (time == NULL)
        return pulse_columns_find_time(where, names, n, index, err);
    *index = -1;
    for (int64_t i = 0; *index < 0 && i < n; i++)
        if (strcmp(names[i], time) == 0)
            *index = i;
    return *index >= 0
               ? 0
               : pulse_fail(err, PULSE_E_INPUT, "%s: no column '%s' (columns: %s); see --time",
                            where, time, pulse_columns_list(names, n, list));
}

bool pulse_is_generic_value_name(const char *name)
{
    return strcasecmp(name, "value") == 0 || strcasecmp(name, "close") == 0;
}

int64_t pulse_columns_find_observation(char *const *names, int64_t n)
{
    static const char code[] = "OBS_VALUE";
    const size_t length = sizeof code - 1;
    int64_t found = -1;
    for (int64_t c = 0; c < n; c++)
        if (strncasecmp(names[c], code, length) == 0 &&
            (names[c][length] == '\0' || names[c][length] == ':'))
            found = c;
    return found;
}

bool pulse_columns_is_attribute(char *const *names, int64_t n, int64_t observation, int64_t c)
{
    if (observation < 0 || c == observation)
        return false;
    const size_t capitals = strspn(names[c], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return (capitals > 0 && (names[c][capitals] == '\0' || names[c][capitals] == ':')) ||
           (observation + 1 < n && strcasecmp(names[observation + 1], "Observation value") == 0);
}

int pulse_columns_find_value(const char *where, char *const *names, const bool *numeric, int64_t n,
                             const char *variable, int64_t *index, struct pulse_err *err)
{
    char list[PULSE_COLUMNS_TEXT];
    int64_t named = 0, numbers = 0, by_name = -1, by_kind = -1;
    for (int64_t i = 0; i < n; i++) {
        if (numeric != NULL && !numeric[i])
            continue;
        by_kind = i;
        numbers++;
        if (pulse_is_generic_value_name(names[i]) || strcasecmp(names[i], variable) == 0) {
            by_name = i;
            named++;
        }
    }
    const int64_t observation = named == 0 ? pulse_columns_find_observation(names, n) : -1;
    if (observation >= 0 && (numeric == NULL || numeric[observation])) {
        by_name = observation;
        named = 1;
    }
    *index = named == 1 ? by_name : by_kind;
    if (named == 1 || (named == 0 && numbers == 1))
        return 0;
    if (numbers == 0 || named > 1)
        return pulse_fail(
            err, PULSE_E_INPUT,
            "%s: %s for variable %s (columns: %s); name exactly one numeric column "
            "'value', 'close' or '%s'",
            where, numbers == 0 ? "no numeric column" : "several columns could hold the value",
            variable, pulse_columns_list(names, n, list), variable);
    return pulse_fail(
        err, PULSE_E_INPUT,
        "%s: several columns could hold the value for variable %s (columns: %s); name "
        "one of them 'value', 'close' or '%s', or, if each is a variable, give the "
        "file and not its directory: --data %s",
        where, variable, pulse_columns_list(names, n, list), variable, where);
}

static int compare_named(const void *a, const void *b)
{
    return strcmp(((const struct pulse_named *)a)->name, ((const struct pulse_named *)b)->name);
}

int pulse_name_index_init(struct pulse_name_index *index, const char *where, char *const *names,
                          int64_t n, struct pulse_err *err)
{
    *index = (struct pulse_name_index){0};
    index->sorted = pulse_calloc(n, sizeof *index->sorted, "column names", err);
    if (index->sorted == NULL)
        return -1;
    for (int64_t i = 0; i < n; i++)
        if (names[i][0] != '\0')
            index->sorted[index->n++] = (struct pulse_named){names[i], i};
    qsort(index->sorted, (size_t)index->n, sizeof *index->sorted, compare_named);
    for (int64_t i = 1; i < index->n; i++)
        if (strcmp(index->sorted[i - 1].name, index->sorted[i].name) == 0) {
            (void)pulse_fail(err, PULSE_E_INPUT,
                             "%s: two columns are called '%s'; rename or remove one", where,
                             index->sorted[i].name);
            pulse_name_index_clear(index);
            return -1;
        }
    return 0;
}

void pulse_name_index_clear(struct pulse_name_index *index)
{
    free(index->sorted);
    *index = (struct pulse_name_index){0};
}

int64_t pulse_name_index_find(const struct pulse_name_index *index, const char *name)
{
    struct pulse_named key = {name, 0};
    const struct pulse_named *found =
        bsearch(&key, index->sorted, (size_t)index->n, sizeof key, compare_named);
    return found == NULL ? -1 : found->position;
}

const char *pulse_variable_of_name(const char *name)
{
    bool prefixed =
        strncmp(name, prefix, sizeof prefix - 1) == 0 && name[sizeof prefix - 1] != '\0';
    return prefixed ? name + sizeof prefix - 1 : name;
}

/* Length of a file's name without what names its format: "a.b" of "a.b.csv.gz". */
static size_t stem_length(const char *name)
{
    size_t n = strlen(name);
    for (int i = pulse_compression_of_name(name) != PULSE_COMPRESSION_NONE ? 2 : 1; i > 0; i--)
        for (size_t at = n - 1; n > 1 && at > 0; at--)
            if (name[at] == '.') {
                n = at;
                break;
            }
    return n;
}

char *pulse_variable_of_path(const char *path, struct pulse_err *err)
{
    char *name = pulse_strdup(path, err);
    if (name == NULL)
        return NULL;
    for (size_t n = strlen(name); n > 1 && name[n - 1] == '/'; n--) /* of a directory of parts */
        name[n - 1] = '\0';
    const char *base = pulse_base_name(name);
    memmove(name, base, strlen(base) + 1);
    name[stem_length(name)] = '\0';
    const char *variable = pulse_variable_of_name(name);
    memmove(name, variable, strlen(variable) + 1);
    return name;
}

bool pulse_variable_matches_name(const char *variable, const char *name)
{
    for (; *variable != '\0' && *name != '\0'; variable++, name++) {
        char expected = *variable == '/' || *variable == '\\' ? '_' : *variable;
        if (expected != *name && *variable != *name)
            return false;
    }
    return *variable == *name;
}
