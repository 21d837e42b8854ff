#include "mpi/segments.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { YOUNG_SECONDS = 60, MOST = 1024, NAME = 256 };

/* The files that may go; their names are cut off from the list where one is in use. */
struct remnants {
    int n;
    char name[MOST][NAME];
};

/* "vader_segment.HOST.USER.": what the names of Open MPI's shared memory begin with. */
static void make_stem(char stem[NAME])
{
    char host[HOST_NAME_MAX + 1] = "";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(stem, NAME, "vader_segment.%.100s.%u.", host, (unsigned)geteuid());
}

static bool is_old_file(int directory, const char *name)
{
    struct stat info;
    return fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode) &&
           info.st_uid == geteuid() && time(NULL) - info.st_mtime >= YOUNG_SECONDS;
}

static void find_files(DIR *listing, struct remnants *found)
{
    char stem[NAME];
    make_stem(stem);
    for (const struct dirent *entry = readdir(listing); entry != NULL && found->n < MOST;
         entry = readdir(listing))
        if (strncmp(entry->d_name, stem, strlen(stem)) == 0 && strlen(entry->d_name) < NAME &&
            is_old_file(dirfd(listing), entry->d_name))
            (void)strcpy(found->name[found->n++], entry->d_name);
}

/* Takes those off the list that a process has mapped. */
static void keep_mapped(const char *maps, struct remnants *found)
{
    char *line = NULL;
    size_t capacity = 0;
    FILE *file = fopen(maps, "re");
    while (file != NULL && found->n > 0 && getline(&line, &capacity, file) > 0) {
        const char *slash = strrchr(line, '/');
        for (int i = 0; slash != NULL && i < found->n; i++) {
            const size_t length = strlen(found->name[i]);
            if (strncmp(slash + 1, found->name[i], length) == 0 &&
                isspace((unsigned char)slash[1 + length]))
                memmove(found->name[i], found->name[--found->n], NAME);
        }
    }
    free(line);
    if (file != NULL)
        (void)fclose(file);
}

static void keep_all_mapped(struct remnants *found)
{
    char maps[64];
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        found->n = 0; /* nobody can say */
    for (const struct dirent *entry = processes == NULL ? NULL : readdir(processes);
         entry != NULL && found->n > 0; entry = readdir(processes)) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        (void)snprintf(maps, sizeof maps, "/proc/%.20s/maps", entry->d_name);
        keep_mapped(maps, found);
    }
    if (processes != NULL)
        (void)closedir(processes);
}

void pulse_segments_sweep(const char *directory)
{
    DIR *listing = opendir(directory);
    struct remnants *found = calloc(1, sizeof *found);
    if (listing != NULL && found != NULL) {
        find_files(listing, found);
        if (found->n > 0)
            keep_all_mapped(found);
        for (int i = 0; i < found->n; i++)
            (void)unlinkat(dirfd(listing), found->name[i], 0);
    }
    free(found);
    if (listing != NULL)
        (void)closedir(listing);
}
