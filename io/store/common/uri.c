#include "store/common/uri.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

bool pulse_store_is_s3(const char *uri)
{
    return strncmp(uri, "s3://", 5) == 0;
}

bool pulse_store_is_foreign(const char *uri)
{
    const size_t scheme = strspn(uri, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789+.-");
    if (pulse_store_is_s3(uri) || scheme < 2)
        return false;
    return strncmp(uri + scheme, "://", 3) == 0 || strncasecmp(uri, "s3:", 3) == 0 ||
           strncasecmp(uri, "s3//", 4) == 0;
}

char *pulse_store_join(const char *directory, const char *name, struct pulse_err *err)
{
    const size_t length = strlen(directory), capacity = length + strlen(name) + 2;
    char *path = pulse_calloc((int64_t)capacity, 1, "a name", err);
    if (path != NULL)
        (void)snprintf(path, capacity, "%s%s%s", directory,
                       length > 0 && directory[length - 1] == '/' ? "" : "/", name);
    return path;
}
