/* functions_distributions.h: tails that the tests share inside this module. df need not be
 * whole. */
#ifndef PE_FUNCTIONS_DISTRIBUTIONS_H
#define PE_FUNCTIONS_DISTRIBUTIONS_H

double pei_t_two_tails(double t, double df);        /* P(|T| > t) */
double pei_t_from_two_tails(double p, double df);   /* its inverse */
double pei_f_upper(double x, double d1, double d2); /* P(F > x) */

#endif
