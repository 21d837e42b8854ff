#include "checkpoint/kept_sums.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/store.h"

const char pulse_kept_sums_name[] = "sums.bin";

static const char magic[8] = "PULSEsum";

enum { FORMAT = 1 }; /* raised when the bytes mean something else */

struct head {
    char magic[8];
    int64_t format;
    int64_t n;
    struct pulse_digest identity;
    struct pulse_digest check; /* of the head, with this field zero, and the sums */
};

_Static_assert(sizeof(struct head) == 56, "no byte is unused");

static struct pulse_digest check_of(struct head head, const double *sums)
{
    struct pulse_digest both[2];
    memset(&head.check, 0, sizeof head.check);
    both[0] = pulse_digest_of(&head, sizeof head);
    both[1] = pulse_digest_of(sums, head.n * (int64_t)sizeof *sums);
    return pulse_digest_of(both, sizeof both);
}

int pulse_kept_sums_write(const char *location, const struct pulse_digest *identity,
                          const double *sums, int64_t n, struct pulse_err *err)
{
    const int64_t bytes = (int64_t)sizeof(struct head) + n * (int64_t)sizeof *sums;
    struct head head = {.format = FORMAT, .n = n, .identity = *identity};
    char *path = pulse_store_join(location, pulse_kept_sums_name, err);
    char *content = pulse_calloc(bytes, 1, "the sums to keep", err);
    int status = -1;
    if (path != NULL && content != NULL) {
        memcpy(head.magic, magic, sizeof magic);
        head.check = check_of(head, sums);
        memcpy(content, &head, sizeof head);
        memcpy(content + sizeof head, sums, (size_t)n * sizeof *sums);
        status = pulse_store_put(content, bytes, path, err);
    }
    free(content);
    free(path);
    return status;
}

void pulse_kept_sums_read(const char *location, int64_t n, struct pulse_kept_sums *out)
{
    const int64_t bytes = (int64_t)sizeof(struct head) + n * (int64_t)sizeof(double);
    struct pulse_err ignored = {.kind = PULSE_OK};
    struct head head = {.n = 0};
    char *path = pulse_store_join(location, pulse_kept_sums_name, &ignored);
    *out = (struct pulse_kept_sums){0};
    if (path != NULL)
        (void)pulse_whole_read(path, bytes, &out->content, &ignored);
    free(path);
    if (out->content.n == bytes) {
        memcpy(&head, out->content.bytes, sizeof head);
        out->sums = (const void *)(out->content.bytes + sizeof head);
        out->identity = head.identity;
    }
    if (head.n == n && head.format == FORMAT && memcmp(head.magic, magic, sizeof magic) == 0) {
        const struct pulse_digest check = check_of(head, out->sums);
        if (pulse_digest_equal(&check, &head.check))
            return;
    }
    pulse_kept_sums_clear(out);
}

void pulse_kept_sums_clear(struct pulse_kept_sums *kept)
{
    pulse_whole_clear(&kept->content);
    *kept = (struct pulse_kept_sums){0};
}
