#include "math/beta.h"

#include <math.h>

enum { STIRLING_FROM = 10 };

/* What Stirling's formula for ln Γ(z) leaves out, z ≥ STIRLING_FROM (DLMF 5.11.1). */
static double stirling_rest(double z)
{
    const double w = 1 / (z * z);
    return (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w / 1188)))) / z;
}

/* ln of x^α (1 − x)^β / B(α, β). With large shapes the three ln Γ nearly cancel, so there
 * Stirling's formula is put in and cancelled on paper. */
static double log_front(double alpha, double beta, double x)
{
    const double sum = alpha + beta, small = fmin(alpha, beta), large = fmax(alpha, beta);
    int sign; /* lgamma_r, since lgamma writes a global */
    if (large < STIRLING_FROM)
        return lgamma_r(sum, &sign) - lgamma_r(alpha, &sign) - lgamma_r(beta, &sign) +
               alpha * log(x) + beta * log1p(-x);
    if (small < STIRLING_FROM)
        return (large - 0.5) * log1p(small / large) + small * (log(sum) - 1) + stirling_rest(sum) -
               stirling_rest(large) - lgamma_r(small, &sign) + alpha * log(x) + beta * log1p(-x);
    return alpha * log(x * sum / alpha) + beta * log((1 - x) * sum / beta) +
           0.5 * log(alpha / sum * beta) - 0.91893853320467274 /* ln √(2π) */ + stirling_rest(sum) -
           stirling_rest(alpha) - stirling_rest(beta);
}

/* The continued fraction by Lentz's method; converges fast for x < (α + 1)/(α + β + 2). */
static double fraction(double alpha, double beta, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (alpha + beta) * x / (alpha + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double value = d;
    for (int m = 1; m < 100000; m++) {
        double even = m * (beta - m) * x / ((alpha + 2 * m - 1) * (alpha + 2 * m));
        double odd =
            -(alpha + m) * (alpha + beta + m) * x / ((alpha + 2 * m) * (alpha + 2 * m + 1));
        double before = value;
        for (int k = 0; k < 2; k++) {
            double term = k == 0 ? even : odd;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            value *= c * d;
        }
        if (fabs(value - before) <= 1e-15 * fabs(value))
            break;
    }
    return value;
}

/* I_x(α, β), where `front` is exp(log_front): by the fraction on the side where it converges fast.
 */
static double incomplete_beta(double alpha, double beta, double x, double front)
{
    if (x < (alpha + 1) / (alpha + beta + 2))
        return front * fraction(alpha, beta, x) / alpha;
    return 1 - front * fraction(beta, alpha, 1 - x) / beta;
}

double pulse_beta_quantile(double p, double alpha, double beta)
{
    if (p > 0.5) /* from the nearer end: near 1 doubles are coarser than near 0 */
        return 1 - pulse_beta_quantile(1 - p, beta, alpha);
    double low = 0, high = 1, x = alpha / (alpha + beta);
    for (int i = 0; i < 200; i++) {
        const double front = exp(log_front(alpha, beta, x));
        const double share = incomplete_beta(alpha, beta, x, front);
        if (share > p)
            high = x;
        else
            low = x;
        /* Newton on ln(share): nearly straight in the far tail, where the share itself is not. */
        const double density = front / (x * (1 - x));
        double next = x - share * log(share / p) / density;
        if (!(next > low && next < high))
            next = low + (high - low) / 2;
        if (fabs(next - x) <= 1e-15 * x || high - low <= 1e-16 * high)
            return next;
        x = next;
    }
    return x;
}

double pulse_beta_quantile_near(double p, double alpha, double beta, double near)
{
    const double sum = alpha + beta, deviation = sqrt(alpha * beta / (sum + 1)) / sum;
    double x = near;
    for (int i = 0; i < 4 && x > 0 && x < 1; i++) {
        const double front = exp(log_front(alpha, beta, x));
        const double newton = (incomplete_beta(alpha, beta, x, front) - p) * x * (1 - x) / front;
        const double bend = (alpha - 1) / x - (beta - 1) / (1 - x);
        const double step = newton / fmax(1 - newton * bend / 2, 0.5);
        x -= step;
        /* The next step is of the order of the third power of this one. */
        if (fabs(step) < 1e-3 * fmin(deviation, fmin(x, 1 - x)))
            return x;
    }
    return pulse_beta_quantile(p, alpha, beta);
}

double pulse_f_tail(double f, double freedom1, double freedom2)
{
    const double alpha = freedom2 / 2, beta = freedom1 / 2,
                 x = freedom2 / (freedom2 + freedom1 * f);
    return incomplete_beta(alpha, beta, x, exp(log_front(alpha, beta, x)));
}
