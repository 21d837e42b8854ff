/* Which of several models cannot be distinguished from the best: the model confidence set of
 * Hansen, Lunde and Nason (2011), T_max. Pure. */
#ifndef PULSE_EVALUATE_CONFIDENCE_SET_H
#define PULSE_EVALUATE_CONFIDENCE_SET_H

#include <stdint.h>

#include "base/error.h"
#include "math/bootstrap.h"

/* p-values (M) of membership: the set at level 1 − α holds the models with p ≥ α (DEFINITIONS
 * §9.3). `loss` (M × n) are the models' losses, loss* their means over the B draws. While models
 * are left, d_i = mean loss_i − mean over the models,  v_i = (1/B) Σ_b (d*_bi − d_i)²,  t_i = d_i /
 * √v_i p = share of draws with max_i (d*_bi − d_i) / √v_i ≥ max_i t_i the model of the largest t_i
 * leaves; its p-value is the largest p so far, that of the last one 1. Takes M² B / 2 steps and
 * memory for 2 B × M means. PULSE_E_MEMORY. */
int pulse_confidence_set(const struct pulse_bootstrap *bootstrap, int64_t M, const double *loss,
                         double *p, struct pulse_err *err);

#endif
