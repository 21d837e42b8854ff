#include "data/csv/foreign.h"

#include <stdbool.h>
#include <string.h>

#include "data/common/decompress.h"
#include "data/common/decompress_zip.h"
#include "data/common/format.h"

int pulse_csv_refuse_bare_returns(const char *p, const char *end, const char *uri,
                                  struct pulse_err *err)
{
    bool quoted = false;
    for (; p + 1 < end; p++) {
        quoted ^= *p == '"';
        if (*p == '\r' && !quoted)
            return pulse_fail(err, PULSE_E_INPUT,
                              "%s: its lines end with a carriage return alone; write line feeds, "
                              "as with tr '\\r' '\\n'",
                              uri);
    }
    return 0;
}

static bool contains_word(const struct pulse_csv_head *head, const char *word)
{
    const size_t n = strlen(word);
    const char *at = head->bytes, *const end = head->bytes + head->length;
    while (at != NULL && (size_t)(end - at) >= n && memcmp(at, word, n) != 0)
        at = memchr(at + 1, word[0], (size_t)(end - at - 1));
    return at != NULL && (size_t)(end - at) >= n;
}

/* A zip archive of the parts of a workbook. */
static bool is_workbook(const struct pulse_csv_head *head, enum pulse_compression packing)
{
    return packing == PULSE_COMPRESSION_ZIP &&
           (contains_word(head, "xl/w") || contains_word(head, "[Content_Types].xml"));
}

int pulse_csv_refuse_other_files(const struct pulse_csv_head *head, const char *first,
                                 const char *end, const char *uri, struct pulse_err *err)
{
    const enum pulse_compression packing = pulse_compression_of_bytes(first, end - first);
    const char *foreign = is_workbook(head, packing)
                              ? pulse_workbook_advice
                              : pulse_foreign_bytes(first, head->bytes + head->length - first);
    if (foreign != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s: %s", uri, foreign);
    if (packing != PULSE_COMPRESSION_NONE)
        return pulse_fail(err, PULSE_E_INPUT, "%s: packed with %s; put .%s at the end of its name",
                          uri, pulse_compression_name(packing),
                          pulse_compression_extension(packing) + 1);
    if (end - first >= 2 &&
        (memcmp(first, "\xff\xfe", 2) == 0 || memcmp(first, "\xfe\xff", 2) == 0))
        return pulse_fail(err, PULSE_E_INPUT,
                          "%s: text in UTF-16; make UTF-8 of it: iconv -f utf-16 -t utf-8 FILE | "
                          "pulse-data info -",
                          uri);
    if (memchr(first, '\0', (size_t)(end - first)) != NULL)
        return pulse_fail(err, PULSE_E_INPUT, "%s, line 1: a NUL byte; not a CSV text in UTF-8",
                          uri);
    return 0;
}
