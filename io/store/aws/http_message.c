#include "store/aws/http_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void pulse_http_clear(struct pulse_http *http)
{
    free(http->text);
    free(http->answer_headers);
    http->text = http->answer_headers = NULL;
    http->status = 0;
    http->received = 0;
}

bool pulse_http_header(const struct pulse_http *http, const char *name, char *out, int64_t capacity)
{
    const size_t length = strlen(name);
    for (const char *line = http->answer_headers; line != NULL && *line != '\0';) {
        const char *end_of_line = strchr(line, '\n');
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            const int64_t n = end_of_line - value;
            if (n < 0 || n >= capacity)
                return false;
            memcpy(out, value, (size_t)n);
            out[n] = '\0';
            return true;
        }
        line = end_of_line + 1;
    }
    return false;
}

/* Whether it is HOST or HOST:PORT, and short; a user with a password looks like that too, but for
 * its digits. */
static bool is_server(const char *text, size_t n)
{
    static const char host[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t length = strspn(text, host);
    if (text[0] == '[') /* IPv6 */
        length = 2 + strspn(text + 1, "0123456789abcdefABCDEF:.");
    if (length == 0 || length > n || n > PULSE_HTTP_SERVER - 16 ||
        (text[0] == '[' && text[length - 1] != ']'))
        return false;
    return length == n || (text[length] == ':' && n - length <= 6 &&
                           strspn(text + length + 1, "0123456789") >= n - length - 1);
}

bool pulse_http_show_server(const char *url, char out[PULSE_HTTP_SERVER])
{
    const char *scheme = strncasecmp(url, "https://", 8) == 0  ? "https://"
                         : strncasecmp(url, "http://", 7) == 0 ? "http://"
                                                               : "";
    const char *from = url + strlen(scheme), *at = strrchr(from, '@');
    const size_t authority = strcspn(from, "/?#");
    size_t n = authority;
    if (at != NULL && at < from + authority) {
        n -= (size_t)(at + 1 - from);
        from = at + 1;
    } else if (at != NULL)
        n = 0; /* a password with a slash, perhaps */
    const bool known = is_server(from, n);
    if (known)
        (void)snprintf(out, PULSE_HTTP_SERVER, "%s%.*s", scheme, (int)n, from);
    else
        (void)snprintf(out, PULSE_HTTP_SERVER, "%s...", scheme);
    return known;
}
