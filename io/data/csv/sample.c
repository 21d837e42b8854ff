#include "data/csv/sample.h"

#include "data/csv/cell.h"

struct pulse_csv_line_start pulse_csv_sample_begin(const struct pulse_csv_layout *layout)
{
    return (struct pulse_csv_line_start){layout->data_offset, layout->header_lines + 1};
}

void pulse_csv_sample_look(const struct pulse_csv_head *head, const struct pulse_csv_layout *layout,
                           struct pulse_csv_line_start *next, pulse_csv_cell_look *look, void *user)
{
    int64_t to;
    const int64_t stop =
        layout->data_end >= 0 && layout->data_end < head->length ? layout->data_end : head->length;
    for (; next->at < stop && (to = pulse_csv_head_line_end(head, next->at)) > 0; next->at = to) {
        const char *p = head->bytes + next->at, *end = head->bytes + to;
        for (int64_t c = 0; c < layout->n && p < end; c++, p++) {
            const char *cell_end = pulse_csv_cell_end(p, end, layout->separator);
            if (cell_end == NULL)
                break;
            look(user, c, pulse_csv_cell_text(p, cell_end), next->line);
            p = cell_end;
            if (p < end && *p == '\n')
                break;
        }
        for (p = head->bytes + next->at; p < end; p++)
            next->line += *p == '\n';
    }
}
