/* SPDX-License-Identifier: Apache-2.0 */
/* received.h - Received lines, and the first address outside the trap.
 *
 * Lines are read in the forms that sendmail, Postfix, Exim, qmail, Exchange, Gmail and Yahoo write
 * (RFC 5321 section 4.4 is followed by none of them). The peer address is what the receiving host
 * saw; a HELO name or literal is only claimed. Going down from the top, a line is ours while its
 * "by" host is trusted or the peer of the line above was one of us; the first public peer that is
 * not one of us is the origin (docs/ARCHITECTURE.md, trust boundary). All linear in the length of
 * the header.
 */
#ifndef SL_RECEIVED_H
#define SL_RECEIVED_H

#include "pipeline/mail.h"
#include "pipeline/policy.h"

/* The --trust list, made once per thread and constant from then on. */
struct sl_trust;
struct sl_trust *sl_trust_new(const struct sl_strings *entries);
void sl_trust_free(struct sl_trust **trust);
bool sl_trust_is_empty(const struct sl_trust *trust);
/* The host is one of the suffixes or below one (case ignored, matched at a dot), or an address
 * literal in one of the networks. */
bool sl_trust_host(const struct sl_trust *trust, struct sl_span host);
bool sl_trust_ip(const struct sl_trust *trust, const struct sl_ip *ip);

enum { SL_HOP_CLAIMED = 4 };

/* One Received line. Spans point into the unfolded value. */
struct sl_hop {
	struct sl_span helo; /* name the peer gave; may be empty */
	struct sl_span
		rdns; /* name that the receiving host looked up and wrote down; may be empty */
	struct sl_span by;
	struct sl_ip peer, by_ip;             /* family 0: none */
	struct sl_ip claimed[SL_HOP_CLAIMED]; /* addresses that only stand there */
	size_t n_claimed;
	bool from;       /* it has a "from" clause */
	bool fetched;    /* by POP or IMAP: the peer is a mailbox, not a sender */
	bool exchange;   /* the form of Microsoft: no looked-up name */
	bool impossible; /* holds what looks like an address and is none */
	int64_t time;    /* or SL_TIME_NONE */
	size_t field;    /* index of its header field */
};

/* Read one unfolded value. Never fails: what is not there stays empty. */
void sl_hop_parse(struct sl_arena *arena, struct sl_span value, struct sl_hop *hop_r);
/* "1.2.3.4", "[1.2.3.4]", "[IPv6:::1]", "[1.2.3.4]:25", "fe80::1%9". */
bool sl_hop_address(struct sl_span text, struct sl_ip *ip_r);

struct sl_chain {
	struct sl_hop *hops; /* top down */
	size_t n_hops;
	size_t boundary;  /* line whose peer is the origin; n_hops: none */
	size_t last_ours; /* lowest line that is ours; n_hops: none */
	enum sl_ip_reason reason;
	bool forged; /* a line below the boundary contradicts */
};

struct sl_fieldmemo;
/* Read all Received lines of the mail and find the boundary. */
void sl_chain_read(struct sl_arena *arena, const struct sl_field *fields, size_t n_fields,
	const struct sl_limits *limits, const struct sl_trust *trust,
	const struct sl_fieldmemo *known, struct sl_chain *chain_r, uint64_t *flags_r);

/* Names of one organisation: equal, or equal in their last two labels (three below "co.jp"). A
 * guess without the public suffix list, good enough to see that two hops know each other. */
bool sl_host_related(struct sl_span a, struct sl_span b);

#endif
