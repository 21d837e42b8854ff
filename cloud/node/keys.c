#include "node/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/argv.h"
#include "node/subprocess.h"

int pulse_keys_directory(char out[PULSE_DIRECTORY_TEXT], struct pulse_err *err)
{
    const char *base = getenv("TMPDIR");
    if (base == NULL || base[0] != '/')
        base = "/tmp";
    /* A socket lies in it, whose whole name may have 107 bytes. */
    if (strlen(base) > 70 || !pulse_argv_plain(base))
        return pulse_fail(err, PULSE_E_USAGE,
                          "TMPDIR=%s: pulse-node needs a shorter name of letters, digits and /._-+",
                          base);
    (void)snprintf(out, PULSE_DIRECTORY_TEXT, "%s/pulse-node.XXXXXX", base);
    if (mkdtemp(out) != NULL)
        return 0;
    out[0] = '\0';
    return pulse_fail_errno(err, errno, "making a directory in %s", base);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind, (void)walk;
    (void)remove(path);
    return 0;
}

void pulse_keys_remove(const char *directory)
{
    if (directory[0] != '\0')
        (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The first two words of the .pub file: without the comment, which may name a user and a host. */
static int read_public(const char *path, char key[PULSE_KEY_TEXT], struct pulse_err *err)
{
    FILE *file = fopen(path, "re");
    const char *line = file == NULL ? NULL : fgets(key, PULSE_KEY_TEXT, file);
    if (file != NULL)
        (void)fclose(file);
    if (line == NULL)
        return pulse_fail(err, PULSE_E_STORAGE,
                          "%s is not the key that ssh-keygen was to write; see "
                          "whether the disk is full",
                          path);
    key[strcspn(key, "\r\n")] = '\0';
    char *blank = strchr(key, ' ');
    blank = blank == NULL ? NULL : strchr(blank + 1, ' ');
    if (blank != NULL)
        *blank = '\0';
    return 0;
}

int pulse_keys_make(const char *directory, const char *name, char key[PULSE_KEY_TEXT],
                    struct pulse_err *err)
{
    struct pulse_argv argv = {0};
    char said[256];
    int result = -1;
    if (pulse_argv_add_all(
            &argv,
            (char *const[]){"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", NULL},
            err) != 0 ||
        pulse_argv_add(&argv, err, "%s/%s", directory, name) != 0)
        goto done;
    const int code = pulse_subprocess_run(argv.word, said, sizeof said, err);
    if (code > 0)
        (void)pulse_fail(err, PULSE_E_STORAGE, "ssh-keygen ended with %d: %s", code, said);
    if (code != 0 || pulse_argv_add(&argv, err, "%s/%s.pub", directory, name) != 0)
        goto done;
    result = read_public(argv.word[argv.n - 1], key, err);
done:
    pulse_argv_clear(&argv);
    return result;
}

int pulse_keys_write(const char *directory, const char *name, const char *text,
                     struct pulse_err *err)
{
    char path[PULSE_DIRECTORY_TEXT + 64];
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (file == NULL)
        return pulse_fail_errno(err, errno, "writing %s", path);
    const int wrote = fputs(text, file);
    return fclose(file) == 0 && wrote >= 0 ? 0 : pulse_fail_errno(err, errno, "writing %s", path);
}
