/* functions_bessel.h: Bessel functions as Calc computes them, to the last digits (Excel's, in
 * functions_bessel.c, have about eight). x > 0 (J and I: >= 0), order n >= 0. */
#ifndef PE_FUNCTIONS_BESSEL_H
#define PE_FUNCTIONS_BESSEL_H

#define PEI_BESSEL_X_MAX 100000.0 /* J and Y take as many steps */

double pei_bessel_i(double x, int n);                  /* infinite where it is too large */
double pei_bessel_j(double x, int n);                  /* x up to PEI_BESSEL_X_MAX */
void pei_bessel_y01(double x, double *y0, double *y1); /* so, too */

#endif
