#include "submit/aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "store/aws/config.h"
#include "store/aws/credential_chain.h"
#include "store/aws/http.h"
#include "store/aws/retry_policy.h"
#include "store/aws/retry_state.h"
#include "store/aws/sigv4.h"

enum { MOST_HEADERS = 8, ANSWER_SECONDS = 60, ANSWER_BYTES = 8 << 20 };

int pulse_aws_init(struct pulse_aws *aws, const char *service, const char *region,
                   const char *endpoint_url, struct pulse_err *err)
{
    bool custom;
    *aws = (struct pulse_aws){.service = service, .region = pulse_aws_region(region, err)};
    if (aws->region == NULL)
        return err->kind != PULSE_OK
                   ? -1
                   : pulse_fail(err, PULSE_E_USAGE,
                                "no AWS region: name it with --aws-region or AWS_REGION");
    aws->endpoint = pulse_aws_endpoint(endpoint_url, service, aws->region, &custom, err);
    return aws->endpoint == NULL ? -1 : 0;
}

void pulse_aws_clear(struct pulse_aws *aws)
{
    free(aws->region);
    free(aws->endpoint);
    *aws = (struct pulse_aws){.service = NULL};
}

void pulse_aws_call_clear(struct pulse_aws_call *call)
{
    json_decref(call->answer);
    call->answer = NULL;
}

/* ---- What an answer says -------------------------------------------------------- */

static void take_text(const char *from, char *to, size_t size)
{
    (void)snprintf(to, size, "%s", from);
    pulse_utf8_repair(to);
}

static const char *string_of(const json_t *object, const char *const *names)
{
    for (; *names != NULL; names++)
        if (json_is_string(json_object_get(object, *names)))
            return json_string_value(json_object_get(object, *names));
    return "";
}

void pulse_aws_read_error(const char *header, const char *text, char code[PULSE_AWS_CODE],
                          char message[PULSE_AWS_MESSAGE])
{
    json_t *body = text == NULL ? NULL : json_loads(text, JSON_ALLOW_NUL, NULL);
    const char *said = header;
    if (said[0] == '\0')
        said = string_of(body, (const char *const[]){"code", "Code", "__type", NULL});
    const char *hash = strchr(said, '#');
    take_text(hash == NULL ? said : hash + 1, code, PULSE_AWS_CODE);
    code[strcspn(code, ":")] = '\0';
    take_text(string_of(body, (const char *const[]){"message", "Message", NULL}), message,
              PULSE_AWS_MESSAGE);
    json_decref(body);
}

static bool is_denied(const struct pulse_aws_call *call)
{
    return strcmp(call->code, "AccessDeniedException") == 0 ||
           strcmp(call->code, "AccessDenied") == 0 ||
           strcmp(call->code, "UnauthorizedOperation") == 0;
}

static const char *advise_on(const struct pulse_aws_call *call)
{
    if (strcmp(pulse_retry_policy_code(call->code, call->message), "RequestTimeTooSkewed") == 0)
        return "the clock of this machine is off; set it";
    if (is_denied(call))
        return "these credentials may not do that; ask for the permission or use others";
    if (strstr(call->message, "scoped to a valid region") != NULL ||
        strstr(call->message, "scoped to correct region") != NULL ||
        strcmp(call->code, "AuthorizationHeaderMalformed") == 0)
        return "the region is wrong, the keys may be right: check --aws-region and --endpoint-url";
    if (strcmp(call->code, "UnrecognizedClientException") == 0 ||
        strcmp(call->code, "InvalidClientTokenId") == 0)
        return "the access key is not known there: check the credentials, whether they are of this "
               "partition, and whether the account has this region enabled";
    if (strcmp(call->code, "OptInRequired") == 0 || strcmp(call->code, "AuthFailure") == 0)
        return "the account has not enabled this service or region; enable it or name another "
               "--aws-region";
    if (strcmp(call->code, "InvalidSignatureException") == 0 ||
        strcmp(call->code, "SignatureDoesNotMatch") == 0)
        return "the secret key is wrong (or a proxy changed the request); check the credentials";
    if (strncmp(call->code, "ExpiredToken", 12) == 0)
        return "the session is over; log in again";
    if (call->code[0] == '\0' && call->message[0] == '\0')
        return "AWS does not answer so: check --endpoint-url, and proxies";
    return "change what it names";
}

static int fail_call(const struct pulse_aws *aws, const struct pulse_aws_call *call,
                     struct pulse_err *err)
{
    return pulse_fail(err, PULSE_E_STORAGE, "%s: AWS %s in %s answers %d%s%s%s%.300s; %s",
                      call->what, aws->service, aws->region, call->status,
                      call->code[0] == '\0' ? "" : " ", call->code,
                      call->message[0] == '\0' ? "" : ": ", call->message, advise_on(call));
}

static int give_up(const struct pulse_aws *aws, const struct pulse_aws_call *call,
                   const struct pulse_http *http, struct pulse_err *err)
{
    char why[PULSE_HTTP_PROBLEM + PULSE_AWS_CODE];
    if (http->problem[0] != '\0')
        (void)snprintf(why, sizeof why, "%s", http->problem);
    else if (http->status / 100 == 2)
        (void)snprintf(why, sizeof why, "the answer is no JSON object");
    else
        (void)snprintf(why, sizeof why, "it answers %d%s%s", http->status,
                       call->code[0] == '\0' ? "" : " ", call->code);
    if (http->check != NULL)
        return pulse_fail(err, PULSE_E_STORAGE, "%s: AWS %s at %s: %s; check %s", call->what,
                          aws->service, aws->endpoint, why, http->check);
    return pulse_fail(
        err, PULSE_E_TEMPORARY, "%s: AWS %s at %s: %s (%d attempt%s); try again later", call->what,
        aws->service, aws->endpoint, why, call->attempts, call->attempts == 1 ? "" : "s");
}

/* ---- One attempt ---------------------------------------------------------------- */

static int send_once(const struct pulse_aws *aws, const struct pulse_aws_call *call,
                     const char *body, struct pulse_http *http, struct pulse_err *err)
{
    const struct pulse_credentials *who;
    const char *headers[MOST_HEADERS], *host = strstr(aws->endpoint, "://"); /* it has one */
    char digest[PULSE_SHA256_HEX], target[128], **signed_lines = NULL;
    int n = 0, rc = -1;
    char *url = pulse_print(err, "%s%s", aws->endpoint, call->path);
    if (url == NULL || pulse_credentials_get(&who, err) != 0)
        goto done;
    headers[n++] = call->target == NULL ? "Content-Type: application/json"
                                        : "Content-Type: application/x-amz-json-1.1";
    (void)snprintf(target, sizeof target, "X-Amz-Target: %s", call->target ? call->target : "");
    if (call->target != NULL)
        headers[n++] = target;
    pulse_sha256_hex(body, strlen(body), digest);
    const struct pulse_sigv4 sign = {.key_id = who->key_id,
                                     .secret = who->secret,
                                     .token = who->token,
                                     .region = aws->region,
                                     .service = aws->service,
                                     .unix_seconds = pulse_retry_state_server_time(),
                                     .method = "POST",
                                     .host = host == NULL ? "" : host + 3,
                                     .path = call->path,
                                     .headers = headers,
                                     .n_headers = n,
                                     .payload_sha256 = digest};
    signed_lines = pulse_sigv4_headers(&sign, err);
    if (signed_lines == NULL)
        goto done;
    for (char **line = signed_lines; *line != NULL && n < MOST_HEADERS; line++)
        headers[n++] = *line;
    http->method = "POST";
    http->url = url;
    http->headers = headers;
    http->n_headers = n;
    http->body = body;
    http->body_bytes = (int64_t)strlen(body);
    http->once = call->once;
    http->limit_bytes = ANSWER_BYTES;
    http->total_seconds = ANSWER_SECONDS;
    rc = pulse_http_perform(http, err);
done:
    pulse_sigv4_headers_free(signed_lines);
    free(url);
    return rc;
}

/* Reads what came; the verdict on it. */
static enum pulse_retry_decision read_answer(struct pulse_aws_call *call,
                                             const struct pulse_http *http)
{
    char header[PULSE_AWS_CODE] = "";
    call->attempts++;
    call->status = http->status;
    call->code[0] = call->message[0] = '\0';
    if (http->whole && http->status / 100 == 2) {
        const char *text = http->text == NULL ? "" : http->text;
        const bool blank = text[strspn(text, " \t\r\n")] == '\0';
        call->answer =
            call->empty && blank ? json_object() : json_loads(text, JSON_ALLOW_NUL, NULL);
        if (json_is_object(call->answer))
            return PULSE_ANSWER_DONE;
        json_decref(call->answer);
        call->answer = NULL;
        call->ambiguous = true;
        return PULSE_ANSWER_RETRY;
    }
    (void)pulse_http_header(http, "x-amzn-errortype", header, sizeof header);
    pulse_aws_read_error(header, http->whole ? http->text : NULL, call->code, call->message);
    const enum pulse_retry_decision decision = pulse_retry_policy_decide(
        http->status, http->whole, pulse_retry_policy_code(call->code, call->message), false);
    call->ambiguous = decision == PULSE_ANSWER_RETRY && http->status != 429 &&
                      http->check == NULL &&
                      (http->status == 0 || http->status >= 500 || !http->whole);
    return decision;
}

/* What follows an attempt. */
struct course {
    bool dated, renewed; /* repeated for the sake of the clock, of a new session */
    bool again;
    double wait_until;
};

static int follow_attempt(const struct pulse_aws *aws, struct pulse_aws_call *call,
                          const struct pulse_http *http, struct course *course,
                          struct pulse_err *err)
{
    course->again = false;
    course->wait_until = 0;
    switch (read_answer(call, http)) {
    case PULSE_ANSWER_DONE:
        pulse_retry_state_note_success();
        return 0;
    case PULSE_ANSWER_SKEW:
        course->again = !course->dated && pulse_retry_state_correct_clock(http);
        course->dated = true;
        return course->again ? 0 : fail_call(aws, call, err);
    case PULSE_ANSWER_EXPIRED:
        course->again = !course->renewed;
        course->renewed = true;
        pulse_credentials_forget();
        return course->again ? 0 : fail_call(aws, call, err);
    case PULSE_ANSWER_RETRY:
        course->again =
            !(call->once && call->ambiguous) &&
            pulse_retry_state_schedule(http, call->attempts, false, &course->wait_until);
        return course->again ? 0 : give_up(aws, call, http, err);
    case PULSE_ANSWER_REGION:
    case PULSE_ANSWER_FAIL:
    default:
        return fail_call(aws, call, err);
    }
}

int pulse_aws_perform(const struct pulse_aws *aws, struct pulse_aws_call *call,
                      struct pulse_err *err)
{
    struct pulse_http http = {.method = NULL};
    struct course course = {.again = true};
    int rc = 0;
    char *body = json_dumps(call->body, JSON_COMPACT);
    if (body == NULL)
        rc = pulse_fail(err, PULSE_E_MEMORY, "%s: out of memory for the request", call->what);
    while (body != NULL && rc == 0 && course.again) {
        rc = pulse_retry_state_sleep(course.wait_until, err);
        if (rc == 0)
            rc = send_once(aws, call, body, &http, err);
        if (rc == 0)
            rc = follow_attempt(aws, call, &http, &course, err);
    }
    pulse_http_clear(&http);
    free(body);
    return rc;
}

const char *pulse_aws_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

int64_t pulse_aws_whole(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}
