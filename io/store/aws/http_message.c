#include "store/aws/http_message.h"

#include <stdlib.h>
#include <string.h>

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
