#include "plan/features.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

/* Most that an average may look back, and a lag: longer than any history. */
static const double longest_halflife = 1e6;
/* Beyond that the identity of averages, which divides by 1 − r², loses digits. */
static const double longest_identity = 1000;
enum { LONGEST_LAG = 1000000, MOST_WORD = 64, MOST_TEXT = 8192 };

static int fail_word(const char *word, const char *want, struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_USAGE,
                      "--features: '%s' %s; name families such as lag1 and ewma16, + joins them "
                      "into one block, a comma begins the next",
                      word, want);
}

/* One family out of its word. */
static int parse_family(const char *word, struct pulse_family *out, struct pulse_err *err)
{
    *out = (struct pulse_family){0};
    if (strncmp(word, "lag", 3) == 0)
        return pulse_parse_int(word + 3, 1, LONGEST_LAG, &out->lag)
                   ? 0
                   : fail_word(word, "has no whole lag from 1 to 1000000", err);
    if (strncmp(word, "ewma", 4) == 0)
        return pulse_parse_real(word + 4, 1, longest_halflife, &out->halflife)
                   ? 0
                   : fail_word(word, "has no half-life from 1 to 1000000 rows", err);
    return fail_word(word, "is no family of features", err);
}

static int add_family(struct pulse_features *features, const char *word, struct pulse_err *err)
{
    struct pulse_family family;
    if (parse_family(word, &family, err) != 0)
        return -1;
    for (int64_t i = 0; i < features->n; i++)
        if (features->family[i].lag == family.lag &&
            features->family[i].halflife == family.halflife)
            return fail_word(word, "is named twice", err);
    if (features->n == PULSE_MOST_FAMILIES)
        return fail_word(word, "is one family more than the 256 that there may be", err);
    features->family[features->n++] = family;
    return 0;
}

int pulse_features_parse(const char *text, struct pulse_features *out, struct pulse_err *err)
{
    char word[MOST_WORD];
    *out = (struct pulse_features){0};
    for (const char *at = text;; at++) {
        const size_t n = strcspn(at, "+,");
        (void)snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word - 1), at);
        if (n >= sizeof word)
            return fail_word(word, "is too long a word", err);
        if (add_family(out, word, err) != 0)
            return -1;
        at += n;
        if (*at != '+')
            out->block_end[out->n_blocks++] = out->n;
        if (*at == '\0')
            return 0;
    }
}

struct pulse_features pulse_features_default(void)
{
    return (struct pulse_features){.n = 3,
                                   .family = {{.lag = 1}, {.halflife = 4}, {.halflife = 16}},
                                   .n_blocks = 3,
                                   .block_end = {1, 2, 3}};
}

void pulse_features_lags(int64_t lags, struct pulse_features *out)
{
    *out = (struct pulse_features){.n = lags, .n_blocks = 1, .block_end = {lags}};
    for (int64_t i = 0; i < lags; i++)
        out->family[i].lag = i + 1;
}

char *pulse_family_name(const struct pulse_family *family, char out[PULSE_FAMILY_NAME])
{
    char halflife[PULSE_NUMBER_TEXT];
    if (family->lag > 0) {
        (void)snprintf(out, PULSE_FAMILY_NAME, "lag%lld", (long long)family->lag);
        return out;
    }
    (void)pulse_format_number(family->halflife, halflife);
    (void)snprintf(out, PULSE_FAMILY_NAME, "ewma%s", halflife);
    return out;
}

char *pulse_features_text(const struct pulse_features *features, struct pulse_err *err)
{
    char text[MOST_TEXT] = "", name[PULSE_FAMILY_NAME];
    int64_t block = 0;
    for (int64_t i = 0; i < features->n; i++) {
        const size_t used = strlen(text);
        const bool starts = i > 0 && i == features->block_end[block];
        block += starts;
        (void)snprintf(text + used, sizeof text - used, "%s%s",
                       i == 0   ? ""
                       : starts ? ","
                                : "+",
                       pulse_family_name(&features->family[i], name));
    }
    return pulse_strdup(text, err);
}

int pulse_features_block_length(const struct pulse_features *features, int64_t block)
{
    size_t length = 0;
    char name[PULSE_FAMILY_NAME];
    for (int64_t i = 0; i < features->block_end[block]; i++)
        length += (i > 0) + strlen(pulse_family_name(&features->family[i], name));
    return (int)length;
}

int64_t pulse_features_first_row(const struct pulse_features *features)
{
    int64_t first = 1;
    for (int64_t i = 0; i < features->n; i++)
        first = features->family[i].lag > first ? features->family[i].lag : first;
    return first;
}

int64_t pulse_features_averages(const struct pulse_features *features)
{
    int64_t n = 0;
    for (int64_t i = 0; i < features->n; i++)
        n += features->family[i].lag == 0;
    return n;
}

enum pulse_gram_form pulse_features_form(const struct pulse_features *features)
{
    bool lags = true, averages = true;
    for (int64_t i = 0; i < features->n; i++) {
        lags = lags && features->family[i].lag == i + 1;
        averages = averages && features->family[i].lag <= 1 &&
                   features->family[i].halflife <= longest_identity;
    }
    return lags ? PULSE_GRAM_LAGS : averages ? PULSE_GRAM_AVERAGES : PULSE_GRAM_PLAIN;
}

double pulse_family_decay(const struct pulse_family *family)
{
    return family->lag > 0 ? 0 : exp2(-1 / family->halflife);
}

double pulse_family_gain(const struct pulse_family *family)
{
    const double r = pulse_family_decay(family);
    return sqrt((1 + r) * (1 - r));
}
