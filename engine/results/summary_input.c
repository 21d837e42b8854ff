#include "results/summary_input.h"

#include <math.h>
#include <stdlib.h>

void pulse_timings_clear(struct pulse_timings *timings)
{
    free(timings->per_rank);
    free(timings->strips);
    *timings = (struct pulse_timings){0};
}

double pulse_summary_ratio(double a, double b)
{
    return b != 0 ? a / b : (double)NAN;
}

const char *pulse_summary_name(const struct pulse_summary_input *input, int64_t e)
{
    return input->names[input->entered[e]];
}
