#include "data/common/date_form.h"

#include <stddef.h>
#include <stdio.h>

#include "base/date.h"

/* A day first and a month first beside each other; of names and leading years there is one order.
 */
static const char *const forms[] = {
    "%d.%m.%Y",       "%m.%d.%Y",       "%d/%m/%Y",       "%m/%d/%Y",       "%d-%m-%Y",
    "%m-%d-%Y",       "%Y/%m/%d",       "%Y.%m.%d",       "%d-%b-%Y",       "%d %b %Y",
    "%b %d, %Y",      "%b %d %Y",       "%d.%m.%Y %H:%M", "%m.%d.%Y %H:%M", "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M", "%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M", "%Y/%m/%d %H:%M", "%Y.%m.%d %H:%M",
    "%d.%m.%Y %T",    "%m.%d.%Y %T",    "%d/%m/%Y %T",    "%m/%d/%Y %T",    "%d-%m-%Y %T",
    "%m-%d-%Y %T",    "%Y/%m/%d %T",    "%Y.%m.%d %T",
};
enum { FORMS = sizeof forms / sizeof *forms };

static bool is_of(struct pulse_text text, const char *form)
{
    struct pulse_shown_offset offset;
    int64_t ns;
    return pulse_parse_formatted(text.at, text.length, form, &ns, &offset);
}

bool pulse_date_form_see(struct pulse_date_form *seen, struct pulse_text text)
{
    if (text.length == 0)
        return true;
    const uint64_t before = seen->any ? seen->left : (UINT64_C(1) << FORMS) - 1;
    uint64_t left = 0;
    for (int i = 0; i < FORMS; i++)
        if ((before >> i & 1) != 0 && is_of(text, forms[i]))
            left |= UINT64_C(1) << i;
    if (left == 0)
        return false;
    seen->any = true;
    seen->left = left;
    return true;
}

/* Index of the first form that is left; -1 for none. */
static int first_left(uint64_t left)
{
    return left == 0 ? -1 : __builtin_ctzll(left);
}

const char *pulse_date_form_of(const struct pulse_date_form *seen)
{
    const int first = first_left(seen->left);
    return seen->any && first >= 0 && first_left(seen->left & (seen->left - 1)) < 0 ? forms[first]
                                                                                    : NULL;
}

bool pulse_date_form_ambiguous(const struct pulse_date_form *seen, const char *out[2])
{
    const int first = first_left(seen->left);
    const int second = first < 0 ? -1 : first_left(seen->left & (seen->left - 1));
    if (!seen->any || second < 0)
        return false;
    out[0] = forms[first];
    out[1] = forms[second];
    return true;
}

const char *pulse_date_form_hint(struct pulse_text text)
{
    static const char *const hints[] = {"%b-%y",
                                        "%b %Y",
                                        "%b-%Y",
                                        "%Y%m",
                                        "%Y",
                                        "%d/%m/%y",
                                        "%m/%d/%y",
                                        "%d.%m.%y",
                                        "%d-%b-%y",
                                        "%a, %d %b %Y",
                                        "%m/%Y",
                                        "%Y/%m",
                                        "%m/%d/%Y %I:%M:%S %p",
                                        "%d/%m/%Y %I:%M:%S %p",
                                        "%m/%d/%Y %I:%M %p"};
    const char *found = NULL;
    for (size_t i = 0; i < sizeof hints / sizeof *hints && found == NULL; i++)
        if (is_of(text, hints[i]))
            found = hints[i];
    return found;
}

bool pulse_date_form_fits(struct pulse_text text)
{
    struct pulse_date_form seen = {.any = false};
    return text.length >= 8 && pulse_date_form_see(&seen, text);
}
