/* Linked into every program under sanitizers. Open MPI unloads most of its components as it starts;
 * frames in them then belong to no module, for each of which LeakSanitizer reads the whole list of
 * modules anew when it looks for the suppression of what Open MPI keeps: most of the time of a
 * short run. What stays loaded is found at once. */
#include <dlfcn.h>

int dlclose(void *library)
{
    (void)library;
    return 0;
}
