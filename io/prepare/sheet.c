#include "prepare/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/date.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/temporary.h"

enum { DAYS = PULSE_DAY_MAX - PULSE_DAY_MIN + 1, PART_BYTES = 1 << 20, PART_ROWS = 64 };

int pulse_sheet_init(struct pulse_sheet *sheet, int64_t columns, struct pulse_err *err)
{
    const int64_t row_bytes = columns * (int64_t)sizeof(double), page = sysconf(_SC_PAGESIZE);
    *sheet = (struct pulse_sheet){.columns = columns, .fd = -1};
    sheet->part_rows = PART_BYTES / (row_bytes + 1) + 1;
    if (sheet->part_rows < PART_ROWS)
        sheet->part_rows = PART_ROWS;
    sheet->part_bytes = (sheet->part_rows * row_bytes + page) / page * page;
    sheet->of_day = pulse_calloc(DAYS, sizeof *sheet->of_day, "the days", err);
    sheet->fd = sheet->of_day == NULL ? -1 : pulse_temporary_open_nameless(err);
    return sheet->fd < 0 ? -1 : 0;
}

void pulse_sheet_clear(struct pulse_sheet *sheet)
{
    for (int64_t p = 0; p < sheet->n_parts; p++)
        (void)munmap(sheet->part[p], (size_t)sheet->part_bytes);
    if (sheet->part_bytes > 0 && sheet->fd >= 0)
        (void)close(sheet->fd);
    free(sheet->part);
    free(sheet->row);
    free(sheet->day);
    free(sheet->of_day);
    *sheet = (struct pulse_sheet){.fd = -1};
}

/* The space is taken before it is mapped: a disk that is full would else end the process. */
static int add_part(struct pulse_sheet *sheet, struct pulse_err *err)
{
    const off_t at = sheet->n_parts * sheet->part_bytes;
    if (pulse_grow(&sheet->part, &sheet->cap_parts, sheet->n_parts + 1, sizeof *sheet->part,
                   "the panel", err) != 0)
        return -1;
    const int refused = posix_fallocate(sheet->fd, at, sheet->part_bytes);
    void *mapped = refused != 0 ? MAP_FAILED
                                : mmap(NULL, (size_t)sheet->part_bytes, PROT_READ | PROT_WRITE,
                                       MAP_SHARED, sheet->fd, at);
    if (mapped == MAP_FAILED)
        return pulse_fail(
            err, PULSE_E_STORAGE,
            "the panel needs more than the %lld MB that it has in %s (%s); set TMPDIR",
            (long long)(at >> 20), pulse_temporary_directory(),
            strerror(refused != 0 ? refused : errno));
    sheet->part[sheet->n_parts++] = mapped;
    return 0;
}

double *pulse_sheet_row(struct pulse_sheet *sheet, int64_t day, struct pulse_err *err)
{
    int32_t *of_day = &sheet->of_day[day - PULSE_DAY_MIN];
    if (*of_day > 0)
        return sheet->row[*of_day - 1];
    const int64_t part = sheet->n / sheet->part_rows, within = sheet->n % sheet->part_rows;
    if ((part == sheet->n_parts && add_part(sheet, err) != 0) ||
        pulse_grow(&sheet->day, &sheet->cap_day, sheet->n + 1, sizeof *sheet->day, "the days",
                   err) != 0 ||
        pulse_grow(&sheet->row, &sheet->cap_row, sheet->n + 1, sizeof *sheet->row, "the days",
                   err) != 0)
        return NULL;
    double *row = (double *)sheet->part[part] + within * sheet->columns;
    for (int64_t c = 0; c < sheet->columns; c++)
        row[c] = NAN;
    sheet->day[sheet->n] = day;
    sheet->row[sheet->n++] = row;
    *of_day = (int32_t)sheet->n;
    return row;
}

int pulse_sheet_sort(struct pulse_sheet *sheet, struct pulse_err *err)
{
    double **row = pulse_calloc(sheet->n, sizeof(double *), "the days", err);
    if (row == NULL)
        return -1;
    int64_t n = 0;
    for (int64_t i = 0; i < DAYS; i++)
        if (sheet->of_day[i] > 0) {
            sheet->day[n] = i + PULSE_DAY_MIN;
            row[n++] = sheet->row[sheet->of_day[i] - 1];
        }
    free(sheet->row);
    free(sheet->of_day);
    sheet->row = row;
    sheet->of_day = NULL;
    return 0;
}

int64_t pulse_sheet_find(const struct pulse_sheet *sheet, int64_t day)
{
    int64_t low = 0, high = sheet->n;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (sheet->day[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sheet->n && sheet->day[low] == day ? low : -1;
}
