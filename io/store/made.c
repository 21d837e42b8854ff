#include "store/made.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/temporary.h"
#include "store/store.h"

static const char file_name[] = "object";

/* Also what its writer calls it until it is whole. */
static bool is_of_object(const char *name)
{
    return strncmp(name + (name[0] == '.'), file_name, strlen(file_name)) == 0;
}

int pulse_store_put_made(const char *stem, pulse_store_make *make, const void *context,
                         const char *uri, struct pulse_err *err)
{
    char directory[PATH_MAX];
    const int lock = pulse_temporary_make(stem, is_of_object, directory, sizeof directory, err);
    int status = -1;
    if (lock < 0)
        return -1;
    char *path = pulse_store_join(directory, file_name, err);
    if (path != NULL && make(context, path, err) == 0)
        status = pulse_store_put_file(path, uri, err);
    if (path != NULL)
        (void)unlink(path);
    (void)rmdir(directory);
    (void)close(lock);
    free(path);
    return status;
}
