#include "store/aws/credential_request.h"

#include <expat.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "base/progress.h"
#include "base/utf8.h"
#include "store/aws/retry_policy.h"
#include "store/aws/retry_state.h"

enum { ATTEMPTS = 3 };

void pulse_credential_request_wipe(struct pulse_http *http)
{
    if (http->text != NULL)
        OPENSSL_cleanse(http->text, strlen(http->text));
    pulse_http_clear(http);
}

/* ---- Errors --------------------------------------------------------------------- */

struct reading {
    const struct pulse_credential_field *fields;
    int n, current; /* the field whose element is open; -1: none */
    size_t length;  /* of its text so far */
};

static void XMLCALL begin_element(void *user, const XML_Char *name, const XML_Char **attributes)
{
    struct reading *r = user;
    (void)attributes;
    r->current = -1; /* it holds text, no others */
    r->length = 0;
    for (int i = 0; i < r->n; i++)
        if (strcmp(name, r->fields[i].name) == 0 && r->fields[i].out[0] == '\0')
            r->current = i;
}

static void XMLCALL add_text(void *user, const XML_Char *text, int n)
{
    struct reading *r = user;
    const struct pulse_credential_field *field = &r->fields[r->current < 0 ? 0 : r->current];
    for (int i = 0; r->current >= 0 && i < n && r->length + 1 < field->capacity; i++) {
        field->out[r->length++] = text[i];
        field->out[r->length] = '\0';
    }
}

static void XMLCALL end_element(void *user, const XML_Char *name)
{
    (void)name;
    ((struct reading *)user)->current = -1;
}

bool pulse_credential_request_read_xml(const char *text,
                                       const struct pulse_credential_field *fields, int n)
{
    struct reading r = {.fields = fields, .n = n, .current = -1};
    XML_Parser parser = XML_ParserCreate(NULL);
    for (int i = 0; i < n; i++)
        fields[i].out[0] = '\0';
    if (parser == NULL)
        return false;
    XML_SetUserData(parser, &r);
    XML_SetElementHandler(parser, begin_element, end_element);
    XML_SetCharacterDataHandler(parser, add_text);
    const bool whole = XML_Parse(parser, text, (int)strlen(text), 1) == XML_STATUS_OK;
    XML_ParserFree(parser);
    return whole;
}

void pulse_credential_request_read_error(const struct pulse_http *http,
                                         char code[PULSE_CREDENTIAL_CODE],
                                         char message[PULSE_CREDENTIAL_MESSAGE])
{
    const char *text = http->whole && http->text != NULL ? http->text : "";
    code[0] = message[0] = '\0';
    if (http->status / 100 == 2)
        return;
    if (text[strspn(text, " \t\r\n")] == '<') {
        const struct pulse_credential_field fields[] = {
            {"Code", code, PULSE_CREDENTIAL_CODE}, {"Message", message, PULSE_CREDENTIAL_MESSAGE}};
        (void)pulse_credential_request_read_xml(text, fields, 2); /* before a fault it counts */
    } else {
        json_t *body = json_loads(text, 0, NULL);
        const char *type = json_string_value(json_object_get(body, "__type"));
        const char *words = json_string_value(json_object_get(body, "message"));
        const char *hash = type == NULL ? NULL : strchr(type, '#');
        type = hash != NULL   ? hash + 1
               : type != NULL ? type
                              : json_string_value(json_object_get(body, "code"));
        (void)snprintf(code, PULSE_CREDENTIAL_CODE, "%s", type == NULL ? "" : type);
        (void)snprintf(message, PULSE_CREDENTIAL_MESSAGE, "%s", words == NULL ? "" : words);
        json_decref(body);
    }
    pulse_utf8_repair(code);
    pulse_utf8_repair(message);
}

/* STS says so with status 400 as well: when it is asked too often, and when it cannot reach whoever
 * made a web identity. */
bool pulse_credential_request_is_busy(const struct pulse_http *http)
{
    char code[PULSE_CREDENTIAL_CODE], message[PULSE_CREDENTIAL_MESSAGE];
    pulse_credential_request_read_error(http, code, message);
    return http->check == NULL && (strcmp(code, "IDPCommunicationError") == 0 ||
                                   pulse_retry_policy_decide(http->status, http->whole, code,
                                                             false) == PULSE_ANSWER_RETRY);
}

int pulse_credential_request_fail(const struct pulse_http *http, const char *source,
                                  struct pulse_err *err)
{
    char code[PULSE_CREDENTIAL_CODE], message[PULSE_CREDENTIAL_MESSAGE];
    const bool busy = pulse_credential_request_is_busy(http);
    const enum pulse_kind kind = busy ? PULSE_E_TEMPORARY : PULSE_E_STORAGE;
    const char *next = busy ? "; try again later" : "";
    pulse_credential_request_read_error(http, code, message);
    if (!http->whole)
        return pulse_fail(err, kind, "credentials from %s: %s%s%s", source, http->problem,
                          http->check == NULL ? next : "; check ",
                          http->check == NULL ? "" : http->check);
    return pulse_fail(err, kind, "credentials from %s: it answers %d%s%s%s%s%s", source,
                      http->status, code[0] == '\0' ? "" : " ", code,
                      message[0] == '\0' ? "" : ": ", message, next);
}

/* ---- Attempts ------------------------------------------------------------------- */

int pulse_credential_request_perform(struct pulse_http *http, bool sure, struct pulse_err *err)
{
    int rc = 0;
    bool again = true;
    for (int attempt = 1; rc == 0 && again; attempt++) {
        rc = pulse_http_perform(http, err);
        again = rc == 0 && attempt < ATTEMPTS && (sure || http->status != 0) &&
                pulse_credential_request_is_busy(http);
        if (again)
            rc = pulse_retry_state_sleep(pulse_seconds() + 0.2 * attempt, err);
    }
    return rc;
}
