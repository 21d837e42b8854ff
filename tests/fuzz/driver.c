/* Runs a fuzz target over its corpus, over the files of the directories named on the command line,
 * and over seeded mutations of the corpus: the same ones every time. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

enum { LONGEST = 1 << 16 };

static uint64_t state = 20240608;

static uint64_t next_random(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return n == 0 ? 0 : (size_t)(next_random() % n);
}

/* Removes, doubles, overwrites or flips something; returns the new size. */
static size_t change(uint8_t *bytes, size_t size)
{
    static const uint8_t special[] = "\"\n,;\r\t\0.-e\xff\x7f\x80 0";
    size_t at = below(size), n = 1 + below(16);
    if (n > size - at)
        n = size - at;
    switch (next_random() % 5) {
    case 0: /* remove */
        memmove(bytes + at, bytes + at + n, size - at - n);
        return size - n;
    case 1: /* double */
        if (size + n > LONGEST)
            return size;
        memmove(bytes + at + n, bytes + at, size - at);
        return size + n;
    case 2: /* a character that means something */
        if (at < size)
            bytes[at] = special[below(sizeof special - 1)];
        return size;
    case 3: /* one bit */
        if (at < size)
            bytes[at] ^= (uint8_t)(1u << below(8));
        return size;
    default: /* a piece from elsewhere */
        memmove(bytes + at, bytes + below(size - n + 1), n);
        return size;
    }
}

/* Every file of a directory that libFuzzer has filled; how many. */
static int run_directory(const char *directory)
{
    static uint8_t bytes[LONGEST];
    char path[4096];
    int files = 0;
    DIR *dir = opendir(directory);
    if (dir == NULL)
        abort();
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        FILE *file = fopen(path, "rb");
        if (file == NULL)
            abort();
        (void)LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof bytes, file));
        (void)fclose(file);
        files++;
    }
    (void)closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    static uint8_t bytes[LONGEST];
    size_t samples = 0, size = 0;
    while (fuzz_sample(samples, &size) != NULL)
        samples++;
    if (samples == 0)
        abort();
    for (size_t i = 0; i < samples; i++) {
        const uint8_t *sample = fuzz_sample(i, &size);
        (void)LLVMFuzzerTestOneInput(sample, size);
    }
    int files = 0;
    for (int i = 1; i < argc; i++)
        files += run_directory(argv[i]);
    for (int k = 0; k < fuzz_plan.mutations; k++) {
        const uint8_t *sample = fuzz_sample((size_t)k % samples, &size);
        if (size > LONGEST)
            abort();
        memcpy(bytes, sample, size);
        if (fuzz_plan.changes == 0)
            size = below(size);
        for (size_t i = 1 + below((size_t)fuzz_plan.changes); fuzz_plan.changes > 0 && i > 0; i--)
            size = change(bytes, size);
        (void)LLVMFuzzerTestOneInput(bytes, size);
    }
    (void)printf("%zu samples, %d files, %d mutations, seed 20240608\n", samples, files,
                 fuzz_plan.mutations);
    return 0;
}
