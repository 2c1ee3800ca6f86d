/* SPDX-License-Identifier: BSD-2-Clause */
/* What renewal.c (what is done) and renewal_status.c (what is said) share. */
#ifndef GATEWAY_RENEWAL_INT_H
#define GATEWAY_RENEWAL_INT_H

#include "gateway/renewal.h"
#include "scanner/sigset.h"

enum { RENEWAL_REPLIES = 4 };

struct told {
	bool is;
	struct sigset set;
};

struct renewal {
	struct parent *p;
	struct sigwatch *watch;
	struct notify *notify;
	struct timer *timer; /* of the load, the drain or the next try, of which there is one at a time */
	struct told force, next; /* of the processes in the slots scanner and second */
	uint64_t key;		 /* of what was tried last */
	bool again, again_forced; /* look when what is under way has ended */
	unsigned tries;		 /* loads in a row that were killed */
	bool broken;		 /* what was tried last could not be loaded */
	char why[SIGSET_WHY + 64];
	const char *said; /* the state's word that was logged last */
	struct control_reply *replies[RENEWAL_REPLIES];
	unsigned replies_n;
};

/* An audit line `signatures`. */
void renewal_event(const struct renewal *r, const char *outcome, const char *reason);

/* The state depends on time, too: say so when it has become another. */
void renewal_watch_state(void *renewal);

#endif
