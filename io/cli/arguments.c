#include "cli/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/arguments.h"

/* What is wrong goes here while a command line is parsed: argp hands a parser function nothing that
 * is not the command's own. */
static struct pulse_err *wrong;

error_t pulse_arguments_refuse(struct argp_state *state, const char *format, ...)
{
    char text[512];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (wrong->kind == PULSE_OK)
        (void)pulse_fail(wrong, PULSE_E_USAGE, "%s; see %s --help", text, state->name);
    return EINVAL;
}

error_t pulse_arguments_time_unit(struct argp_state *state, const char *arg,
                                  struct pulse_read_options *reading)
{
    if (pulse_time_unit_of(arg, &reading->time_unit))
        return 0;
    return pulse_arguments_refuse(state, "--time-unit takes s, ms, us or ns, not '%s'", arg);
}

error_t pulse_arguments_decimal(struct argp_state *state, const char *arg,
                                struct pulse_read_options *reading)
{
    reading->decimal = (char)(strcmp(arg, "point") == 0   ? '.'
                              : strcmp(arg, "comma") == 0 ? ','
                                                          : 0);
    if (reading->decimal != '\0')
        return 0;
    return pulse_arguments_refuse(state, "--decimal takes point or comma, not '%s'", arg);
}

struct pulse_read_options pulse_arguments_reading(void)
{
    return (struct pulse_read_options){.from_ns = INT64_MIN, .to_ns = INT64_MAX};
}

/* Every command may be given an s3 URI. */
static struct pulse_store_arguments store;

/* Around the command's own parser function. */
static error_t parse_around(int key, char *arg, struct argp_state *state)
{
    (void)arg;
    if (key == ARGP_KEY_INIT) {
        state->err_stream = NULL; /* or argp would end the program itself */
        state->child_inputs[0] = state->input;
        state->child_inputs[1] = &store;
        return 0;
    }
    /* What argp could not take: the word itself is all it tells. */
    if (key == ARGP_KEY_ERROR)
        return pulse_arguments_refuse(state, "%s: unknown option, or its value is missing",
                                      state->argv[state->next > 1 ? state->next - 1 : 0]);
    return ARGP_ERR_UNKNOWN;
}

int pulse_arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags,
                          void *input, struct pulse_err *err)
{
    const struct argp_child children[] = {
        {argp, 0, NULL, 0}, {&pulse_store_argp, 0, "For s3:// URIs:", 1}, {0}};
    const struct argp whole = {.parser = parse_around, .children = children};
    wrong = err;
    store.err = err;
    error_t code = pulse_argp_parse(&whole, argc, argv, flags, input);
    if (code == 0) {
        pulse_store_configure(&store.options);
        return 0;
    }
    if (err->kind == PULSE_OK)
        (void)pulse_fail(err, PULSE_E_USAGE, "bad command line: %s; see %s --help", strerror(code),
                         argv[0]);
    return -1;
}
