/* package_faults.h: reading a file where the n-th allocation fails, for all n. */
#ifndef PACKAGE_FAULTS_H
#define PACKAGE_FAULTS_H

#include <stddef.h>

/* Fails the test where a reading is not refused cleanly, or leaks. */
void package_survives_faults(const unsigned char *bytes, size_t length);

#endif
