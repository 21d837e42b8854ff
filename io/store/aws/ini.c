#include "store/aws/ini.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* A part of the text. */
struct part {
    const char *at;
    size_t n;
};

static struct part trim_blanks(const char *at, size_t n)
{
    while (n > 0 && (*at == ' ' || *at == '\t'))
        at++, n--;
    while (n > 0 && strchr(" \t\r", at[n - 1]) != NULL)
        n--;
    return (struct part){at, n};
}

static bool equals_text(struct part part, const char *text)
{
    return part.n == strlen(text) && memcmp(part.at, text, part.n) == 0;
}

static struct part unquote(struct part text)
{
    const bool quoted = text.n >= 2 && (text.at[0] == '"' || text.at[0] == '\'') &&
                        text.at[text.n - 1] == text.at[0];
    return quoted ? (struct part){text.at + 1, text.n - 2} : text;
}

/* "[profile  x]", "[profile 'x']" → "profile x": a kind, blanks, a name that may be quoted. */
static bool is_section(struct part line, const char *section)
{
    const char *closing = memchr(line.at, ']', line.n);
    if (line.n < 2 || line.at[0] != '[' || closing == NULL)
        return false;
    const struct part name = trim_blanks(line.at + 1, (size_t)(closing - line.at) - 1);
    const size_t kind = strcspn(section, " ");
    if (equals_text(name, section))
        return true;
    if (section[kind] == '\0' || name.n <= kind || memcmp(name.at, section, kind) != 0 ||
        (name.at[kind] != ' ' && name.at[kind] != '\t'))
        return false;
    return equals_text(unquote(trim_blanks(name.at + kind, name.n - kind)), section + kind + 1);
}

static char *copy_value(struct part value, struct pulse_err *err)
{
    char *out = pulse_calloc((int64_t)value.n + 1, 1, "a setting", err);
    if (out != NULL)
        memcpy(out, value.at, value.n);
    return out;
}

/* Whether "name = value" or "name: value" is a setting of that name; its value, blanks trimmed. */
static bool read_setting(const char *line, size_t length, const char *name, struct part *value)
{
    const char *equals = line + strcspn(line, "=:\n");
    if (equals >= line + length)
        return false;
    const struct part found = trim_blanks(line, (size_t)(equals - line));
    *value = trim_blanks(equals + 1, length - (size_t)(equals + 1 - line));
    return found.n == strlen(name) && strncasecmp(found.at, name, found.n) == 0;
}

/* What begins behind the mark that Windows puts before UTF-8. */
static const char *skip_mark(const char *text)
{
    return strncmp(text, "\xEF\xBB\xBF", 3) == 0 ? text + 3 : text;
}

/* `group` NULL: the lines that are not indented more than the settings before them. */
static char *find_value(const char *text, const char *section, const char *group, const char *key,
                        struct pulse_err *err)
{
    bool inside = false, in_group = false;
    struct part value = {"", 0};
    size_t depth = SIZE_MAX; /* blanks before the last setting that is none of a group */
    for (const char *line = skip_mark(text); *line != '\0';) {
        const size_t length = strcspn(line, "\n"), blanks = strspn(line, " \t");
        const struct part whole = trim_blanks(line, length);
        struct part found = {"", 0};
        const bool empty = whole.n == 0 || whole.at[0] == '#' || whole.at[0] == ';';
        const bool header = !empty && whole.at[0] == '[', nested = blanks > depth;
        if (header)
            inside = is_section(whole, section);
        else if (inside && group != NULL && !nested && !empty)
            in_group = read_setting(line, length, group, &found);
        else if (inside && !empty && nested == (group != NULL) && (group == NULL || in_group) &&
                 read_setting(line, length, key, &found))
            value = found;
        if (header || (!empty && !nested))
            depth = header ? SIZE_MAX : blanks;
        line += length + (line[length] == '\n');
    }
    return value.n > 0 ? copy_value(value, err) : NULL;
}

bool pulse_ini_has_section(const char *text, const char *section)
{
    bool found = false;
    for (const char *line = skip_mark(text); !found && *line != '\0';) {
        const size_t length = strcspn(line, "\n");
        found = is_section(trim_blanks(line, length), section);
        line += length + (line[length] == '\n');
    }
    return found;
}

char *pulse_ini_value(const char *text, const char *section, const char *key, struct pulse_err *err)
{
    return find_value(text, section, NULL, key, err);
}

char *pulse_ini_nested_value(const char *text, const char *section, const char *group,
                             const char *key, struct pulse_err *err)
{
    return find_value(text, section, group, key, err);
}
