#include "store/s3/integrity.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_TEXT = 256, MD5_BYTES = 16 };

/* A CRC by its reflected polynomial (begun and ended with all ones), or a digest of OpenSSL's. */
static const struct kind {
    const char *header, *name;
    size_t bytes;
    uint64_t polynomial;
    const EVP_MD *(*digest)(void);
} kinds[] = {
    {0},
    {"x-amz-checksum-crc64nvme", "CRC-64/NVME", 8, UINT64_C(0x9A6C9329AC4BC9B5), NULL},
    {"x-amz-checksum-crc32c", "CRC-32C", 4, UINT64_C(0x82F63B78), NULL},
    {"x-amz-checksum-crc32", "CRC-32", 4, UINT64_C(0xEDB88320), NULL},
    {"x-amz-checksum-sha256", "SHA-256", 32, 0, EVP_sha256},
    {"x-amz-checksum-sha1", "SHA-1", 20, 0, EVP_sha1},
    {"etag", "MD5", MD5_BYTES, 0, EVP_md5},
};
enum { KINDS = sizeof kinds / sizeof *kinds, OF_ETAG = KINDS - 1 };

/* ---- The headers of S3 -------------------------------------------------------------- */

/* Base64 of just so many bytes: what ends in "-5" is composed of the sums of parts. */
static bool read_base64(const char *text, size_t bytes, unsigned char *out)
{
    unsigned char decoded[HEADER_TEXT];
    const size_t length = strlen(text);
    if (length != (bytes + 2) / 3 * 4 ||
        EVP_DecodeBlock(decoded, (const unsigned char *)text, (int)length) < 0)
        return false;
    memcpy(out, decoded, bytes);
    return true;
}

static bool read_hex(const char *text, size_t bytes, unsigned char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 2 * bytes; i++) {
        const char *digit = text[i] == '\0' ? NULL : strchr(digits, text[i] | 0x20);
        if (digit == NULL)
            return false;
        out[i / 2] = (unsigned char)(out[i / 2] << 4 | (digit - digits));
    }
    return true;
}

/* Whether the ETag, if it looks like one, is an MD5 of the bytes. */
static bool is_etag_md5(const struct pulse_http *answer, const char *bucket)
{
    static const char directory[] = "--x-s3";
    char text[HEADER_TEXT];
    const size_t length = strlen(bucket), tail = sizeof directory - 1;
    const bool own_key = pulse_http_header(
        answer, "x-amz-server-side-encryption-customer-algorithm", text, sizeof text);
    const bool kms = pulse_http_header(answer, "x-amz-server-side-encryption", text, sizeof text) &&
                     strncmp(text, "aws:kms", 7) == 0;
    return !own_key && !kms && (length < tail || strcmp(bucket + length - tail, directory) != 0);
}

void pulse_integrity_learn(const struct pulse_http *answer, const char *bucket,
                           struct pulse_integrity *out)
{
    char text[HEADER_TEXT];
    const char *wanted = getenv("AWS_RESPONSE_CHECKSUM_VALIDATION");
    *out = (struct pulse_integrity){0};
    if (wanted != NULL && strcmp(wanted, "when_required") == 0)
        return;
    const bool full = !pulse_http_header(answer, "x-amz-checksum-type", text, sizeof text) ||
                      strcmp(text, "FULL_OBJECT") == 0;
    for (int i = 1; full && out->kind == 0 && i < OF_ETAG; i++)
        if (pulse_http_header(answer, kinds[i].header, text, sizeof text) &&
            read_base64(text, kinds[i].bytes, out->sum))
            out->kind = i;
    if (out->kind == 0 && is_etag_md5(answer, bucket) &&
        pulse_http_header(answer, kinds[OF_ETAG].header, text, sizeof text) &&
        strlen(text) == 2 * MD5_BYTES + 2 && text[0] == '"' && text[2 * MD5_BYTES + 1] == '"' &&
        read_hex(text + 1, MD5_BYTES, out->sum))
        out->kind = OF_ETAG;
}

/* ---- Sums of bytes ------------------------------------------------------------------ */

static uint64_t get_all_ones(const struct pulse_sum *sum)
{
    return UINT64_MAX >> (64 - 8 * kinds[sum->expected->kind].bytes);
}

/* table[0][b] takes the byte b through the register, table[k] that and k bytes of 0 after it. */
static void fill_table(uint64_t polynomial, uint64_t table[8][256])
{
    for (unsigned b = 0; b < 256; b++) {
        uint64_t crc = b;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? polynomial : 0);
        table[0][b] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 255];
}

/* Eight bytes a step ("slicing", Kounavis and Berry 2005), the last few one by one. */
static uint64_t add_crc(uint64_t table[8][256], uint64_t crc, const unsigned char *at, int64_t n)
{
    for (; n >= 8; at += 8, n -= 8) {
        uint64_t x = crc;
        for (unsigned i = 0; i < 8; i++)
            x ^= (uint64_t)at[i] << 8 * i;
        crc = 0;
        for (unsigned i = 0; i < 8; i++)
            crc ^= table[7 - i][x >> 8 * i & 255];
    }
    for (; n > 0; at++, n--)
        crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
    return crc;
}

int pulse_sum_init(struct pulse_sum *sum, const struct pulse_integrity *expected,
                   struct pulse_err *err)
{
    const struct kind *kind = &kinds[expected->kind];
    *sum = (struct pulse_sum){.expected = expected->kind == 0 ? NULL : expected};
    if (kind->polynomial != 0) {
        fill_table(kind->polynomial, sum->table);
        sum->crc = get_all_ones(sum);
    }
    if (kind->digest == NULL)
        return 0;
    sum->digest = EVP_MD_CTX_new();
    if (sum->digest == NULL)
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for a checksum");
    if (EVP_DigestInit_ex(sum->digest, kind->digest(), NULL) != 1)
        pulse_sum_clear(sum); /* a library that allows no MD5: nothing is compared */
    return 0;
}

void pulse_sum_add(struct pulse_sum *sum, const void *bytes, int64_t n)
{
    if (sum->expected == NULL)
        return;
    if (sum->digest == NULL)
        sum->crc = add_crc(sum->table, sum->crc, bytes, n);
    else
        (void)EVP_DigestUpdate(sum->digest, bytes, (size_t)n);
}

int pulse_sum_check(struct pulse_sum *sum, struct pulse_err *err)
{
    unsigned char made[EVP_MAX_MD_SIZE] = {0};
    if (sum->expected == NULL)
        return 0;
    const struct kind *kind = &kinds[sum->expected->kind];
    if (sum->digest != NULL)
        (void)EVP_DigestFinal_ex(sum->digest, made, NULL);
    for (size_t i = 0; sum->digest == NULL && i < kind->bytes; i++)
        made[i] = (unsigned char)((sum->crc ^ get_all_ones(sum)) >> 8 * (kind->bytes - 1 - i));
    if (memcmp(made, sum->expected->sum, kind->bytes) == 0)
        return 0;
    return pulse_fail(err, PULSE_E_TEMPORARY, "the bytes that came do not have the object's %s",
                      kind->name);
}

void pulse_sum_clear(struct pulse_sum *sum)
{
    EVP_MD_CTX_free(sum->digest);
    sum->digest = NULL;
    sum->expected = NULL;
}
