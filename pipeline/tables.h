/* SPDX-License-Identifier: Apache-2.0 */
/* tables.h - the knowledge that the program ships (data/ *.tsv, compiled in) and that users add.
 *
 * Loaded once, constant and shared by all threads from then on. Lookups are O(length) hash probes
 * or one pass over the text. Domains and hosts are lower-case A-labels.
 */
#ifndef SL_TABLES_H
#define SL_TABLES_H

#include "base/arena.h"
#include "base/err.h"
#include "config.h"

struct sl_tables;

/* Load the compiled-in tables, then --brands, --allow, --own, --warninglists. */
enum sl_rc sl_tables_load(const struct sl_config *config, struct sl_tables **tables_r,
	struct sl_err *err) SL_MUST_CHECK;
void sl_tables_free(struct sl_tables **tables);

struct sl_brand {
	struct sl_span id;       /* "amazon" */
	struct sl_span name;     /* "Amazon", for people */
	struct sl_span *domains; /* its real registered domains */
	size_t n_domains;
};

/* The brand that owns this registered domain, or NULL. */
const struct sl_brand *sl_tables_brand_of_domain(const struct sl_tables *t, struct sl_span domain);
const struct sl_brand *sl_tables_brand_by_id(const struct sl_tables *t, struct sl_span id);
/* Brands whose alias occurs in the text (already NFKC, case-folded), in table order, without
 * repeats, at most `max`; the count. Aliases match at word edges in Latin script and anywhere in
 * others. `strong_only`: leave out aliases that are common words ("apple", "dhl" is strong).
 * Linear. */
size_t sl_tables_brands_in(const struct sl_tables *t, struct sl_span folded, bool strong_only,
	const struct sl_brand **brands_r, size_t max);

/* The same with where and how often. A hit inside a longer one ("rakuten" in "rakuten card") does
 * not count. At most SL_BRANDS_MAX. */
enum { SL_BRANDS_MAX = 64 };
struct sl_brand_hit {
	const struct sl_brand *brand;
	size_t at; /* offset behind the first hit */
	size_t count;
	bool strong; /* one of its hits was no common word */
};
size_t sl_tables_brand_hits(const struct sl_tables *t, struct sl_span folded, bool strong_only,
	struct sl_brand_hit *hits_r, size_t max);
/* Is the host, or what it lies below, one of the brand's domains? */
bool sl_brand_owns(const struct sl_brand *brand, struct sl_span host);

/* What is known about a host or registered domain. Bits. */
enum sl_known {
	SL_KNOWN_GOOD = 1,   /* data/good.tsv: well-known sites that are never blocked */
	SL_KNOWN_BRAND = 2,  /* a brand's own */
	SL_KNOWN_SHARED = 4, /* shared hosting: block the URL or the full host, never the domain */
	SL_KNOWN_SHORTENER = 8, /* t.co: the URL is opaque */
	SL_KNOWN_REDIRECTOR = 16,
	SL_KNOWN_NAMESPACE = 32, /* www.w3.org */
	SL_KNOWN_TRACKER = 64,   /* click and open trackers of mail services */
	SL_KNOWN_FREEMAIL = 128, /* gmail.com: senders there are people */
	SL_KNOWN_WARNINGLIST = 256,
	SL_KNOWN_OWN = 512,      /* --own */
	SL_KNOWN_ALLOWED = 1024, /* --allow */
	SL_KNOWN_TRAP = 2048,    /* --trap-address */
	SL_KNOWN_TOPLIST = 4096,
	SL_KNOWN_PLACEHOLDER = 8192, /* example.com, reserved names (RFC 2606, RFC 6761) */
	SL_KNOWN_CUSTOMER = 16384,   /* with SHARED: a customer's own host, which may be blocked */
	SL_KNOWN_RELAY = 32768,      /* an address from which a large mail provider sends */
	SL_KNOWN_PER_HOST = 65536 /* inside the tables: a SHARED whose customers have own hosts */
};
/* Bits for a host and its registered domain (either may be empty). Most specific wins for
 * SHARED against GOOD: a host below a shared platform is not good because the platform is. */
unsigned sl_tables_known(const struct sl_tables *t, struct sl_span host, struct sl_span domain);
/* Bits for an address (warninglists, own networks). `text` is canonical. */
unsigned sl_tables_known_ip(const struct sl_tables *t, struct sl_span text);

/* Supplement to the public suffix list (data/suffixes.tsv), one rule a line, for domain.c. */
struct sl_span sl_tables_suffix_supplement(const struct sl_tables *t);

/* Dated sources in force, for night.json: name and date, until false. */
bool sl_tables_source(
	const struct sl_tables *t, size_t i, struct sl_span *name_r, struct sl_span *date_r);
/* Files of --warninglists by name, with their date or version and how many entries they hold (none
 * is an answer, too), until false. */
bool sl_tables_warninglist(const struct sl_tables *t, size_t i, struct sl_span *name_r,
	struct sl_span *date_r, uint64_t *entries_r);

#endif
