/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h - the shape of a source of answers about an indicator.
 *
 * Lookups run in a phase of their own, after clustering, over distinct keys: the phase asks the
 * cache in the store first and puts the answer there with source, time and lifetime. A lookup
 * itself knows no store. Answers are lists of named values, so that a new source needs no new
 * columns in the store. Later sources (DNS, DNSBL, RDAP) are asynchronous inside; `ask` may then
 * answer SL_LOOKUP_PENDING and `wait` delivers.
 */
#ifndef SL_LOOKUP_H
#define SL_LOOKUP_H

#include "base/arena.h"
#include "base/err.h"
#include "config.h"
#include "record.h"

enum sl_lookup_status {
	SL_LOOKUP_FOUND,
	SL_LOOKUP_NOT_FOUND, /* asked, and the source knows nothing: an answer too */
	SL_LOOKUP_FAILED,    /* no answer; ask again later */
	SL_LOOKUP_NOT_ASKED  /* offline, or the source is not configured */
};
const char *sl_lookup_status_name(enum sl_lookup_status status);

struct sl_pair {
	struct sl_span name, value; /* "asn" "4134"; "country" "CN"; "as_name" ... */
};

struct sl_answer {
	enum sl_lookup_status status;
	struct sl_span source; /* "mmdb:asn.mmdb@2026-06-17": name and build date */
	int64_t asked, expires;
	struct sl_pair *pairs; /* in the arena of the call, or in the store's map */
	size_t n_pairs;
};

/* The value of that name, or the empty span. */
struct sl_span sl_answer_get(const struct sl_answer *answer, const char *name);

struct sl_lookup {
	const char *name; /* "geo": part of the cache key */
	const char *help;
	uint32_t kinds; /* bits of enum sl_kind that can be asked */
	bool network;   /* not asked with --offline */
	/* NULL in *state_r with SL_OK: not configured, the lookup is left out. */
	enum sl_rc (*open)(const struct sl_config *config, void **state_r, struct sl_err *err);
	/* What the answer depends on ("asn.mmdb@2026-06-17 country.mmdb@..."): a cached answer of
	 * another edition is asked again. Valid until close. */
	struct sl_span (*edition)(void *state);
	void (*ask)(void *state, enum sl_kind kind, struct sl_span value, int64_t as_of,
		struct sl_arena *arena, struct sl_answer *answer_r);
	void (*close)(void *state);
};

extern const struct sl_lookup sl_lookup_geo; /* stages/lookup/geo.c */
/* All sources in the order in which they are asked; ends with NULL. */
extern const struct sl_lookup *const sl_lookups[];

#endif
