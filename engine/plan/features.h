/* What a model learns from: families of features, a column per variable that enters, gathered into
 * blocks (DEFINITIONS §3.5). Pure; knows neither values nor which variables there are. */
#ifndef PULSE_PLAN_FEATURES_H
#define PULSE_PLAN_FEATURES_H

#include <stdint.h>

#include "base/error.h"

enum { PULSE_MOST_FAMILIES = 256, PULSE_FAMILY_NAME = 40 };

/* lagK: u(t − K). ewmaH: the exponential average of u before t, scaled to the variance of u where u
 * is white noise. */
struct pulse_family {
    int64_t lag;     /* K; 0: an average */
    double halflife; /* H, in rows */
};

/* Families in the order in which their columns lie. Candidate models have the families of the first
 * b + 1 blocks, family[0] … family[block_end[b] − 1]. Plain data. */
struct pulse_features {
    int64_t n;
    struct pulse_family family[PULSE_MOST_FAMILIES];
    int64_t n_blocks;
    int64_t block_end[PULSE_MOST_FAMILIES];
};

/* How the sums of products of feature rows may be had (gram.h). */
enum pulse_gram_form {
    PULSE_GRAM_LAGS,     /* lag1 … lagp in this order: blocks of P repeat each other */
    PULSE_GRAM_AVERAGES, /* lag1 and averages: P follows from Q */
    PULSE_GRAM_PLAIN     /* anything else */
};

/* "lag1,ewma4+ewma16": `,` separates blocks, `+` joins families into one. PULSE_E_USAGE says which
 * word is wrong. */
int pulse_features_parse(const char *text, struct pulse_features *out, struct pulse_err *err);

/* lag1,ewma4,ewma16. */
struct pulse_features pulse_features_default(void);

/* One block lag1 + … + lagp, the features of a VAR(p). `lags` is 1 … PULSE_MOST_FAMILIES. */
void pulse_features_lags(int64_t lags, struct pulse_features *out);

/* The text that pulse_features_parse reads; heap, NULL with PULSE_E_MEMORY. */
char *pulse_features_text(const struct pulse_features *features, struct pulse_err *err);

/* How many letters of that text name the blocks up to `block`. */
int pulse_features_block_length(const struct pulse_features *features, int64_t block);

/* "lag1" or "ewma4"; returns `out`. */
char *pulse_family_name(const struct pulse_family *family, char out[PULSE_FAMILY_NAME]);

/* The first usable row: the largest lag, 1 with averages alone. */
int64_t pulse_features_first_row(const struct pulse_features *features);

/* How many families are averages; their states travel beside the rows. */
int64_t pulse_features_averages(const struct pulse_features *features);

enum pulse_gram_form pulse_features_form(const struct pulse_features *features);

/* f(t + 1) = decay · f(t) + gain · u(t), with decay² + gain² = 1. For lag1, decay 0 and gain 1. */
double pulse_family_decay(const struct pulse_family *family);
double pulse_family_gain(const struct pulse_family *family);

#endif
