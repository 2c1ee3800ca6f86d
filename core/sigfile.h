/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Folders of signature files, seen from outside: which files libclamav would take from them, and
 * whether something has changed. Names, sizes and times alone; nothing is opened.
 */
#ifndef CORE_SIGFILE_H
#define CORE_SIGFILE_H

#include <stdint.h>

enum sigfile {
	SIGFILE_NONE,	/* not read: libclamav knows signature files by the ends of their names */
	SIGFILE_IGNORE, /* names of signatures to leave out: has to be read before these */
	SIGFILE_OTHER,	/* goes with signatures: whitelists of hashes, file types, certificates */
	SIGFILE_DETECTS /* brings signatures */
};

/* By the end of a file's name ("daily.cld"). */
enum sigfile sigfile_kind(const char *name);

struct sigfolder {
	uint64_t stamp;	   /* of names, sizes, times and inodes; 0 where there is nothing to read */
	unsigned files;	   /* of any kind but SIGFILE_NONE */
	unsigned detects;  /* SIGFILE_DETECTS */
	int64_t newest;	   /* last change of one that detects, seconds since 1970; 0: none */
};

/* Look at a folder; NULL, "" or an absent one is an empty one. */
void sigfolder_look(const char *folder, struct sigfolder *out);

#endif
