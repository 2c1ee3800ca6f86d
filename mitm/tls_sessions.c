/* SPDX-License-Identifier: BSD-2-Clause */
/* A direct-mapped table of sessions: a collision costs one full handshake, nothing else. */
#include "mitm/tls_sessions.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SESSIONS = 4096, SESSION_LIFE = 3600, SESSION_EACH = 4 };

struct slot {
	char *key;
	SSL_SESSION *sessions[SESSION_EACH]; /* several tickets of one origin */
	size_t n;
};

struct sessions {
	struct slot slots[SESSIONS];
};

struct sessions *sessions_new(void)
{
	return calloc(1, sizeof(struct sessions));
}

static void slot_clear(struct slot *s)
{
	while (s->n > 0)
		SSL_SESSION_free(s->sessions[--s->n]);
	free(s->key);
	s->key = NULL;
}

void sessions_clear(struct sessions *s)
{
	for (size_t i = 0; i < SESSIONS; i++)
		slot_clear(&s->slots[i]);
}

void sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	sessions_clear(s);
	free(s);
}

static struct slot *slot_of(struct sessions *s, const char *key)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (const char *p = key; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return &s->slots[(h ^ h >> 32) % SESSIONS];
}

void sessions_put(struct sessions *s, const char *key, SSL_SESSION *session)
{
	struct slot *slot = slot_of(s, key);

	if (slot->key != NULL && strcmp(slot->key, key) != 0)
		slot_clear(slot);
	if (slot->key == NULL && (slot->key = strdup(key)) == NULL) {
		SSL_SESSION_free(session);
		return;
	}
	if (slot->n == SESSION_EACH) {
		SSL_SESSION_free(slot->sessions[0]);
		memmove(
		    slot->sessions, slot->sessions + 1, (--slot->n) * sizeof(slot->sessions[0]));
	}
	slot->sessions[slot->n++] = session;
}

/* Within its own life, ours, and that of the certificate it was made with. */
static int good(SSL_SESSION *x)
{
	long age = (long)time(NULL) - SSL_SESSION_get_time(x);
	X509 *peer = SSL_SESSION_get0_peer(x);

	/* time() may lag behind the finer clock by which OpenSSL 3.5 stamps sessions. */
	return SSL_SESSION_is_resumable(x) == 1 && age >= -1 && age < SESSION_LIFE &&
	       age < SSL_SESSION_get_timeout(x) && peer != NULL &&
	       X509_cmp_current_time(X509_get0_notAfter(peer)) > 0;
}

SSL_SESSION *sessions_take(struct sessions *s, const char *key)
{
	struct slot *slot = slot_of(s, key);

	while (slot->n > 0 && slot->key != NULL && strcmp(slot->key, key) == 0) {
		SSL_SESSION *x = slot->sessions[slot->n - 1];

		if (good(x) && SSL_SESSION_get_protocol_version(x) != TLS1_3_VERSION) {
			SSL_SESSION_up_ref(x); /* TLS 1.2: may be used again */
			return x;
		}
		slot->n--;
		if (good(x))
			return x;
		SSL_SESSION_free(x);
	}
	return NULL;
}
