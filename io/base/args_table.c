#include "base/args_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"
#include "base/terminal.h"

bool pulse_arg_is_end(const struct pulse_arg *arg)
{
    return arg->name == NULL && arg->letter == 0 && arg->help == NULL;
}

bool pulse_arg_is_list(const struct pulse_arg *arg)
{
    const char *dots = arg->argument == NULL ? NULL : strstr(arg->argument, "...");
    return dots != NULL && dots[3] == '\0';
}

bool pulse_arg_escapes(const struct pulse_arg *arg)
{
    return pulse_arg_is_list(arg) && arg->read != pulse_arg_read_any;
}

static int64_t count_rows(const struct pulse_arg *rows)
{
    int64_t n = 0;
    while (rows != NULL && !pulse_arg_is_end(&rows[n]))
        n++;
    return n;
}

static void convert_rows(const struct pulse_arg *rows, int64_t n, struct argp_option *out)
{
    for (int64_t i = 0; i < n; i++) {
        const struct pulse_arg *arg = &rows[i];
        const bool heading = arg->name == NULL && arg->letter == 0;
        out[i] = (struct argp_option){.name = arg->name,
                                      .key = heading            ? 0
                                             : arg->letter != 0 ? arg->letter
                                                                : PULSE_ARGS_KEYS + (int)i,
                                      .arg = arg->argument,
                                      .doc = arg->help,
                                      .group = arg->group};
    }
}

struct argp_option *pulse_args_options(const struct pulse_arg *rows, const struct pulse_arg *more,
                                       struct pulse_err *err)
{
    const int64_t n = count_rows(rows), n_more = count_rows(more);
    struct argp_option *out = pulse_calloc(n + n_more + 1, sizeof *out, "the options", err);
    if (out == NULL)
        return NULL;
    convert_rows(rows, n, out);
    if (more != NULL)
        convert_rows(more, n_more, out + n);
    return out;
}

const char *pulse_args_version(const char *program)
{
    static char version[64];
    (void)snprintf(version, sizeof version, "%.*s %s", (int)strcspn(program, " "), program,
                   PULSE_VERSION);
    return version;
}

const struct pulse_arg pulse_args_help_rows[] = {
    {.name = "help", .letter = 'h', .help = "Give this help list", .group = -1},
    {.name = "usage", .help = "Give a short usage message", .group = -1},
    {.name = "version", .letter = 'V', .help = "Print program version", .group = -1},
    {0}};

/* Columns of the screen that --help is for: COLUMNS, else those of the terminal. */
static size_t measure_screen(void)
{
    enum { LEAST = 40, MOST = 100 };
    int64_t said = 0;
    int rows, columns;
    pulse_terminal_size(&rows, &columns);
    if (pulse_parse_int(getenv("COLUMNS"), 1, INT16_MAX, &said))
        columns = (int)said;
    return (size_t)(columns < LEAST ? LEAST : columns > MOST ? MOST : columns);
}

/* The length of the first line of `text`, which has `length` bytes: as many words as are shorter
 * than `columns` together, or one. */
static size_t break_line(const char *text, size_t length, size_t columns)
{
    const size_t begin = strspn(text, " ");
    size_t at = columns - 1;
    if (length < columns)
        return length;
    while (at > begin && text[at] != ' ')
        at--;
    while (at > begin && text[at - 1] == ' ')
        at--;
    return at > begin ? at : begin + strcspn(text + begin, " \n");
}

/* Prints one line as one or more; those after the first begin at column `hang`. */
static void print_line(const char *text, size_t length, size_t columns, size_t indent, size_t hang)
{
    size_t piece;
    do {
        piece = break_line(text, length, columns - indent);
        (void)printf("%*s%.*s\n", (int)indent, "", (int)piece, text);
        piece += strspn(text + piece, " ");
        text += piece;
        length -= piece;
        indent = hang;
    } while (length > 0);
}

enum { DOC_COLUMN = 29, HANG = 12, NARROW = 60 };

/* Where the text of an option's line begins, of what argp has printed: at its column, or three
 * blanks behind an option that is longer. 0: this is no such line. */
static size_t find_doc(const char *text, size_t length)
{
    const size_t begin = strspn(text, " ");
    if (text[begin] != '-')
        return 0;
    if (length > DOC_COLUMN && text[DOC_COLUMN - 1] == ' ')
        return DOC_COLUMN;
    const char *gap = strstr(text + begin, "   ");
    return gap == NULL || gap >= text + length ? 0 : (size_t)(gap - text) + 3;
}

/* A line of what argp has printed. On a narrow screen the text of an option stands below it. */
static void print_option(const char *text, size_t length, size_t columns)
{
    const size_t doc = find_doc(text, length), begin = strspn(text, " ");
    if (doc == 0)
        print_line(text, length, columns, 0, text[0] == 'U' ? HANG : begin); /* "Usage: ..." */
    else if (columns >= NARROW)
        print_line(text, length, columns, 0, DOC_COLUMN);
    else {
        size_t option = doc;
        while (text[option - 1] == ' ')
            option--;
        (void)printf("%.*s\n", (int)option, text);
        print_line(text + doc, length - doc, columns, HANG, HANG);
    }
}

/* What stands behind the options. Lines that are indented stay whole, so that examples can be
 * copied. */
static void print_after(const char *text, size_t length, size_t columns)
{
    if (text[0] == ' ')
        (void)printf("%.*s\n", (int)length, text);
    else
        print_line(text, length, columns, 0, 0);
}

static void print_lines(const char *text, void (*print)(const char *, size_t, size_t))
{
    const size_t columns = measure_screen();
    for (size_t length; *text != '\0'; text += length + (text[length] != '\0')) {
        length = strcspn(text, "\n");
        print(text, length, columns);
    }
}

/* For argp: what stands behind the options is left out. */
static char *leave_out_after(int key, const char *text, void *input)
{
    (void)input;
    return key == ARGP_KEY_HELP_POST_DOC ? NULL : (char *)text;
}

/* What argp says, in lines of any length: where it breaks them itself it puts blanks into options
 * at some widths, and ends with a segmentation fault at others (glibc 2.36). NULL: out of memory.
 */
static char *ask_argp(const struct pulse_args *args, const struct argp *argp, bool usage)
{
    struct argp help = *argp;
    char program[64], *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL)
        return NULL;
    (void)snprintf(program, sizeof program, "%s", args->program);
    (void)setenv("ARGP_HELP_FMT", "rmargin=10000", 1);
    help.help_filter = leave_out_after;
    argp_help(&help, to,
              usage ? ARGP_HELP_USAGE
                    : ARGP_HELP_STD_HELP & ~(unsigned)(ARGP_HELP_EXIT_OK | ARGP_HELP_EXIT_ERR),
              program);
    (void)fclose(to);
    return text;
}

void pulse_args_print(const struct pulse_args *args, const struct argp *argp, const char *name)
{
    const bool usage = strcmp(name, "usage") == 0, version = strcmp(name, "version") == 0;
    char *text = version ? NULL : ask_argp(args, argp, usage);
    const char *after = usage || text == NULL || args->doc == NULL ? NULL : strchr(args->doc, '\v');
    if (version)
        (void)printf("%s\n", pulse_args_version(args->program));
    if (text != NULL)
        print_lines(text, print_option);
    if (after != NULL) {
        (void)printf("\n");
        print_lines(after + 1, print_after);
    }
    const bool whole = version || text != NULL;
    free(text);
    exit(whole && fflush(stdout) == 0 && !ferror(stdout) ? 0 : pulse_exit_code(PULSE_E_STORAGE));
}

int pulse_args_point_to_help(const struct pulse_args *args, struct pulse_err *err)
{
    const size_t used = strlen(err->text);
    if (err->kind == PULSE_E_USAGE && strstr(err->text, " --help") == NULL)
        (void)snprintf(err->text + used, sizeof err->text - used, "%s see %s --help",
                       used > 0 && err->text[used - 1] == '?' ? "" : ";", args->program);
    return -1;
}
