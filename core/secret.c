/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory for keys, on pages of its own: advice to the kernel is given by page. */
#include "core/secret.h"

#include <string.h>
#include <sys/mman.h>

#include "core/log.h"

void *secret_new(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	/* Each is good to have; none is worth failing for: the processes leave no core anyway. */
	if (madvise(p, n, MADV_DONTDUMP) != 0 || madvise(p, n, MADV_WIPEONFORK) != 0 ||
	    mlock(p, n) != 0)
		log_debug("memory for keys is not locked");
	return p;
}

void secret_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	explicit_bzero(p, n);
	munmap(p, n);
}
