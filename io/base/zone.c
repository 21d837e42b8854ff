#include "base/zone.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/mem.h"
#include "base/zone_rule.h"

enum { NAME_MOST = 63, FILE_MOST = 1 << 20, TYPES_MOST = 256 };
static const int64_t SECONDS_PER_DAY = 86400;

struct pulse_zone {
    struct pulse_zone *next;
    char name[NAME_MOST + 1];
    int64_t first; /* offset before the first change */
    int64_t n;     /* changes */
    int64_t *at;   /* n: seconds since 1970, ascending */
    int64_t *offset;
    struct pulse_zone_rule rule; /* after the last change */
};

/* All that were found: few, and needed as long as anything is read. */
static struct pulse_zone *found;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- The database ---------------------------------------------------------------- */

/* Bytes of a file of the database (RFC 8536), all of whose numbers have their first byte first. */
struct bytes {
    const unsigned char *at, *end;
};

static int64_t take_number(struct bytes *b, int size)
{
    uint64_t value = 0;
    if (b->end - b->at < size) {
        b->at = b->end;
        return 0;
    }
    for (int i = 0; i < size; i++)
        value = value << 8 | *b->at++;
    return size == 4 ? (int32_t)(uint32_t)value : (int64_t)value;
}

static bool pass_bytes(struct bytes *b, int64_t n)
{
    if (n < 0 || b->end - b->at < n)
        return false;
    b->at += n;
    return true;
}

/* What the head says of a block. */
struct counts {
    int version;
    int64_t utc, standard, leaps, times, types, characters;
};

static bool take_counts(struct bytes *b, struct counts *out)
{
    if (b->end - b->at < 44 || memcmp(b->at, "TZif", 4) != 0)
        return false;
    *out = (struct counts){.version = b->at[4] == '\0' ? 1 : b->at[4] - '0'};
    b->at += 20;
    out->utc = take_number(b, 4);
    out->standard = take_number(b, 4);
    out->leaps = take_number(b, 4);
    out->times = take_number(b, 4);
    out->types = take_number(b, 4);
    out->characters = take_number(b, 4);
    return out->utc >= 0 && out->standard >= 0 && out->leaps >= 0 && out->times >= 0 &&
           out->types >= 1 && out->types <= TYPES_MOST && out->characters >= 0;
}

static int64_t block_bytes(const struct counts *c, int time)
{
    return c->times * (time + 1) + c->types * 6 + c->characters + c->leaps * (time + 4) +
           c->standard + c->utc;
}

static bool take_changes(struct bytes b, const struct counts *c, int time, struct pulse_zone *zone)
{
    struct bytes index = b, types = b;
    if (!pass_bytes(&index, c->times * time) || !pass_bytes(&types, c->times * (time + 1)) ||
        types.end - types.at < c->types * 6)
        return false;
    bool good = true;
    for (int64_t i = 0; i < c->times; i++) {
        struct bytes type = types;
        const int64_t which = *index.at++;
        good = good && which < c->types && pass_bytes(&type, which * 6);
        zone->at[i] = take_number(&b, time);
        zone->offset[i] = good ? take_number(&type, 4) : 0;
        good = good && (i == 0 || zone->at[i] > zone->at[i - 1]);
    }
    zone->n = c->times;
    zone->first = take_number(&types, 4);
    return good;
}

/* False where the bytes are no file of the database. */
static bool read_zone(struct bytes b, struct pulse_zone *zone, struct pulse_err *err)
{
    struct counts c;
    int time = 4;
    if (!take_counts(&b, &c))
        return false;
    if (c.version >= 2) { /* the same again with times of 8 bytes, and the rule behind it */
        time = 8;
        if (!pass_bytes(&b, block_bytes(&c, 4)) || !take_counts(&b, &c))
            return false;
    }
    if (b.end - b.at < block_bytes(&c, time))
        return false;
    zone->at = pulse_calloc(c.times, sizeof *zone->at, "a time zone", err);
    zone->offset = pulse_calloc(c.times, sizeof *zone->offset, "a time zone", err);
    if (zone->at == NULL || zone->offset == NULL || !take_changes(b, &c, time, zone))
        return false;
    b.at += block_bytes(&c, time);
    const int64_t last = zone->n > 0 ? zone->offset[zone->n - 1] : zone->first;
    zone->rule = (struct pulse_zone_rule){.standard = last, .summer = last};
    return time == 4 || pulse_zone_rule_parse((const char *)b.at, b.end - b.at, &zone->rule);
}

/* Whether a name may be part of a path: it comes from files of others. */
static bool is_name(const char *name)
{
    static const char others[] = "_+-/";
    const size_t length = strlen(name);
    if (length < 1 || length > NAME_MOST || name[0] == '/' || strstr(name, "..") != NULL)
        return false;
    for (const char *p = name; *p != '\0'; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
              strchr(others, *p) != NULL))
            return false;
    return true;
}

static const char *database(void)
{
    const char *said = getenv("TZDIR");
    return said != NULL && said[0] == '/' ? said : "/usr/share/zoneinfo";
}

static int load_zone(struct pulse_zone *zone, struct pulse_err *err)
{
    char path[4096];
    unsigned char *bytes = pulse_calloc(FILE_MOST, 1, "a time zone", err);
    FILE *file = NULL;
    size_t n = 0;
    bool good = false;
    if (bytes == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/%s", database(), zone->name);
    if (is_name(zone->name))
        file = fopen(path, "rbe");
    if (file != NULL) {
        n = fread(bytes, 1, FILE_MOST, file);
        (void)fclose(file);
        good = read_zone((struct bytes){bytes, bytes + n}, zone, err);
    }
    free(bytes);
    if (good)
        return 0;
    return pulse_fail(err, PULSE_E_INPUT,
                      "no time zone '%.80s' in %s (of the package tzdata); write one as in "
                      "America/New_York, or an offset as in +09:00",
                      zone->name, database());
}

/* ---- Fixed offsets ----------------------------------------------------------------- */

/* "+09:00", "-0530", "+09", perhaps after UTC, as the ISO 8601 reader takes them. */
static bool is_fixed(const char *name, int64_t *seconds)
{
    char text[NAME_MOST + 1];
    int64_t ns;
    if (strncmp(name, "UTC", 3) == 0 && (name[3] == '+' || name[3] == '-'))
        name += 3;
    if (name[0] != '+' && name[0] != '-')
        return false;
    const int n = snprintf(text, sizeof text, "1970-01-02T00:00:00%.20s", name);
    if (!pulse_parse_instant(text, (size_t)n, &ns))
        return false;
    *seconds = (PULSE_NS_PER_DAY - ns) / PULSE_NS_PER_SECOND;
    return true;
}

static void set_fixed(struct pulse_zone *zone, int64_t seconds)
{
    const long long minutes = (seconds < 0 ? -seconds : seconds) / 60;
    (void)snprintf(zone->name, sizeof zone->name, "%c%02lld:%02lld", seconds < 0 ? '-' : '+',
                   minutes / 60, minutes % 60);
    if (seconds == 0)
        (void)snprintf(zone->name, sizeof zone->name, "UTC");
    zone->first = seconds;
    zone->rule = (struct pulse_zone_rule){.standard = seconds, .summer = seconds};
}

const struct pulse_zone *pulse_zone_utc(void)
{
    static const struct pulse_zone utc = {.name = "UTC"};
    return &utc;
}

/* ---- Finding ----------------------------------------------------------------------- */

static int make_zone(const char *name, const struct pulse_zone **out, struct pulse_err *err)
{
    int64_t seconds;
    struct pulse_zone *zone = pulse_calloc(1, sizeof *zone, "a time zone", err);
    int rc = zone == NULL ? -1 : 0;
    if (rc == 0 && is_fixed(name, &seconds))
        set_fixed(zone, seconds);
    else if (rc == 0) {
        (void)snprintf(zone->name, sizeof zone->name, "%s", name);
        rc = load_zone(zone, err);
    }
    if (rc == 0) {
        zone->next = found;
        found = zone;
        *out = zone;
    } else if (zone != NULL) {
        free(zone->at);
        free(zone->offset);
        free(zone);
    }
    return rc;
}

int pulse_zone_find(const char *name, const struct pulse_zone **out, struct pulse_err *err)
{
    static const char folder[] = "zoneinfo/";
    const char *below = strstr(name, folder);
    int rc = 0;
    if (below != NULL)
        name = below + sizeof folder - 1;
    *out = strcmp(name, "UTC") == 0 ? pulse_zone_utc() : NULL;
    (void)pthread_mutex_lock(&lock);
    for (const struct pulse_zone *zone = found; *out == NULL && zone != NULL; zone = zone->next)
        if (strcmp(zone->name, name) == 0)
            *out = zone;
    if (*out == NULL)
        rc = make_zone(name, out, err);
    (void)pthread_mutex_unlock(&lock);
    return rc;
}

int pulse_zone_of_file(const char *file, const char *name, const struct pulse_zone **out,
                       struct pulse_err *err)
{
    if (pulse_zone_find(name, out, err) == 0)
        return 0;
    return err->kind != PULSE_E_INPUT
               ? -1
               : pulse_fail(err, PULSE_E_INPUT,
                            "%s: its times are of the zone '%.80s', which is not in %s (of the "
                            "package tzdata); say --time-zone ZONE with one that is",
                            file, name, database());
}

const char *pulse_zone_name(const struct pulse_zone *zone)
{
    return zone->name;
}

bool pulse_zone_is_utc(const struct pulse_zone *zone)
{
    return zone->n == 0 && zone->first == 0 && zone->rule.standard == 0 && !zone->rule.changes;
}

/* ---- Clocks ------------------------------------------------------------------------ */

int64_t pulse_zone_offset(const struct pulse_zone *zone, int64_t second)
{
    int64_t low = 0, high = zone->n; /* changes up to then: in low … high */
    while (low < high) {
        const int64_t middle = (low + high) / 2;
        if (zone->at[middle] <= second)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->n)
        return pulse_zone_rule_offset(&zone->rule, second);
    return low == 0 ? zone->first : zone->offset[low - 1];
}

static int64_t second_of(int64_t time_ns)
{
    return time_ns / PULSE_NS_PER_SECOND - (time_ns % PULSE_NS_PER_SECOND < 0);
}

static int64_t add_seconds(int64_t time_ns, int64_t seconds)
{
    int64_t sum;
    if (__builtin_add_overflow(time_ns, seconds * PULSE_NS_PER_SECOND, &sum))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

int64_t pulse_zone_clock(const struct pulse_zone *zone, int64_t time_ns)
{
    return add_seconds(time_ns, pulse_zone_offset(zone, second_of(time_ns)));
}

int64_t pulse_zone_instant(const struct pulse_zone *zone, int64_t clock_ns)
{
    /* No clock is a day off: one of the offsets a day before and after is that of the instant. */
    const int64_t clock = second_of(clock_ns);
    const int64_t before = pulse_zone_offset(zone, clock - SECONDS_PER_DAY);
    const int64_t after = pulse_zone_offset(zone, clock + SECONDS_PER_DAY);
    if (pulse_zone_offset(zone, clock - before) == before)
        return add_seconds(clock_ns, -before);
    return add_seconds(clock_ns,
                       pulse_zone_offset(zone, clock - after) == after ? -after : -before);
}

char *pulse_zone_format(const struct pulse_zone *zone, int64_t time_ns,
                        char out[PULSE_INSTANT_TEXT])
{
    if (zone == NULL)
        return pulse_format_instant(time_ns, out);
    const int64_t minutes = pulse_zone_offset(zone, second_of(time_ns)) / 60;
    const long long size = minutes < 0 ? -minutes : minutes;
    const size_t length = strlen(pulse_format_instant(add_seconds(time_ns, minutes * 60), out));
    (void)snprintf(out + length, PULSE_INSTANT_TEXT - length, "%c%02lld:%02lld",
                   minutes < 0 ? '-' : '+', size / 60, size % 60);
    return out;
}
