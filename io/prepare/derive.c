#include "prepare/derive.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/number.h"

enum { DEEPEST = 64 };

enum operation {
    PUT_NUMBER,
    PUT_VARIABLE,
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    NEGATE,
    LN,
    EXP,
    SQRT,
    ABS
};

struct pulse_derive_step {
    enum operation what;
    double number;
    int64_t variable; /* which of the names */
};

struct parser {
    struct pulse_derived *out;
    const char *at;
    int64_t cap, cap_names;
    int deep; /* parentheses and signs that are open */
    struct pulse_err *err;
};

static int refuse_text(const struct parser *parser, const char *want)
{
    return pulse_fail(parser->err, PULSE_E_USAGE, "--derive %s: expected %s %s%.40s",
                      parser->out->text, want, *parser->at == '\0' ? "at its end" : "before ",
                      parser->at);
}

/* After a name or a number comes what cannot follow it. */
static int refuse_operator(const struct parser *parser)
{
    const unsigned char at = (unsigned char)*parser->at;
    const bool word = isalnum(at) || at == '_' || at == '`' || at >= 0x80;
    if (at != '^' && !word)
        return refuse_text(parser, "an operator");
    return pulse_fail(parser->err, PULSE_E_USAGE,
                      "--derive %s: expected an operator before %.40s; %s", parser->out->text,
                      parser->at,
                      word ? "a name that is no word stands in back-quotes, `my name`"
                           : "there is no power (write a * a)");
}

static void skip_blanks(struct parser *parser)
{
    while (isspace((unsigned char)*parser->at))
        parser->at++;
}

static int add_step(struct parser *parser, struct pulse_derive_step step)
{
    struct pulse_derived *out = parser->out;
    if (pulse_grow(&out->steps, &parser->cap, out->n + 1, sizeof *out->steps, "a derived variable",
                   parser->err) != 0)
        return -1;
    out->steps[out->n++] = step;
    return 0;
}

/* A word, or what stands in back-quotes; NULL with an error. To be freed. */
static char *take_name(struct parser *parser)
{
    const char *from = parser->at;
    size_t n = 0;
    if (*from == '`') {
        n = strcspn(++from, "`");
        if (n == 0 || from[n] == '\0') {
            (void)refuse_text(parser, "a name between back-quotes");
            return NULL;
        }
        parser->at = from + n + 1;
    } else {
        while (isalnum((unsigned char)from[n]) || (n > 0 && from[n] == '.') || from[n] == '_' ||
               (unsigned char)from[n] >= 0x80)
            n++;
        if (n == 0 || isdigit((unsigned char)*from)) {
            (void)refuse_text(parser, "a name, a number or (");
            return NULL;
        }
        parser->at = from + n;
    }
    return pulse_print(parser->err, "%.*s", (int)n, from);
}

/* Takes `name` over. */
static int add_variable(struct parser *parser, char *name)
{
    struct pulse_derived *out = parser->out;
    if (pulse_grow(&out->names, &parser->cap_names, out->n_names + 1, sizeof *out->names,
                   "a derived variable", parser->err) != 0) {
        free(name);
        return -1;
    }
    out->names[out->n_names] = name;
    return add_step(parser, (struct pulse_derive_step){PUT_VARIABLE, 0, out->n_names++});
}

static int take_number(struct parser *parser)
{
    const char *end = parser->at + strspn(parser->at, "0123456789.");
    double number;
    if ((*end == 'e' || *end == 'E') &&
        isdigit((unsigned char)end[1 + (end[1] == '-' || end[1] == '+')]))
        end += 2 + strspn(end + 2, "0123456789");
    if (!pulse_parse_number(parser->at, (size_t)(end - parser->at), &number) || !isfinite(number))
        return refuse_text(parser, "a number");
    parser->at = end;
    return add_step(parser, (struct pulse_derive_step){PUT_NUMBER, number, 0});
}

static int take_sum(struct parser *parser);

/* What parentheses hold, after the first of them. */
static int take_rest_of_parentheses(struct parser *parser)
{
    if (take_sum(parser) != 0)
        return -1;
    if (*parser->at != ')')
        return refuse_text(parser, "an operator or )");
    parser->at++;
    return 0;
}

static enum operation find_function(const char *name)
{
    static const struct {
        const char *name;
        enum operation what;
    } functions[] = {{"ln", LN}, {"exp", EXP}, {"sqrt", SQRT}, {"abs", ABS}};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (strcmp(name, functions[i].name) == 0)
            return functions[i].what;
    return PUT_VARIABLE;
}

/* A variable, or a function and what it is of. */
static int take_word(struct parser *parser)
{
    char *name = take_name(parser);
    if (name == NULL)
        return -1;
    skip_blanks(parser);
    if (*parser->at != '(')
        return add_variable(parser, name);
    const enum operation what = find_function(name);
    free(name);
    if (what == PUT_VARIABLE)
        return refuse_text(parser, "ln, exp, sqrt or abs");
    parser->at++;
    return take_rest_of_parentheses(parser) == 0
               ? add_step(parser, (struct pulse_derive_step){what, 0, 0})
               : -1;
}

static int take_factor(struct parser *parser)
{
    int status;
    skip_blanks(parser);
    if (++parser->deep > DEEPEST)
        return refuse_text(parser, "fewer than 64 parentheses and signs");
    if (*parser->at == '-') {
        parser->at++;
        status = take_factor(parser);
        if (status == 0)
            status = add_step(parser, (struct pulse_derive_step){NEGATE, 0, 0});
    } else if (*parser->at == '(') {
        parser->at++;
        status = take_rest_of_parentheses(parser);
    } else if (isdigit((unsigned char)*parser->at) || *parser->at == '.') {
        status = take_number(parser);
    } else {
        status = take_word(parser);
    }
    parser->deep--;
    skip_blanks(parser);
    return status;
}

static int take_product(struct parser *parser)
{
    int status = take_factor(parser);
    while (status == 0 && (*parser->at == '*' || *parser->at == '/')) {
        const enum operation what = *parser->at++ == '*' ? MULTIPLY : DIVIDE;
        status = take_factor(parser);
        if (status == 0)
            status = add_step(parser, (struct pulse_derive_step){what, 0, 0});
    }
    return status;
}

static int take_sum(struct parser *parser)
{
    int status = take_product(parser);
    while (status == 0 && (*parser->at == '+' || *parser->at == '-')) {
        const enum operation what = *parser->at++ == '+' ? ADD : SUBTRACT;
        status = take_product(parser);
        if (status == 0)
            status = add_step(parser, (struct pulse_derive_step){what, 0, 0});
    }
    return status;
}

int pulse_derived_parse(const char *text, struct pulse_derived *out, struct pulse_err *err)
{
    struct parser parser = {.out = out, .at = text, .err = err};
    *out = (struct pulse_derived){.text = text};
    skip_blanks(&parser);
    out->name = take_name(&parser);
    if (out->name == NULL)
        return -1;
    skip_blanks(&parser);
    if (*parser.at != '=')
        return refuse_text(&parser, "NAME = EXPRESSION, and =");
    parser.at++;
    if (take_sum(&parser) != 0)
        return -1;
    if (*parser.at != '\0')
        return refuse_operator(&parser);
    out->column = pulse_calloc(out->n_names, sizeof *out->column, "a derived variable", err);
    return out->column == NULL ? -1 : 0;
}

void pulse_derived_clear(struct pulse_derived *derived)
{
    for (int64_t i = 0; i < derived->n_names; i++)
        free(derived->names[i]);
    free(derived->names);
    free(derived->column);
    free(derived->steps);
    free(derived->name);
    *derived = (struct pulse_derived){0};
}

bool pulse_derived_needs(const struct pulse_derived *derived, const char *name)
{
    bool needs = false;
    for (int64_t i = 0; i < derived->n_names; i++)
        needs = needs || strcmp(derived->names[i], name) == 0;
    return needs;
}

const char *pulse_derived_bind(struct pulse_derived *derived, char *const *names, int64_t n)
{
    const char *unknown = NULL;
    for (int64_t i = 0; i < derived->n_names && unknown == NULL; i++) {
        int64_t c = 0;
        while (c < n && strcmp(names[c], derived->names[i]) != 0)
            c++;
        derived->column[i] = c;
        unknown = c == n ? derived->names[i] : NULL;
    }
    return unknown;
}

static double apply_to_one(enum operation what, double x)
{
    switch (what) {
    case NEGATE:
        return -x;
    case LN:
        return log(x);
    case EXP:
        return exp(x);
    case SQRT:
        return sqrt(x);
    default:
        return fabs(x);
    }
}

static double apply_to_two(enum operation what, double x, double y)
{
    switch (what) {
    case ADD:
        return x + y;
    case SUBTRACT:
        return x - y;
    case MULTIPLY:
        return x * y;
    default:
        return x / y;
    }
}

bool pulse_derived_has_all(const struct pulse_derived *derived, const double *row)
{
    bool all = true;
    for (int64_t i = 0; i < derived->n_names; i++)
        all = all && !isnan(row[derived->column[i]]);
    return all;
}

double pulse_derived_value(const struct pulse_derived *derived, const double *row)
{
    double stack[2 * DEEPEST + 4] = {0}; /* each level keeps a sum and a product */
    int64_t n = 0;
    for (int64_t i = 0; i < derived->n; i++) {
        const struct pulse_derive_step *step = &derived->steps[i];
        if (step->what == PUT_NUMBER || step->what == PUT_VARIABLE) {
            stack[n++] =
                step->what == PUT_NUMBER ? step->number : row[derived->column[step->variable]];
        } else if (step->what >= NEGATE) {
            stack[n - 1] = apply_to_one(step->what, stack[n - 1]);
        } else {
            n--;
            stack[n - 1] = apply_to_two(step->what, stack[n - 1], stack[n]);
        }
    }
    return isfinite(stack[0]) ? stack[0] : (double)NAN;
}
