/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for keys: kept out of dumps and of swap where the system allows, wiped when freed. */
#ifndef CORE_SECRET_H
#define CORE_SECRET_H

#include <stddef.h>

/* Zeroed memory on pages of its own, or NULL. A forked child finds zeros there. */
void *secret_new(size_t n);

/* n as it was asked for; accepts NULL. */
void secret_free(void *p, size_t n);

#endif
