/* SPDX-License-Identifier: Apache-2.0 */
#include "received.h"

#include "fieldmemo.h"
#include "headfields.h"

enum { FUTURE = 86400 };

/* The last `labels` labels of a host. */
static struct sl_span last_labels(struct sl_span host, int labels)
{
	for (size_t i = host.n; i-- > 0;)
		if (host.p[i] == '.' && --labels == 0)
			return sl_span_from(host, i + 1);
	return host;
}

static struct sl_span no_root_dot(struct sl_span host)
{
	while (host.n && host.p[host.n - 1] == '.')
		host.n--;
	return host;
}

static bool is_short_second_level(struct sl_span two)
{
	static const char *const names[] = { "co", "ne", "or", "ac", "go", "ad", "gr", "lg", "ed",
		"com", "net", "org", "edu", "gov", "gob", "gouv", "mil" };
	ssize_t dot = sl_span_chr(two, '.', 0);
	if (dot < 0 || two.n - (size_t)dot != 3) /* a country code */
		return false;
	for (size_t i = 0; i < SL_LEN(names); i++)
		if (sl_span_ieq(sl_span_head(two, (size_t)dot), sl_span_str(names[i])))
			return true;
	return false;
}

/* Names under which one provider's machines hand mail to one another. */
static const char *const aliases[][2] = { { "office365.com", "outlook.com" },
	{ "exchangelabs.com", "outlook.com" }, { "hotmail.com", "outlook.com" },
	{ "gmail.com", "google.com" }, { "googlemail.com", "google.com" },
	{ "yahoodns.net", "yahoo.com" } };

static struct sl_span organisation(struct sl_span host)
{
	struct sl_span two = last_labels(host, 2);
	for (size_t i = 0; i < SL_LEN(aliases); i++)
		if (sl_span_ieq(two, sl_span_str(aliases[i][0])))
			return sl_span_str(aliases[i][1]);
	return is_short_second_level(two) ? last_labels(host, 3) : two;
}

bool sl_host_related(struct sl_span a, struct sl_span b)
{
	a = no_root_dot(a);
	b = no_root_dot(b);
	if (a.n == 0 || b.n == 0)
		return false;
	if (sl_span_ieq(a, b))
		return true;
	struct sl_span org = organisation(a);
	return sl_span_chr(org, '.', 0) > 0 && sl_span_ieq(org, organisation(b));
}

/* Names that say nothing about who owns the host. */
static bool is_inner_name(struct sl_span host)
{
	static const char *const ends[] = { ".local", ".internal", ".localdomain", ".lan", ".intra",
		".corp", ".home", ".arpa" };
	struct sl_ip ip;
	if (host.n == 0 || sl_span_chr(host, '.', 0) < 0 || sl_hop_address(host, &ip))
		return true;
	for (size_t i = 0; i < SL_LEN(ends); i++)
		if (sl_span_iends(host, sl_span_str(ends[i])))
			return true;
	return false;
}

static bool same_neighbourhood(const struct sl_ip *a, const struct sl_ip *b)
{
	return a->family && a->family == b->family && a->b[0] == b->b[0] && a->b[1] == b->b[1];
}

static bool same_first_label(struct sl_span a, struct sl_span b)
{
	ssize_t end_a = sl_span_chr(a, '.', 0), end_b = sl_span_chr(b, '.', 0);
	return end_a > 0 && end_a == end_b &&
	       sl_span_ieq(sl_span_head(a, (size_t)end_a), sl_span_head(b, (size_t)end_b));
}

/* A name that only the peer gave (Exchange looks none up) counts where its address is near the one
 * that received it; an outsider's is not. The servers of Microsoft are far apart in IPv6, but then
 * the machine's name comes back in its own line. */
static bool near_by_address(const struct sl_hop *hop, const struct sl_hop *below)
{
	const struct sl_ip *mine = &hop->by_ip;
	if (!mine->family && hop->exchange)
		mine = &below->by_ip;
	if (same_neighbourhood(&hop->peer, mine))
		return true;
	return hop->peer.family == 6 && mine->family == 6 && same_first_label(hop->helo, below->by);
}

/* Is the peer of this line one of ours by its name, and does its own line follow, be it under
 * another name of its provider? */
static bool peer_is_ours(
	const struct sl_trust *trust, const struct sl_hop *hop, const struct sl_hop *below)
{
	struct sl_span name = hop->rdns.n ? hop->rdns : hop->helo;
	if (!sl_trust_host(trust, name) ||
		!(sl_trust_host(trust, below->by) || sl_host_related(name, below->by)))
		return false;
	return hop->rdns.n || near_by_address(hop, below);
}

static size_t first_ours(const struct sl_trust *trust, const struct sl_chain *chain)
{
	for (size_t i = 0; i < chain->n_hops; i++)
		if (sl_trust_host(trust, chain->hops[i].by))
			return i;
	return chain->n_hops;
}

/* A line without a peer is passed. Was it written on one of our own machines, so that the line
 * below it is ours too? Not when it took the mail from somewhere and failed to say from which
 * address. */
static bool passes_on(const struct sl_hop *hop, const struct sl_hop *below)
{
	return hop->fetched || !hop->from || sl_host_related(hop->by, below->by);
}

static void find_boundary(const struct sl_trust *trust, struct sl_chain *chain)
{
	size_t start = first_ours(trust, chain);
	bool named = start < chain->n_hops, ours = true, saw_peer = false;
	for (size_t i = named ? start : 0; i < chain->n_hops; i++) {
		const struct sl_hop *hop = &chain->hops[i];
		const struct sl_hop *below = i + 1 < chain->n_hops ? hop + 1 : NULL;
		if (!ours && !sl_trust_host(trust, hop->by))
			break;
		chain->last_ours = i;
		if (!hop->peer.family || hop->fetched) {
			ours = below && passes_on(hop, below);
			continue;
		}
		saw_peer = true;
		ours = !sl_ip_is_public(&hop->peer) || sl_trust_ip(trust, &hop->peer) ||
		       (below && peer_is_ours(trust, hop, below));
		if (!ours) {
			chain->boundary = i;
			chain->reason = named ? SL_IP_BOUNDARY : SL_IP_TOP_HOP;
			return;
		}
	}
	chain->reason = saw_peer ? SL_IP_PRIVATE_ONLY : SL_IP_NO_PEER_IP;
}

static bool has_public_peer(const struct sl_hop *hop)
{
	return hop->from && hop->peer.family && sl_ip_is_public(&hop->peer) && !hop->fetched;
}

/* Do the names of the peer of `above` fit the host that wrote `below`? Unknown counts as yes. */
static bool is_connected(const struct sl_hop *above, const struct sl_hop *below)
{
	return !has_public_peer(above) || is_inner_name(below->by) ||
	       sl_host_related(above->helo, below->by) || sl_host_related(above->rdns, below->by);
}

/* A line that took mail from the outside must be connected with the one above it. Local
 * submissions at a hoster often are not, by names. */
static bool contradicts(const struct sl_trust *trust, const struct sl_hop *above,
	const struct sl_hop *below, int64_t time)
{
	bool future =
		time != SL_TIME_NONE && below->time != SL_TIME_NONE && below->time > time + FUTURE;
	bool checked = has_public_peer(below) || sl_trust_host(trust, below->by);
	return below->impossible || future || (checked && !is_connected(above, below));
}

static void find_forged(const struct sl_trust *trust, struct sl_chain *chain)
{
	if (chain->last_ours >= chain->n_hops)
		return;
	int64_t time = chain->hops[chain->last_ours].time;
	for (size_t i = chain->last_ours + 1; i < chain->n_hops && !chain->forged; i++)
		chain->forged = contradicts(trust, &chain->hops[i - 1], &chain->hops[i], time);
}

void sl_chain_read(struct sl_arena *arena, const struct sl_field *fields, size_t n_fields,
	const struct sl_limits *limits, const struct sl_trust *trust,
	const struct sl_fieldmemo *known, struct sl_chain *chain_r, uint64_t *flags_r)
{
	size_t room = 0;
	*chain_r = (struct sl_chain){ .reason = SL_IP_NO_RECEIVED };
	for (size_t i = 0; i < n_fields; i++) {
		if (!sl_field_named(&fields[i], SL_SPAN("Received")))
			continue;
		if (chain_r->n_hops >= limits->received) {
			*flags_r |= SL_BIT(SL_MSG_LIMIT_RECEIVED);
			break;
		}
		struct sl_hop *hop = SL_ARENA_PUSH(arena, chain_r->hops, chain_r->n_hops, room);
		sl_fieldmemo_hop(known, arena, fields[i].value, hop);
		hop->field = i;
	}
	chain_r->boundary = chain_r->last_ours = chain_r->n_hops;
	if (chain_r->n_hops == 0)
		return;
	find_boundary(trust, chain_r);
	find_forged(trust, chain_r);
	sl_assert(chain_r->boundary == chain_r->n_hops || chain_r->boundary == chain_r->last_ours);
}
