/* Signs the requests of standard input, a block of lines each:
 *
 *     key id, secret, token, region, service, seconds, method, host, path, query, payload's
 * SHA-256, count of headers, that many headers
 *
 * ("-" for no token or query), and prints the canonical request, the string to sign and the
 * headers, each behind its length. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/aws/sigv4.h"

enum { MOST_HEADERS = 32, LINE = 8192 };

static char *next_line(void)
{
    static char line[LINE];
    if (fgets(line, sizeof line, stdin) == NULL)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return strdup(line);
}

static void print_text(const char *text)
{
    (void)printf("%zu\n%s\n", strlen(text), text);
}

int main(void)
{
    struct pulse_err err = {.kind = PULSE_OK};
    char *word[12], *headers[MOST_HEADERS];
    while ((word[0] = next_line()) != NULL) {
        for (int i = 1; i < 12; i++)
            if ((word[i] = next_line()) == NULL)
                exit(2);
        const long n = strtol(word[11], NULL, 10);
        for (long i = 0; i < n && i < MOST_HEADERS; i++)
            headers[i] = next_line();
        const struct pulse_sigv4 sign = {.key_id = word[0],
                                         .secret = word[1],
                                         .token = strcmp(word[2], "-") == 0 ? NULL : word[2],
                                         .region = word[3],
                                         .service = word[4],
                                         .unix_seconds = strtoll(word[5], NULL, 10),
                                         .method = word[6],
                                         .host = word[7],
                                         .path = word[8],
                                         .query = strcmp(word[9], "-") == 0 ? NULL : word[9],
                                         .headers = (const char *const *)headers,
                                         .n_headers = n,
                                         .payload_sha256 = word[10]};
        char *canonical = pulse_sigv4_canonical(&sign, &err);
        char *to_sign = canonical == NULL ? NULL : pulse_sigv4_to_sign(&sign, canonical, &err);
        char **lines = pulse_sigv4_headers(&sign, &err);
        if (to_sign == NULL || lines == NULL) {
            (void)fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        print_text(canonical);
        print_text(to_sign);
        for (char **line = lines; *line != NULL; line++)
            if (strncmp(*line, "Authorization: ", 15) == 0)
                print_text(*line);
        free(canonical);
        free(to_sign);
        pulse_sigv4_headers_free(lines);
        for (int i = 0; i < 12; i++)
            free(word[i]);
        for (long i = 0; i < n && i < MOST_HEADERS; i++)
            free(headers[i]);
    }
    return 0;
}
