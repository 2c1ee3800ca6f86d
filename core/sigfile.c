/* SPDX-License-Identifier: BSD-2-Clause */
/* The ends of names that libclamav 1.4 reads, and the look at a folder. */
#include "core/sigfile.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "core/str.h"

static const struct {
	const char *end;
	enum sigfile kind;
} ends[] = {
	{ ".cvd", SIGFILE_DETECTS }, { ".cld", SIGFILE_DETECTS }, { ".cud", SIGFILE_DETECTS },
	{ ".db", SIGFILE_DETECTS }, { ".hdb", SIGFILE_DETECTS }, { ".hdu", SIGFILE_DETECTS },
	{ ".hsb", SIGFILE_DETECTS }, { ".hsu", SIGFILE_DETECTS }, { ".mdb", SIGFILE_DETECTS },
	{ ".mdu", SIGFILE_DETECTS }, { ".msb", SIGFILE_DETECTS }, { ".msu", SIGFILE_DETECTS },
	{ ".imp", SIGFILE_DETECTS }, { ".ndb", SIGFILE_DETECTS }, { ".ndu", SIGFILE_DETECTS },
	{ ".ldb", SIGFILE_DETECTS }, { ".ldu", SIGFILE_DETECTS }, { ".sdb", SIGFILE_DETECTS },
	{ ".zmd", SIGFILE_DETECTS }, { ".rmd", SIGFILE_DETECTS }, { ".cdb", SIGFILE_DETECTS },
	{ ".idb", SIGFILE_DETECTS }, { ".cbc", SIGFILE_DETECTS }, { ".pdb", SIGFILE_DETECTS },
	{ ".gdb", SIGFILE_DETECTS }, { ".ioc", SIGFILE_DETECTS }, { ".yar", SIGFILE_DETECTS },
	{ ".yara", SIGFILE_DETECTS }, { ".ign", SIGFILE_IGNORE }, { ".ign2", SIGFILE_IGNORE },
	{ ".fp", SIGFILE_OTHER }, { ".sfp", SIGFILE_OTHER }, { ".wdb", SIGFILE_OTHER },
	{ ".ftm", SIGFILE_OTHER }, { ".cfg", SIGFILE_OTHER }, { ".cat", SIGFILE_OTHER },
	{ ".crb", SIGFILE_OTHER }, { ".pwdb", SIGFILE_OTHER },
};

enum sigfile sigfile_kind(const char *name)
{
	struct str s = str_c(name);

	if (name[0] == '.')
		return SIGFILE_NONE;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (str_isuffix(s, str_c(ends[i].end)))
			return ends[i].kind;
	return SIGFILE_NONE;
}

/* FNV-1a, then summed over the files: the order in which a folder lists them says nothing. */
static uint64_t mix(uint64_t h, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n-- > 0)
		h = (h ^ *p++) * 0x100000001b3;
	return h;
}

static uint64_t stamp_of(const char *name, const struct stat *st)
{
	const uint64_t facts[] = { (uint64_t)st->st_size, (uint64_t)st->st_mtim.tv_sec,
		(uint64_t)st->st_mtim.tv_nsec, (uint64_t)st->st_ino, (uint64_t)st->st_mode };

	return mix(mix(0xcbf29ce484222325, name, strlen(name)), facts, sizeof(facts));
}

void sigfolder_look(const char *folder, struct sigfolder *out)
{
	DIR *d = folder != NULL && folder[0] != '\0' ? opendir(folder) : NULL;
	struct dirent *e;

	*out = (struct sigfolder){ 0 };
	while (d != NULL && (e = readdir(d)) != NULL) {
		enum sigfile kind = sigfile_kind(e->d_name);
		struct stat st;

		if (kind == SIGFILE_NONE || fstatat(dirfd(d), e->d_name, &st, 0) != 0 || !S_ISREG(st.st_mode))
			continue;
		out->stamp += stamp_of(e->d_name, &st);
		out->files++;
		if (kind != SIGFILE_DETECTS)
			continue;
		out->detects++;
		if (st.st_mtim.tv_sec > out->newest)
			out->newest = st.st_mtim.tv_sec;
	}
	if (d != NULL)
		closedir(d);
}
