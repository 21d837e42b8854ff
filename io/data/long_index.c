#include "data/long_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static const char what[] = "a long panel";

/* ---- Times ----------------------------------------------------------------------- */

static int compare_times(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t pulse_times_sort(int64_t *times, int64_t n)
{
    bool sorted = true;
    int64_t kept = 0;
    for (int64_t i = 1; sorted && i < n; i++)
        sorted = times[i - 1] <= times[i];
    if (!sorted)
        qsort(times, (size_t)n, sizeof *times, compare_times);
    for (int64_t i = 0; i < n; i++)
        if (kept == 0 || times[i] != times[kept - 1])
            times[kept++] = times[i];
    return kept;
}

int64_t pulse_long_find_time(const struct pulse_long *panel, int64_t time)
{
    const int64_t *at =
        bsearch(&time, panel->times, (size_t)panel->n_times, sizeof *panel->times, compare_times);
    return at == NULL ? -1 : at - panel->times;
}

/* Position of a time that is there; `near` is one where it or the one before it may stand. */
static int64_t find_time(const struct pulse_long *p, int64_t time, int64_t near)
{
    if (near < p->n_times && p->times[near] == time)
        return near;
    if (near + 1 < p->n_times && p->times[near + 1] == time)
        return near + 1;
    return pulse_long_find_time(p, time);
}

static int index_times(struct pulse_long *p, struct pulse_err *err)
{
    p->times = pulse_calloc(p->n, sizeof *p->times, what, err);
    if (p->times == NULL)
        return -1;
    if (p->n > 0)
        memcpy(p->times, p->date, (size_t)p->n * sizeof *p->times);
    p->n_times = pulse_times_sort(p->times, p->n);
    for (int64_t i = 0, near = 0; i < p->n; i++)
        p->date[i] = near = find_time(p, p->date[i], near);
    return 0;
}

/* ---- Ids ------------------------------------------------------------------------- */

/* A ring of ids; `n` stands for its end. */
struct ring {
    int64_t n;
    int64_t *next, *previous; /* n + 1; −1: not in it yet */
};

static void insert_behind(struct ring *ring, int64_t id, int64_t before)
{
    ring->previous[id] = before;
    ring->next[id] = ring->next[before];
    ring->previous[ring->next[id]] = id;
    ring->next[before] = id;
}

/* Behind which id a new one of row `i` belongs. */
static int64_t find_neighbour(const struct pulse_long *p, const struct ring *ring, int64_t i)
{
    if (i > 0 && p->date[i - 1] == p->date[i])
        return p->id[i - 1];
    for (int64_t k = i + 1; k < p->n && p->date[k] == p->date[i]; k++)
        if (ring->next[p->id[k]] >= 0)
            return ring->previous[p->id[k]];
    return ring->previous[ring->n];
}

/* Ids come in the order in which the file has them. Where all rows of a date follow each other, a
 * new id stands behind the one before it in its date, or else before the one behind it: stacked
 * columns come back in their order though some have no value on the first date. */
static int order_ids(struct pulse_long *p, struct pulse_err *err)
{
    const int64_t n = p->ids.n;
    int64_t *links = pulse_calloc(2 * (n + 1), sizeof *links, what, err);
    p->order = pulse_calloc(n, sizeof *p->order, what, err);
    if (links == NULL || p->order == NULL) {
        free(links);
        return -1;
    }
    struct ring ring = {n, links, links + n + 1};
    memset(links, -1, 2 * (size_t)(n + 1) * sizeof *links);
    ring.next[n] = ring.previous[n] = n;
    for (int64_t i = 0; i < p->n; i++)
        if (ring.next[p->id[i]] < 0)
            insert_behind(&ring, p->id[i], find_neighbour(p, &ring, i));
    for (int64_t i = 0, id = ring.next[n]; id != n; id = ring.next[id])
        p->order[i++] = id;
    free(links);
    return 0;
}

/* Counts the rows whose date and id a row before them has, id after id. */
static int count_repeated(struct pulse_long *p, struct pulse_err *err)
{
    int64_t *first = pulse_calloc(p->ids.n + 1, sizeof *first, what, err);
    int64_t *rows = pulse_calloc(p->n, sizeof *rows, what, err);
    int64_t *seen = pulse_calloc(p->n_times, sizeof *seen, what, err); /* id + 1 */
    const int rc = first == NULL || rows == NULL || seen == NULL ? -1 : 0;
    for (int64_t i = 0; rc == 0 && i < p->n; i++)
        first[p->id[i] + 1]++;
    for (int64_t id = 0; rc == 0 && id < p->ids.n; id++)
        first[id + 1] += first[id];
    for (int64_t i = 0; rc == 0 && i < p->n; i++)
        rows[first[p->id[i]]++] = p->date[i];
    for (int64_t id = 0, i = 0; rc == 0 && id < p->ids.n; id++)
        for (; i < first[id]; i++) {
            p->repeated += seen[rows[i]] == id + 1;
            seen[rows[i]] = id + 1;
        }
    free(first);
    free(rows);
    free(seen);
    return rc;
}

int pulse_long_index(struct pulse_long *panel, struct pulse_err *err)
{
    if (index_times(panel, err) != 0 || order_ids(panel, err) != 0)
        return -1;
    return count_repeated(panel, err);
}
