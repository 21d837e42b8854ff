#include "store/s3/xml.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/number.h"

enum { MAX_DEPTH = 16, MAX_KEYS = 10000, NO_SIZE = -1 };

struct reading {
    struct pulse_s3_xml *out;
    struct pulse_err *err;
    XML_Parser parser;
    char element[MAX_DEPTH][32]; /* names, from the root to the innermost */
    int depth;
    char text[PULSE_S3_LONG]; /* of the innermost element */
    size_t length;
    int64_t capacity;  /* of out->keys */
    bool failed, said; /* IsTruncated was there */
    bool encoded;      /* keys are: not every server that is asked to encode them does */
};

static void stop_parser(struct reading *r)
{
    r->failed = true;
    (void)XML_StopParser(r->parser, XML_FALSE);
}

static void copy_text(char *out, size_t capacity, const char *text)
{
    const size_t length = strnlen(text, capacity - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

/* No answer of S3 has one, and what it declares stands for what the answer does not say. */
static void XMLCALL refuse_doctype(void *user, const XML_Char *name, const XML_Char *system,
                                   const XML_Char *public, int internal)
{
    struct reading *r = user;
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    (void)pulse_fail(r->err, PULSE_E_STORAGE, "XML with a document type");
    stop_parser(r);
}

/* What a key of its own is listed in: an object, or an upload. */
static bool is_entry(const char *element)
{
    return strcmp(element, "Contents") == 0 || strcmp(element, "Upload") == 0;
}

/* Without the namespace's prefix, cut to fit: no name that we look for is that long. */
static void XMLCALL start_element(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = user;
    (void)attributes;
    if (r->depth == MAX_DEPTH) {
        (void)pulse_fail(r->err, PULSE_E_STORAGE, "XML nested deeper than %d", MAX_DEPTH);
        stop_parser(r);
        return;
    }
    const char *colon = strrchr(name, ':');
    (void)strncpy(r->element[r->depth], colon == NULL ? name : colon + 1, sizeof r->element[0] - 1);
    r->depth++;
    r->length = 0;
    const char *here = r->element[r->depth - 1];
    if (r->depth == 1)
        copy_text(r->out->root, sizeof r->out->root, here);
    const bool prefix = strcmp(here, "CommonPrefixes") == 0;
    if (r->depth != 2 || (!is_entry(here) && !prefix))
        return;
    struct pulse_s3_xml *out = r->out;
    if (out->n_keys == MAX_KEYS || pulse_grow(&out->keys, &r->capacity, out->n_keys + 1,
                                              sizeof *out->keys, "a listing", r->err) != 0) {
        if (r->err->kind == PULSE_OK)
            (void)pulse_fail(r->err, PULSE_E_STORAGE, "more than %d keys in one answer", MAX_KEYS);
        stop_parser(r);
        return;
    }
    out->keys[out->n_keys++] = (struct pulse_s3_key){
        .prefix = prefix, .bytes = strcmp(here, "Contents") == 0 ? NO_SIZE : 0};
}

static void XMLCALL add_text(void *user, const XML_Char *text, int n)
{
    struct reading *r = user;
    if ((size_t)n >= sizeof r->text - r->length) {
        (void)pulse_fail(r->err, PULSE_E_STORAGE, "XML with a text longer than %d bytes",
                         PULSE_S3_LONG);
        stop_parser(r);
        return;
    }
    memcpy(r->text + r->length, text, (size_t)n);
    r->length += (size_t)n;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* In place; a '+' is a space, as encoding-type=url writes it. */
static void percent_decode(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        const int high = from[0] == '%' ? hex_digit(from[1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(from[2]);
        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high << 4 | low);
            from += 2;
        } else
            *to++ = *from == '+' ? ' ' : *from;
    }
    *to = '\0';
}

static void read_key(struct reading *r, const char *field)
{
    struct pulse_s3_key *key = &r->out->keys[r->out->n_keys - 1];
    if (strcmp(field, "Size") == 0 &&
        !pulse_parse_int(r->text, 0, PULSE_S3_MAX_BYTES, &key->bytes)) {
        (void)pulse_fail(r->err, PULSE_E_STORAGE, "'%.40s' is no size of an object", r->text);
        stop_parser(r);
    }
    int64_t instant;
    if (strcmp(field, "LastModified") == 0 && pulse_parse_instant(r->text, r->length, &instant))
        key->modified = instant / PULSE_NS_PER_SECOND;
    if (strcmp(field, "UploadId") == 0 && key->upload_id == NULL) {
        key->upload_id = pulse_strdup(r->text, r->err);
        if (key->upload_id == NULL)
            stop_parser(r);
    }
    if (strcmp(field, key->prefix ? "Prefix" : "Key") != 0 || key->key != NULL)
        return;
    key->key = pulse_strdup(r->text, r->err);
    if (key->key == NULL)
        stop_parser(r);
}

static void read_field(struct reading *r, const char *root, const char *field)
{
    struct pulse_s3_xml *out = r->out;
    const bool error = strcmp(root, "Error") == 0;
    if (error && strcmp(field, "Code") == 0)
        copy_text(out->code, sizeof out->code, r->text);
    else if (error && strcmp(field, "Message") == 0)
        copy_text(out->message, sizeof out->message, r->text);
    else if (error && strcmp(field, "Region") == 0)
        copy_text(out->region, sizeof out->region, r->text);
    else if (error && strcmp(field, "Endpoint") == 0)
        copy_text(out->endpoint, sizeof out->endpoint, r->text);
    else if (strcmp(field, "UploadId") == 0)
        copy_text(out->upload_id, sizeof out->upload_id, r->text);
    else if (strcmp(field, "ETag") == 0)
        copy_text(out->etag, sizeof out->etag, r->text);
    else if (strcmp(field, "NextContinuationToken") == 0)
        copy_text(out->next, sizeof out->next, r->text);
    else if (strcmp(field, "EncodingType") == 0)
        r->encoded = strcasecmp(r->text, "url") == 0;
    else if (strcmp(field, "IsTruncated") == 0) {
        r->said = true;
        out->truncated = strcmp(r->text, "true") == 0;
        if (!out->truncated && strcmp(r->text, "false") != 0) {
            (void)pulse_fail(r->err, PULSE_E_STORAGE, "'%.40s' does not say whether there is more",
                             r->text);
            stop_parser(r);
        }
    }
}

static void XMLCALL end_element(void *user, const XML_Char *name)
{
    struct reading *r = user;
    (void)name;
    if (r->failed)
        return;
    r->text[r->length] = '\0';
    const int depth = r->depth--;
    if (depth == 2)
        read_field(r, r->element[0], r->element[1]);
    const char *parent = depth == 3 ? r->element[1] : "";
    if (is_entry(parent) || strcmp(parent, "CommonPrefixes") == 0)
        read_key(r, r->element[2]);
    r->length = 0;
}

int pulse_s3_xml_read(const char *text, int64_t bytes, const char *what, struct pulse_s3_xml *out,
                      struct pulse_err *err)
{
    struct pulse_err why = {.kind = PULSE_OK};
    *out = (struct pulse_s3_xml){.n_keys = 0};
    struct reading *r = pulse_calloc(1, sizeof *r, "an answer in XML", err);
    if (r == NULL)
        return -1;
    r->out = out;
    r->err = &why;
    r->parser = XML_ParserCreate(NULL);
    if (r->parser == NULL) {
        free(r);
        return pulse_fail(err, PULSE_E_MEMORY, "out of memory for an answer in XML");
    }
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, start_element, end_element);
    XML_SetCharacterDataHandler(r->parser, add_text);
    XML_SetStartDoctypeDeclHandler(r->parser, refuse_doctype);
    int rc = 0;
    /* A completion that takes long sends blanks meanwhile, some servers before the declaration. */
    for (; bytes > 0 && strchr(" \t\r\n", *text) != NULL && *text != '\0'; bytes--)
        text++;
    if (bytes > INT32_MAX || XML_Parse(r->parser, text, (int)bytes, 1) != XML_STATUS_OK)
        rc = pulse_fail(err, why.kind == PULSE_OK ? PULSE_E_STORAGE : why.kind,
                        "%s: the answer cannot be read: %s", what,
                        why.kind == PULSE_OK ? XML_ErrorString(XML_GetErrorCode(r->parser))
                                             : why.text);
    for (int64_t i = 0; rc == 0 && r->encoded && i < out->n_keys; i++)
        if (out->keys[i].key != NULL)
            percent_decode(out->keys[i].key);
    for (int64_t i = 0; rc == 0 && i < out->n_keys; i++)
        if (out->keys[i].key == NULL || out->keys[i].bytes == NO_SIZE)
            rc = pulse_fail(err, PULSE_E_STORAGE, "%s: the answer lists a key without a %s", what,
                            out->keys[i].key == NULL ? "name" : "size");
    /* Who says how to go on, and not whether, has more. */
    if (!r->said)
        out->truncated = out->next[0] != '\0';
    XML_ParserFree(r->parser);
    free(r);
    if (rc != 0)
        pulse_s3_xml_clear(out);
    return rc;
}

void pulse_s3_xml_clear(struct pulse_s3_xml *xml)
{
    for (int64_t i = 0; i < xml->n_keys; i++) {
        free(xml->keys[i].key);
        free(xml->keys[i].upload_id);
    }
    free(xml->keys);
    *xml = (struct pulse_s3_xml){.n_keys = 0};
}
