#include "prepare/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- The median size of the last changes --------------------------------------------- */

enum { REMEMBERED = 250, FEWEST = 24 };

/* The last sizes twice: in the order they came, as a ring, and sorted. */
struct sizes {
    double ring[REMEMBERED], sorted[REMEMBERED];
    int n, next;
};

/* Where it stands among the sorted, or would. */
static int find_rank(const struct sizes *sizes, double size)
{
    int low = 0, high = sizes->n;
    while (low < high) {
        const int middle = (low + high) / 2;
        if (sizes->sorted[middle] < size)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void remember_size(struct sizes *sizes, double size)
{
    double *sorted = sizes->sorted;
    if (sizes->n == REMEMBERED) {
        const int gone = find_rank(sizes, sizes->ring[sizes->next]);
        sizes->n--;
        memmove(sorted + gone, sorted + gone + 1, (size_t)(sizes->n - gone) * sizeof *sorted);
    }
    const int rank = find_rank(sizes, size);
    memmove(sorted + rank + 1, sorted + rank, (size_t)(sizes->n - rank) * sizeof *sorted);
    sorted[rank] = size;
    sizes->n++;
    sizes->ring[sizes->next] = size;
    sizes->next = (sizes->next + 1) % REMEMBERED;
}

static double find_deviation(const struct sizes *sizes)
{
    const int n = sizes->n;
    return n < FEWEST ? 0 : 1.4826 * (sizes->sorted[(n - 1) / 2] + sizes->sorted[n / 2]) / 2;
}

/* ---- One variable ------------------------------------------------------------------- */

/* A change from one value to the next. */
static void see_change(struct pulse_quality_variable *of, struct sizes *sizes, double jump,
                       int64_t day, double change)
{
    const double deviation = find_deviation(sizes), size = fabs(change);
    of->unchanged = change == 0 ? of->unchanged + 1 : 0;
    if (deviation > 0 && size > jump * deviation) {
        of->jumps++;
        if (size / deviation > of->jump) {
            of->jump = size / deviation;
            of->jump_day = day;
        }
    }
    remember_size(sizes, size);
}

static void see_variable(const struct pulse_sheet *sheet, int64_t v, double jump,
                         struct pulse_quality_variable *of)
{
    struct sizes sizes;
    double before = NAN;
    int64_t first_row = 0;
    sizes.n = sizes.next = 0;
    for (int64_t t = 0; t < sheet->n; t++) {
        const double value = sheet->row[t][v];
        const int64_t day = sheet->day[t];
        if (isnan(value))
            continue;
        if (of->observed++ == 0) {
            of->first = of->last = day;
            first_row = t;
        } else {
            see_change(of, &sizes, jump, day, value - before);
        }
        if (day - of->last > of->gap) {
            of->gap = day - of->last;
            of->gap_from = of->last;
        }
        of->last = day;
        before = value;
    }
    const int64_t rows = sheet->n - first_row;
    of->missing = of->observed == 0 ? 1 : (double)(rows - of->observed) / (double)rows;
    of->stale = sheet->day[sheet->n - 1] - (of->observed == 0 ? sheet->day[0] : of->last);
}

/* ---- All ---------------------------------------------------------------------------- */

int pulse_quality_make(const struct pulse_prepared *panel, double jump, int64_t as_of,
                       struct pulse_quality *out, struct pulse_err *err)
{
    const struct pulse_sheet *sheet = &panel->sheet;
    *out = (struct pulse_quality){.panel = panel, .as_of = as_of};
    out->of = pulse_calloc(panel->n, sizeof *out->of, "the figures", err);
    if (out->of == NULL)
        return -1;
    for (int64_t t = 1; t < sheet->n; t++)
        if (sheet->day[t] - sheet->day[t - 1] > out->calendar_gap) {
            out->calendar_gap = sheet->day[t] - sheet->day[t - 1];
            out->gap_from = sheet->day[t - 1];
        }
    for (int64_t v = 0; v < panel->n; v++) {
        see_variable(sheet, v, jump, &out->of[v]);
        out->of[v].duplicates = panel->duplicates[v];
    }
    return 0;
}

void pulse_quality_clear(struct pulse_quality *quality)
{
    for (int64_t i = 0; i < quality->revisions.n_gone; i++)
        free(quality->revisions.gone[i]);
    free(quality->revisions.gone);
    free(quality->of);
    *quality = (struct pulse_quality){0};
}
