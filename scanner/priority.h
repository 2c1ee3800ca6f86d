/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading signatures takes a core for seconds: beside a scanner that serves, it gives way to it. Where the right to
 * come back cannot be had (containers without CAP_SYS_RESOURCE), nothing is changed.
 */
#ifndef SCANNER_PRIORITY_H
#define SCANNER_PRIORITY_H

/* Give way, as root; and serve like everybody, later and without rights. */
void priority_lower(void);
void priority_restore(void);

#endif
