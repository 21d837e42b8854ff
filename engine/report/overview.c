/* What was done and how well, in words; the windows that were not trained; how to do it again. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/date.h"
#include "base/number.h"
#include "report/page.h"

static const json_t *find_value(const json_t *object, const char *first, const char *second)
{
    const json_t *inner = json_object_get(object, first);
    return second == NULL ? inner : json_object_get(inner, second);
}

static const char *text_at(const json_t *object, const char *first, const char *second)
{
    const char *text = json_string_value(find_value(object, first, second));
    return text == NULL ? "" : text;
}

static int64_t whole_at(const json_t *object, const char *first, const char *second)
{
    return json_integer_value(find_value(object, first, second));
}

/* ---- The head ------------------------------------------------------------------- */

static bool trusts_direction(const struct pulse_report *report)
{
    return strcmp(text_at(report->summary, "config", "trust"), "persistence") != 0;
}

/* Variables whose trust lies above one half with all of its interval; the surest of them. */
static int64_t count_trusted(const struct pulse_page *page, int64_t *surest)
{
    int64_t n = 0;
    double best = 0.5;
    *surest = -1;
    for (int64_t i = 0; i < page->n; i++) {
        const double low = pulse_report_number(page->report, "trust", page->order[i], "lower_95");
        n += low > 0.5;
        if (low > best) {
            best = low;
            *surest = page->order[i];
        }
    }
    return n;
}

static void write_headline(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    const bool direction = trusts_direction(report);
    char all[PULSE_SHOWN], some[PULSE_SHOWN], share[PULSE_SHOWN];
    int64_t surest;
    const int64_t trusted = count_trusted(page, &surest);
    (void)pulse_shown_count(page->n, all);
    (void)fputs("<h1>", out);
    const char *what = direction ? "The past predicts the direction of"
                                 : "The model’s value is more often nearer than the last one for";
    const char *better = direction ? " better than chance" : "";
    if (surest < 0) {
        (void)fprintf(out, "%s none of %s variables%s.</h1>\n", what, all, better);
        return;
    }
    (void)fprintf(out, "%s %s of %s variables%s; best of all ", what,
                  pulse_shown_count(trusted, some), all, better);
    pulse_svg_escape(out, report->names[surest]);
    if (direction)
        (void)fprintf(out, ", right for %s of its moves",
                      pulse_shown_percent(pulse_page_metric(page, surest, "hit_rate"), 1, share));
    (void)fputs(".</h1>\n", out);
}

/* What was trained on what, and when. */
static void write_kicker(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *s = page->report->summary;
    char rows[PULSE_SHOWN];
    (void)fputs("<p class=\"kicker\">Retrodiction training on ", out);
    pulse_svg_escape(out, text_at(s, "config", "data"));
    (void)fprintf(out, ", %s to %s, %s days", text_at(s, "calendar", "first"),
                  text_at(s, "calendar", "last"),
                  pulse_shown_count(whole_at(s, "calendar", "rows"), rows));
    if (*text_at(s, "timings", "finished") != '\0') {
        char finished[PULSE_INSTANT_TEXT];
        (void)snprintf(finished, sizeof finished, "%.16s", text_at(s, "timings", "finished"));
        if (strlen(finished) == 16)
            finished[10] = ' ';
        (void)fputs("; run of ", out);
        pulse_svg_escape(out, finished);
        (void)fputs(" UTC", out);
    }
    (void)fputs("</p>\n", out);
}

static void write_windows(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *s = page->report->summary;
    const int64_t failed = whole_at(s, "batches", "failed");
    const int64_t skipped = whole_at(s, "batches", "skipped");
    (void)fprintf(out,
                  "<p>%" PRId64 " of %" PRId64 " windows of %" PRId64
                  " days were trained, each on what was known before it",
                  whole_at(s, "batches", "completed"), whole_at(s, "batches", "total"),
                  whole_at(s, "config", "batch_size_days"));
    if (skipped > 0)
        (void)fprintf(out, "; <a href=\"#windows\">%" PRId64 " were skipped</a>", skipped);
    if (failed > 0)
        (void)fprintf(out, "; <a href=\"#windows\"><b class=\"bad\">%" PRId64 " failed</b></a>",
                      failed);
    (void)fputs(".", out);
}

/* How many beat persistence in squared error, and the best of them. */
static void write_skill(const struct pulse_page *page)
{
    FILE *out = page->out;
    char text[PULSE_SHOWN];
    int64_t better = 0;
    for (int64_t i = 0; i < page->n; i++)
        better += pulse_page_metric(page, page->order[i], "dm_p_value") < 0.05;
    if (better == 0) {
        (void)fputs(" No squared error is surely smaller than that of persistence.", out);
        return;
    }
    const double skill = pulse_page_metric(page, page->order[0], "skill");
    (void)fprintf(out,
                  " The squared error is smaller than that of persistence for %s of them "
                  "(p&nbsp;&lt;&nbsp;0.05), most for ",
                  pulse_shown_count(better, text));
    pulse_svg_escape(out, page->report->names[page->order[0]]);
    (void)fprintf(out, ": by %s.", pulse_shown_percent(skill, 1, text));
}

static void write_intervals_and_link(const struct pulse_page *page)
{
    FILE *out = page->out;
    const struct pulse_report *report = page->report;
    char eighty[PULSE_SHOWN], more[PULSE_SHOWN];
    size_t i;
    const json_t *one, *strongest = find_value(report->summary, "drivers", "strongest");
    (void)fprintf(out, " The 80&nbsp;%% intervals held %s of what came, the 95&nbsp;%% ones %s.",
                  pulse_shown_percent(
                      pulse_report_coverage(report, report->inside_80, 0, report->W), 1, eighty),
                  pulse_shown_percent(
                      pulse_report_coverage(report, report->inside_95, 0, report->W), 1, more));
    json_array_foreach(strongest, i, one)
    {
        const char *source = text_at(one, "source", NULL), *target = text_at(one, "target", NULL);
        if (strcmp(source, target) == 0)
            continue;
        (void)fputs(" The strongest Granger-causal link: ", out);
        pulse_svg_escape(out, source);
        (void)fputs(" helps predict ", out);
        pulse_svg_escape(out, target);
        (void)fputs(".", out);
        break;
    }
    (void)fputs("</p>\n", out);
}

void pulse_page_overview(const struct pulse_page *page)
{
    (void)fputs("<header>\n", page->out);
    write_kicker(page);
    write_headline(page);
    write_windows(page);
    write_skill(page);
    write_intervals_and_link(page);
    (void)fputs("</header>\n", page->out);
}

/* ---- Windows -------------------------------------------------------------------- */

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

/* ---- Configuration -------------------------------------------------------------- */

/* A word of a shell command: in single quotes where it needs them. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:=,+@%";
    char one[2] = "";
    if (*word != '\0' && strspn(word, plain) == strlen(word)) {
        pulse_svg_escape(out, word);
        return;
    }
    (void)fputs("&#39;", out);
    for (; *word != '\0'; word++) {
        one[0] = *word;
        pulse_svg_escape(out, *word == '\'' ? "'\\''" : one);
    }
    (void)fputs("&#39;", out);
}

static void put_option(FILE *out, const char *name, const char *value)
{
    (void)fprintf(out, " \\\n    --%s ", name);
    put_word(out, value);
}

/* A value of the configuration as the command line wants it. */
static void format_value(const json_t *value, char *text, size_t size)
{
    size_t used = 0, i;
    const json_t *one;
    text[0] = '\0';
    if (json_is_string(value))
        (void)snprintf(text, size, "%s", json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(text, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        (void)pulse_format_number(json_real_value(value), text);
    else if (json_is_array(value))
        json_array_foreach(value, i, one)
        {
            if (used + PULSE_NUMBER_TEXT + 1 >= size || !json_is_number(one))
                break;
            if (i > 0)
                text[used++] = ',';
            used += (size_t)pulse_format_number(json_number_value(one), text + used);
        }
}

/* The transform that most variables have is the default, the others are named. */
static void put_transforms(FILE *out, json_t *transforms)
{
    static const char *const kinds[] = {"diff", "level", "logdiff"};
    size_t count[3] = {0}, most = 0;
    const char *name;
    json_t *kind;
    json_object_foreach(transforms, name, kind)
    {
        for (size_t k = 0; k < 3; k++)
            count[k] += strcmp(json_string_value(kind) == NULL ? "" : json_string_value(kind),
                               kinds[k]) == 0;
    }
    for (size_t k = 1; k < 3; k++)
        most = count[k] > count[most] ? k : most;
    (void)fprintf(out, " \\\n    --transform %s", kinds[most]);
    json_object_foreach(transforms, name, kind)
    {
        const char *text = json_string_value(kind);
        if (text == NULL || strcmp(text, kinds[most]) == 0)
            continue;
        (void)putc(' ', out);
        put_word(out, name);
        (void)putc('=', out);
        put_word(out, text);
    }
}

static void put_command(const struct pulse_page *page, const json_t *config)
{
    static const struct {
        const char *key, *option;
    } options[] = {{"start_date", "start-date"},
                   {"end_date", "end-date"},
                   {"batch_size_days", "batch-size-days"},
                   {"history", "history"},
                   {"min_history", "min-history"},
                   {"burn_in", "burn-in"},
                   {"lags", "lags"},
                   {"ridge", "ridge"},
                   {"combine", "combine"},
                   {"learning_rate", "learning-rate"},
                   {"interval", "interval"},
                   {"interval_halflife", "interval-halflife"},
                   {"trust", "trust"},
                   {"trust_decay", "trust-decay"},
                   {"threads", "threads"},
                   {"span_windows", "span-windows"},
                   {"time_unit", "time-unit"},
                   {"decimal", "decimal"},
                   {"thousands", "thousands"},
                   {"missing", "missing"},
                   {"output", "output"}};
    FILE *out = page->out;
    char text[4096];
    (void)fprintf(out, "<pre id=\"command\">mpirun -n %" PRId64 " pulse-train --data ",
                  whole_at(page->report->summary, "ranks", NULL));
    put_word(out, text_at(config, "data", NULL));
    if (!json_is_true(json_object_get(config, "all_variables"))) {
        (void)fputs(" \\\n    --variables", out);
        for (int64_t v = 0; v < page->report->V; v++) {
            (void)putc(' ', out);
            put_word(out, page->report->names[v]);
        }
    }
    put_transforms(out, json_object_get(config, "transform"));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const json_t *value = json_object_get(config, options[i].key);
        format_value(value, text, sizeof text);
        if (text[0] != '\0')
            put_option(out, options[i].option, text);
    }
    if (whole_at(config, "batch_limit", NULL) > 0)
        (void)fprintf(out, " \\\n    --batch-limit %" PRId64,
                      whole_at(config, "batch_limit", NULL));
    if (json_is_true(json_object_get(config, "refit")))
        (void)fputs(" \\\n    --refit", out);
    (void)fputs("</pre>\n", out);
}

void pulse_page_configuration(const struct pulse_page *page)
{
    FILE *out = page->out;
    const json_t *summary = page->report->summary;
    json_t *config = json_object_get(summary, "config");
    char text[4096];
    const char *key;
    json_t *value;
    pulse_page_section_open(
        out, "configuration", "Configuration",
        "The command runs it again, to the same bits on any number of ranks; it "
        "names every option that matters, defaults too.");
    put_command(page, config);
    (void)fputs("<dl>", out);
    json_object_foreach(config, key, value)
    {
        format_value(value, text, sizeof text);
        if (strcmp(key, "variables") == 0 || text[0] == '\0')
            continue;
        (void)fprintf(out, "<dt>%s</dt><dd>", key);
        pulse_svg_escape(out, text);
        (void)fputs("</dd>\n", out);
    }
    (void)fprintf(out,
                  "<dt>features</dt><dd>%" PRId64 "</dd>\n<dt>systems</dt><dd>%" PRId64
                  "</dd>\n<dt>spans</dt><dd>%" PRId64 "</dd>\n<dt>program</dt><dd>",
                  whole_at(summary, "calendar", "features"),
                  whole_at(summary, "calendar", "systems"), whole_at(summary, "calendar", "spans"));
    pulse_svg_escape(out, text_at(summary, "program", NULL));
    (void)fputs("</dd></dl>\n", out);
    pulse_page_section_close(out);
}
