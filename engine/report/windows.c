/* The windows that were not trained, and why. */
#include <inttypes.h>
#include <string.h>

#include "base/date.h"
#include "report/sections.h"

/* Whether two reasons differ in their numbers only. */
static bool is_alike(const char *a, const char *b)
{
    static const char digits[] = "0123456789";
    for (;; a++, b++) {
        a += strspn(a, digits);
        b += strspn(b, digits);
        if (*a != *b)
            return false;
        if (*a == '\0')
            return true;
    }
}

void pulse_page_windows(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const struct pulse_report_window *windows = report->windows;
    int64_t listed = 0;
    pulse_page_section_open(
        out, "windows", "Windows not trained",
        "Neighbours with reasons that differ in numbers only share a line: the first … the last.");
    for (int64_t w = 0, end; w < report->W; w = end) {
        char first[PULSE_DATE_TEXT], last[PULSE_DATE_TEXT];
        for (end = w + 1; end < report->W && windows[end].status == windows[w].status &&
                          is_alike(windows[end].reason, windows[w].reason);)
            end++;
        if (windows[w].status == 0)
            continue;
        if (listed++ == 0)
            pulse_page_table_open(out, "", "windows|n|first day|last day|outcome|<reason");
        (void)fprintf(out, "<tr%s><th scope=\"row\">",
                      windows[w].status == 2 ? " class=\"failed\"" : "");
        pulse_svg_escape(out, windows[w].id);
        if (end > w + 1) {
            (void)fputs(" to ", out);
            pulse_svg_escape(out, windows[end - 1].id);
        }
        (void)fprintf(out, "</th><td>%" PRId64 "</td><td>%s</td><td>%s</td><td>%s</td>", end - w,
                      pulse_format_day(windows[w].start, first),
                      pulse_format_day(windows[end - 1].end, last),
                      windows[w].status == 2 ? "failed" : "skipped");
        (void)fputs("<td class=\"l w\">", out);
        pulse_svg_escape(out, windows[w].reason);
        if (strcmp(windows[w].reason, windows[end - 1].reason) != 0) {
            (void)fputs(" … ", out);
            pulse_svg_escape(out, windows[end - 1].reason);
        }
        (void)fputs("</td></tr>\n", out);
    }
    if (listed > 0)
        pulse_page_table_close(out);
    else
        (void)fputs("<p>All windows were trained.</p>\n", out);
    pulse_page_section_close(out);
}
