#include "store/aws/hosts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* The partitions, by how the names of their regions begin. */
struct partition {
    const char *regions, *suffix, *dual_suffix; /* the latter NULL: it has no dual stack */
};

static const struct partition partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", NULL},
    {"us-isob-", "sc2s.sgov.gov", NULL},
    {"eu-isoe-", "cloud.adc-e.uk", NULL},
    {"us-isof-", "csp.hci.ic.gov", NULL},
    {"", "amazonaws.com", "api.aws"}};

static const struct partition *partition_of(const char *region)
{
    const struct partition *one = partitions;
    while (strncmp(region, one->regions, strlen(one->regions)) != 0)
        one++;
    return one;
}

/* S3 keeps the usual suffix in dual stack, and says so in the name. */
static char *make_s3_host(const char *region, const char *suffix, bool fips, bool dual,
                          struct pulse_err *err)
{
    return pulse_print(err, "s3%s%s.%s.%s", fips ? "-fips" : "", dual ? ".dualstack" : "", region,
                       suffix);
}

char *pulse_aws_host(const char *service, const char *region, bool fips, bool dual_stack,
                     struct pulse_err *err)
{
    const struct partition *partition = partition_of(region);
    const bool dual = dual_stack && partition->dual_suffix != NULL;
    const char *suffix = dual ? partition->dual_suffix : partition->suffix;
    if (strcmp(service, "s3") == 0)
        return make_s3_host(region, partition->suffix, fips, dual, err);
    /* In GovCloud the plain names are FIPS already. */
    if (!fips || (strncmp(region, "us-gov-", 7) == 0 && !dual))
        return pulse_print(err, "%s.%s.%s", service, region, suffix);
    if (strcmp(service, "batch") == 0 && !dual)
        return pulse_print(err, "fips.batch.%s.%s", region, suffix);
    return pulse_print(err, "%s-fips.%s.%s", service, region, suffix);
}

/* "eu-west-1": two hyphens at least, and a digit at the end. */
static bool is_region(const char *text, size_t n)
{
    size_t hyphens = 0;
    for (size_t i = 0; i < n; i++)
        hyphens += text[i] == '-';
    return hyphens >= 2 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") >= n &&
           text[n - 1] >= '0' && text[n - 1] <= '9';
}

bool pulse_aws_region_of_s3(const char *host, const char *bucket, char *region, size_t capacity)
{
    static const char *const begins[] = {"s3-fips.dualstack.", "s3-fips.", "s3.dualstack.", "s3.",
                                         "s3-fips-",           "s3-"};
    const size_t before = strlen(bucket);
    region[0] = '\0';
    if (strncmp(host, bucket, before) == 0 && host[before] == '.')
        host += before + 1;
    size_t i = 0;
    while (i < sizeof begins / sizeof *begins && strncmp(host, begins[i], strlen(begins[i])) != 0)
        i++;
    if (i == sizeof begins / sizeof *begins)
        return false;
    const char *name = host + strlen(begins[i]);
    const size_t n = strcspn(name, ".");
    if (name[n] == '\0' || n >= capacity || !is_region(name, n) ||
        strcmp(name + n + 1, partition_of(name)->suffix) != 0)
        return false;
    (void)snprintf(region, capacity, "%.*s", (int)n, name);
    return true;
}
