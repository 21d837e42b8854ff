/* What the fit leaves behind: every candidate's retrodictions, the final fit, the Granger tests. */
#ifndef PULSE_RUN_FITTED_H
#define PULSE_RUN_FITTED_H

#include "fit/granger.h"
#include "fit/walk.h"

struct pulse_fitted {
    struct pulse_candidates candidates; /* of this rank's rows */
    struct pulse_final final;           /* coefficients on the last rank, the rest on all */
    struct pulse_granger granger;       /* on the last rank */
    struct pulse_granger_digest digest; /* of it, on all ranks */
};

#endif
