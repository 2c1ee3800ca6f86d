/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which code searches: the build IDs of this program and of the libraries that it runs with. The version
 * number that libclamav tells stays the same when a distribution mends a parser of it, and nobody
 * has to remember that a change of our own rules is one.
 */
#include <elf.h>
#include <link.h>
#include <string.h>

#include "scanner/engine_open.h"

struct codes {
	engine_code_fn *fn;
	void *arg;
	bool own; /* this program has one */
};

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* The build ID in a segment of notes (elf(5)), which the loader has mapped: empty where there is none. */
static struct str find_id(const char *p, size_t n)
{
	ElfW(Nhdr) h;

	while (n >= sizeof(h)) {
		size_t name, whole;

		memcpy(&h, p, sizeof(h));
		name = padded(h.n_namesz);
		whole = sizeof(h) + name + padded(h.n_descsz);
		if (h.n_namesz > n || h.n_descsz > n || whole > n)
			break;
		if (h.n_type == NT_GNU_BUILD_ID && h.n_namesz == 4 && memcmp(p + sizeof(h), "GNU", 4) == 0)
			return str_of(p + sizeof(h) + name, h.n_descsz);
		p += whole;
		n -= whole;
	}
	return STR_NONE;
}

static int on_object(struct dl_phdr_info *o, size_t size, void *arg)
{
	struct codes *c = arg;
	bool program = o->dlpi_name == NULL || o->dlpi_name[0] == '\0';
	struct str id = STR_NONE;

	(void)size;
	if (!program && o->dlpi_name[0] != '/')
		return 0; /* the kernel's (vdso): no part of a search */
	for (size_t i = 0; i < o->dlpi_phnum && id.n == 0; i++)
		if (o->dlpi_phdr[i].p_type == PT_NOTE)
			id = find_id((const char *)(uintptr_t)(o->dlpi_addr + o->dlpi_phdr[i].p_vaddr), o->dlpi_phdr[i].p_memsz);
	c->own |= program && id.n > 0;
	c->fn(c->arg, id.n > 0 ? id : str_c(program ? "" : o->dlpi_name));
	return 0;
}

bool engine_code(engine_code_fn *fn, void *arg)
{
	struct codes c = { .fn = fn, .arg = arg };

	dl_iterate_phdr(on_object, &c);
	return c.own;
}
