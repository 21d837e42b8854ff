/* How the run was made, and the command that makes it again. */
#include <inttypes.h>
#include <string.h>

#include "base/args.h"
#include "base/number.h"
#include "base/text.h"
#include "report/sections.h"

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

/* One of several names, in which a comma is not between two. */
static void put_name(FILE *out, const char *name)
{
    struct pulse_text_buffer text = {0};
    pulse_arg_add_piece(&text, name);
    put_word(out, text.bytes == NULL ? "" : text.bytes);
    pulse_text_buffer_clear(&text);
}

/* Names behind an option stand in words of their own; in one word with it and with commas between
 * where one begins with a minus, which would be an option. */
struct list {
    char first, between;
};

static struct list open_list(FILE *out, const char *option, bool minus)
{
    const struct list list = {minus ? '=' : ' ', minus ? ',' : ' '};
    (void)fprintf(out, " \\\n    --%s%c", option, list.first);
    return list;
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
    bool minus = false;
    const char *name;
    json_t *kind;
    json_object_foreach(transforms, name, kind)
    {
        minus = minus || *name == '-';
        for (size_t k = 0; k < 3; k++)
            count[k] += strcmp(json_string_value(kind) == NULL ? "" : json_string_value(kind),
                               kinds[k]) == 0;
    }
    for (size_t k = 1; k < 3; k++)
        most = count[k] > count[most] ? k : most;
    const struct list list = open_list(out, "transform", minus);
    (void)fputs(kinds[most], out);
    json_object_foreach(transforms, name, kind)
    {
        const char *text = json_string_value(kind);
        if (text == NULL || strcmp(text, kinds[most]) == 0)
            continue;
        (void)putc(list.between, out);
        put_name(out, name);
        (void)putc('=', out);
        put_word(out, text);
    }
}

static const char *get_name(const json_t *name)
{
    return json_is_string(name) ? json_string_value(name) : "";
}

/* Nothing where there are no names: the option was not given. */
static void put_names(FILE *out, const char *option, const json_t *names)
{
    const json_t *name;
    size_t i;
    bool minus = false;
    if (json_array_size(names) == 0)
        return;
    json_array_foreach(names, i, name) minus = minus || *get_name(name) == '-';
    const struct list list = open_list(out, option, minus);
    json_array_foreach(names, i, name)
    {
        if (i > 0)
            (void)putc(list.between, out);
        put_name(out, get_name(name));
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
                   {"scale_halflife", "scale-halflife"},
                   {"clip", "clip"},
                   {"features", "features"},
                   {"blocks", "blocks"},
                   {"calendar", "calendar"},
                   {"ridge", "ridge"},
                   {"horizon", "horizon"},
                   {"combine", "combine"},
                   {"learning_rate", "learning-rate"},
                   {"caution", "caution"},
                   {"interval", "interval"},
                   {"interval_halflife", "interval-halflife"},
                   {"trust", "trust"},
                   {"trust_decay", "trust-decay"},
                   {"threads", "threads"},
                   {"span_windows", "span-windows"},
                   {"time_unit", "time-unit"},
                   {"decimal", "decimal"},
                   {"thousands", "thousands"},
                   {"time", "time"},
                   {"id", "id"},
                   {"value", "value"},
                   {"time_zone", "time-zone"},
                   {"date_format", "date-format"},
                   {"delimiter", "delimiter"},
                   {"encoding", "encoding"},
                   {"skip_rows", "skip-rows"},
                   {"missing", "missing"},
                   {"output", "output"}};
    FILE *out = page->out;
    char text[4096];
    (void)fprintf(out,
                  "<pre id=\"command\" tabindex=\"0\">mpirun -n %" PRId64 " pulse-train --data ",
                  pulse_page_whole(page->report->summary, "ranks", NULL));
    put_word(out, pulse_page_text(config, "data", NULL));
    if (!json_is_true(json_object_get(config, "all_variables")))
        put_names(out, "variables", json_object_get(config, "variables"));
    put_names(out, "targets", json_object_get(config, "targets"));
    put_transforms(out, json_object_get(config, "transform"));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const json_t *value = json_object_get(config, options[i].key);
        format_value(value, text, sizeof text);
        if (text[0] != '\0')
            put_option(out, options[i].option, text);
    }
    if (pulse_page_whole(config, "batch_limit", NULL) > 0)
        (void)fprintf(out, " \\\n    --batch-limit %" PRId64,
                      pulse_page_whole(config, "batch_limit", NULL));
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
        (void)fputs("<dt>", out);
        pulse_svg_escape(out, key);
        (void)fputs("</dt><dd>", out);
        pulse_svg_escape(out, text);
        (void)fputs("</dd>\n", out);
    }
    (void)fprintf(out,
                  "<dt>columns of features</dt><dd>%" PRId64 "</dd>\n<dt>systems</dt><dd>%" PRId64
                  "</dd>\n<dt>spans</dt><dd>%" PRId64 "</dd>\n<dt>program</dt><dd>",
                  pulse_page_whole(summary, "calendar", "features"),
                  pulse_page_whole(summary, "calendar", "systems"),
                  pulse_page_whole(summary, "calendar", "spans"));
    pulse_svg_escape(out, pulse_page_text(summary, "program", NULL));
    (void)fputs("</dd></dl>\n", out);
    pulse_page_section_close(out);
}
