/* What pages are written with: words and numbers, pieces of HTML, axes. Knows nothing of files nor
 * of what a page shows. Everything goes into a stream whose errors are looked at in the end. */
#ifndef PULSE_PAGE_PAGE_H
#define PULSE_PAGE_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/utf8.h"
#include "page/svg.h"

/* ---- Words and numbers ---------------------------------------------------------- */

enum { PULSE_SHOWN = 48 };

/* With so many decimals and a real minus; "–" for NaN. Returns `out` or a constant, as all of
 * these. */
const char *pulse_shown_fixed(double x, int decimals, char out[PULSE_SHOWN]);
/* A p-value; as HTML. */
const char *pulse_shown_p(double p, char out[PULSE_SHOWN]);
/* A share in percent. */
const char *pulse_shown_percent(double share, int decimals, char out[PULSE_SHOWN]);
/* As many digits as `resolution` gives sense to (two of its own); powers of ten where it is large
 * or small. */
const char *pulse_shown_value(double x, double resolution, char out[PULSE_SHOWN]);
/* "4 529", the groups a thin space apart. */
const char *pulse_shown_count(int64_t n, char out[PULSE_SHOWN]);

/* Bytes of a name that fit into the title of a picture. */
static inline int pulse_title_bytes(const char *name)
{
    return (int)pulse_utf8_cut(name, 150);
}

/* ---- Pieces of HTML ------------------------------------------------------------- */

/* All before the content of a page but its <main>, and all after it, </main> included; title and
 * foot are HTML. `name`: what a user calls its subject, NULL or empty: nothing. `fingerprint`: of
 * which run the page is, for programs; NULL: of none. */
void pulse_page_open(FILE *out, const char *name, const char *title, const char *fingerprint);
void pulse_page_close(FILE *out, const char *foot);

/* A section with its heading and one paragraph on how to read it. */
void pulse_page_section_open(FILE *out, const char *id, const char *heading, const char *how);
void pulse_page_section_close(FILE *out);

/* A table that is wider than a phone scrolls by itself; `columns` are separated by '|'; the first
 * and those that begin with '<' are of words. */
void pulse_page_table_open(FILE *out, const char *class, const char *columns);
void pulse_page_table_close(FILE *out);
/* The name that a row begins with. */
void pulse_page_table_name(FILE *out, const char *name);
/* A cell: what is shown, and the exact number for sorting. */
void pulse_page_table_number(FILE *out, double value, const char *shown);
/* A cell that is sorted by what it shows. */
void pulse_page_table_cell(FILE *out, const char *shown);
void pulse_page_table_percent(FILE *out, double share, int decimals);
/* 0 for NaN. */
void pulse_page_table_count(FILE *out, double n);

/* At most so many round values along an upright axis, at the left of lines from `left` to `right`;
 * that at `ref` (NaN: none) is a dashed one. In percent, as whole ones, or as they are. */
void pulse_axis_values(FILE *out, const struct pulse_axis *y, int most, double left, double right,
                       double ref, bool percent);

/* Years or months along an axis of days, at `y`. */
void pulse_axis_days(FILE *out, const struct pulse_axis *axis, double y, int most);

/* A text, and a whole number, of the summary or a part of it: object[first], or
 * object[first][second] where that is not NULL; "" and 0 where there is none. */
const char *pulse_page_text(const json_t *object, const char *first, const char *second);
int64_t pulse_page_whole(const json_t *object, const char *first, const char *second);

#endif
