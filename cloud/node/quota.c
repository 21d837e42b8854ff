#include "node/quota.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"

enum { LINE = 4096 };

/* A positive number that the text begins with, and what follows it; else -1. */
static int64_t read_positive(const char *text, const char **rest)
{
    int64_t n;
    text += strspn(text, " ");
    *rest = pulse_parse_digits(text, &n);
    if (*rest != NULL && n > 0)
        return n;
    *rest = text;
    return -1;
}

static int64_t whole_cpus(int64_t quota, int64_t period)
{
    if (quota < 0 || period < 0)
        return -1;
    return quota / period > 0 ? quota / period : 1;
}

int64_t pulse_quota_v2(const char *cpu_max)
{
    const char *rest;
    const int64_t quota = read_positive(cpu_max, &rest); /* "max" is no number */
    return quota < 0 ? -1 : whole_cpus(quota, read_positive(rest, &rest));
}

int64_t pulse_quota_v1(const char *quota_us, const char *period_us)
{
    const char *rest;
    const int64_t quota = read_positive(quota_us, &rest);
    return whole_cpus(quota, read_positive(period_us, &rest));
}

/* The first line of a file; "" when there is none. */
static const char *first_line(const char *directory, const char *name, char line[LINE])
{
    char path[PATH_MAX];
    line[0] = '\0';
    FILE *file = NULL;
    if (snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path)
        file = fopen(path, "re");
    if (file == NULL || fgets(line, LINE, file) == NULL)
        line[0] = '\0';
    if (file != NULL)
        (void)fclose(file);
    return line;
}

static int64_t tighter_limit(int64_t one, int64_t other)
{
    if (one < 0 || other < 0)
        return one < 0 ? other : one;
    return one < other ? one : other;
}

/* The limit at `mount`/`group` and at all above it up to `mount`. In a container the group's path
 * may be the host's, which does not exist there: then the mount itself is the container's group. */
static int64_t limit_along(const char *mount, const char *group)
{
    char directory[PATH_MAX], one[LINE], other[LINE];
    int64_t limit = -1;
    if (snprintf(directory, sizeof directory, "%s%s", mount, group) >= (int)sizeof directory)
        return -1;
    for (;;) {
        limit = tighter_limit(limit, pulse_quota_v2(first_line(directory, "cpu.max", one)));
        limit =
            tighter_limit(limit, pulse_quota_v1(first_line(directory, "cpu.cfs_quota_us", one),
                                                first_line(directory, "cpu.cfs_period_us", other)));
        if (strlen(directory) <= strlen(mount))
            return limit;
        *strrchr(directory, '/') = '\0';
    }
}

/* A line of /proc/self/cgroup is ID:CONTROLLERS:PATH; v2's has ID 0 and no controllers. */
static int64_t limit_of_line(const char *root, char *line)
{
    char mount[PATH_MAX];
    int64_t limit = -1;
    line[strcspn(line, "\n")] = '\0';
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL || group[1] != '/')
        return -1;
    *group++ = '\0';
    controllers++;
    if (controllers[0] == '\0') {
        (void)snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
        return limit_along(mount, group);
    }
    char *rest;
    for (char *one = strtok_r(controllers, ",", &rest); one != NULL;
         one = strtok_r(NULL, ",", &rest))
        if (strcmp(one, "cpu") == 0) {
            (void)snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
            limit = limit_along(mount, group);
        }
    return limit;
}

int64_t pulse_quota_cgroup(const char *root)
{
    char path[PATH_MAX], line[LINE];
    int64_t limit = -1;
    (void)snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        limit = tighter_limit(limit, limit_of_line(root, line));
    if (file != NULL)
        (void)fclose(file);
    return limit;
}

static int64_t cpus_allowed(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int64_t pulse_quota_cpus(void)
{
    return tighter_limit(pulse_quota_cgroup(""), cpus_allowed());
}

int pulse_quota_ranks(const char *setting, int64_t *ranks, struct pulse_err *err)
{
    if (setting != NULL && setting[0] != '\0') {
        if (!pulse_parse_int(setting, 1, PULSE_MOST_RANKS, ranks))
            return pulse_fail(err, PULSE_E_USAGE, "PULSE_RANKS=%s: expected a number from 1 to %d",
                              setting, PULSE_MOST_RANKS);
        return 0;
    }
    *ranks = pulse_quota_cpus();
    return 0;
}
