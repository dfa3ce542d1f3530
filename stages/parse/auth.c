/* SPDX-License-Identifier: Apache-2.0 */
#include "auth.h"

#include "headfields.h"

enum { RESULT_MAX = 32 };

/* Results of one header. */
struct results {
	struct sl_span id; /* empty: the header has none */
	struct sl_span spf, dkim, dmarc, arc;
	int dkim_rank;
};

/* The value without comments, quoted strings emptied of what would part them: one character for
 * each of the input, so that "b;c" and (a=b) cannot pass for results. */
static struct sl_span neutral(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n);
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool hide = depth > 0;
		if (c == '\\' && (quoted || depth) && i + 1 < s.n) {
			to[i++] = ' ';
			to[i] = ' ';
			continue;
		}
		if (depth == 0 && c == '"') {
			quoted = !quoted;
			hide = true;
		} else if (!quoted && c == '(') {
			depth++;
			hide = true;
		} else if (!quoted && c == ')' && depth) {
			depth--;
		} else if (quoted && (c == ';' || c == '=')) {
			c = '_';
		}
		to[i] = hide ? ' ' : c;
	}
	return sl_span_of(to, s.n);
}

static bool is_result_char(char c)
{
	return sl_is_alnum(c) || c == '-';
}

static struct sl_span lower(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

/* "method[/version] = result ..." */
static bool split_result(struct sl_span part, struct sl_span *method_r, struct sl_span *result_r)
{
	ssize_t equal = sl_span_chr(part, '=', 0);
	if (equal < 0)
		return false;
	struct sl_span method = sl_span_trim(sl_span_head(part, (size_t)equal));
	ssize_t slash = sl_span_chr(method, '/', 0);
	if (slash > 0)
		method = sl_span_trim(sl_span_head(method, (size_t)slash));
	struct sl_span rest = sl_span_trim(sl_span_from(part, (size_t)equal + 1));
	size_t n = 0;
	while (n < rest.n && is_result_char(rest.p[n]))
		n++;
	*method_r = method;
	*result_r = sl_span_head(rest, n);
	return n > 0 && n <= RESULT_MAX;
}

static void add_dkim(struct results *r, struct sl_span result)
{
	int rank = sl_span_eq(result, SL_SPAN("pass"))   ? 3
		   : sl_span_eq(result, SL_SPAN("fail")) ? 2
							 : 1;
	if (rank > r->dkim_rank) {
		r->dkim = result;
		r->dkim_rank = rank;
	}
}

static void set_first(struct sl_span *to, struct sl_span result)
{
	if (!to->n)
		*to = result;
}

static void add_result(struct sl_arena *arena, struct results *r, struct sl_span part)
{
	struct sl_span method, result;
	if (!split_result(part, &method, &result))
		return;
	result = lower(arena, result);
	if (sl_span_ieq(method, SL_SPAN("spf")))
		set_first(&r->spf, result);
	else if (sl_span_ieq(method, SL_SPAN("dkim")))
		add_dkim(r, result);
	else if (sl_span_ieq(method, SL_SPAN("dmarc")))
		set_first(&r->dmarc, result);
	else if (sl_span_ieq(method, SL_SPAN("arc")))
		set_first(&r->arc, result);
}

/* The id is the first word of the first part, unless that is a result already (Microsoft). */
static void read_results(struct sl_arena *arena, struct sl_span value, struct results *r)
{
	struct sl_span rest = neutral(arena, sl_field_unfold(arena, value)), part;
	bool first = true;
	*r = (struct results){ .id = SL_SPAN_NULL };
	for (; sl_span_split(&rest, ';', &part); first = false) {
		part = sl_span_trim(part);
		if (!first || sl_span_chr(part, '=', 0) >= 0) {
			add_result(arena, r, part);
			continue;
		}
		size_t n = 0;
		while (n < part.n && !sl_is_space(part.p[n]) && part.p[n] != '/')
			n++;
		r->id = lower(arena, sl_span_head(part, n));
	}
}

struct reader {
	struct sl_arena *arena;
	const struct sl_field *fields;
	size_t n_fields;
	const struct sl_chain *chain;
	const struct sl_trust *trust;
	const struct sl_strings *ids;
	size_t limit; /* fields from here on are the sender's */
	bool found;   /* a header was taken: its id is the one that counts */
	struct sl_auth *auth;
};

static bool id_is_configured(const struct reader *r, struct sl_span id)
{
	for (size_t i = 0; i < r->ids->n; i++)
		if (sl_span_ieq(id, sl_span_str(r->ids->items[i])))
			return true;
	return false;
}

static struct sl_span boundary_host(const struct reader *r)
{
	const struct sl_chain *chain = r->chain;
	return chain->last_ours < chain->n_hops ? chain->hops[chain->last_ours].by : SL_SPAN_NULL;
}

static void take(struct reader *r, const struct results *results)
{
	struct sl_auth *auth = r->auth;
	set_first(&auth->spf, results->spf);
	set_first(&auth->dkim, results->dkim);
	set_first(&auth->dmarc, results->dmarc);
	set_first(&auth->arc, results->arc);
	if (!r->found)
		auth->by = results->id.n ? results->id : boundary_host(r);
	r->found = true;
}

static void read_header(struct reader *r, const struct sl_field *field, struct sl_span *only)
{
	struct results results;
	read_results(r->arena, field->value, &results);
	bool counts = r->ids->n ? id_is_configured(r, results.id)
				: !r->found || sl_span_ieq(results.id, *only);
	if (!counts)
		return;
	if (!r->found)
		*only = results.id;
	take(r, &results);
}

static void read_authentication(struct reader *r)
{
	struct sl_span only = SL_SPAN_NULL;
	for (size_t i = 0; i < r->limit; i++)
		if (sl_field_named(&r->fields[i], SL_SPAN("Authentication-Results")))
			read_header(r, &r->fields[i], &only);
}

/* "key=value" among the words of a Received-SPF header. */
static struct sl_span spf_key(struct sl_span value, struct sl_span key)
{
	for (ssize_t at = 0; (at = sl_span_ifind(value, key, (size_t)at)) >= 0; at++) {
		if (at && !sl_is_space(value.p[at - 1]) && value.p[at - 1] != ';')
			continue;
		struct sl_span rest = sl_span_from(value, (size_t)at + key.n);
		size_t n = 0;
		while (n < rest.n && !sl_is_space(rest.p[n]) && rest.p[n] != ';')
			n++;
		return sl_span_head(rest, n);
	}
	return SL_SPAN_NULL;
}

/* Who wrote it: receiver=, else the host that begins the comment, "(mx.example: domain of ...". */
static struct sl_span spf_receiver(struct sl_span raw, struct sl_span keys)
{
	struct sl_span receiver = spf_key(keys, SL_SPAN("receiver="));
	ssize_t open = sl_span_chr(raw, '(', 0);
	if (receiver.n || open < 0)
		return receiver;
	struct sl_span rest = sl_span_from(raw, (size_t)open + 1);
	size_t n = 0;
	while (n < rest.n && (is_result_char(rest.p[n]) || rest.p[n] == '.'))
		n++;
	return n < rest.n && rest.p[n] == ':' ? sl_span_head(rest, n) : SL_SPAN_NULL;
}

/* "google.com" speaks for mx.google.com. */
static bool speaks_for(struct sl_span receiver, struct sl_span id)
{
	return sl_span_ieq(receiver, id) ||
	       (sl_span_chr(receiver, '.', 0) > 0 && id.n > receiver.n &&
		       sl_span_iends(id, receiver) && id.p[id.n - receiver.n - 1] == '.');
}

static bool spf_counts(const struct reader *r, struct sl_span receiver)
{
	for (size_t i = 0; i < r->ids->n; i++)
		if (speaks_for(receiver, sl_span_str(r->ids->items[i])))
			return true;
	if (receiver.n && sl_trust_host(r->trust, receiver))
		return true;
	return !r->ids->n && receiver.n && sl_host_related(receiver, boundary_host(r));
}

static void read_spf(struct reader *r)
{
	for (size_t i = 0; i < r->limit; i++) {
		if (!sl_field_named(&r->fields[i], SL_SPAN("Received-SPF")))
			continue;
		struct sl_span raw = sl_field_unfold(r->arena, r->fields[i].value);
		struct sl_span keys = neutral(r->arena, raw);
		struct sl_span receiver = spf_receiver(raw, keys);
		if (!spf_counts(r, receiver))
			continue;
		size_t n = 0;
		while (n < keys.n && is_result_char(keys.p[n]))
			n++;
		sl_hop_address(spf_key(keys, SL_SPAN("client-ip=")), &r->auth->client_ip);
		if (n && n <= RESULT_MAX && !r->auth->spf.n) {
			r->auth->spf = lower(r->arena, sl_span_head(keys, n));
			if (!r->found)
				r->auth->by = lower(r->arena, receiver);
		}
		return;
	}
}

/* Fields above the boundary's own Received line; with Google those up to the next Received line.
 * Without any Received line all fields, but only for ids that were configured. */
static size_t fields_of_ours(const struct reader *r)
{
	const struct sl_chain *chain = r->chain;
	if (chain->n_hops == 0)
		return r->ids->n ? r->n_fields : 0;
	if (chain->last_ours >= chain->n_hops)
		return 0;
	struct sl_span by = boundary_host(r);
	if (!sl_span_iends(by, SL_SPAN(".google.com")))
		return chain->hops[chain->last_ours].field;
	return chain->last_ours + 1 < chain->n_hops ? chain->hops[chain->last_ours + 1].field
						    : r->n_fields;
}

void sl_auth_read(struct sl_arena *arena, const struct sl_field *fields, size_t n_fields,
	const struct sl_chain *chain, const struct sl_trust *trust,
	const struct sl_strings *authserv_ids, struct sl_auth *auth_r)
{
	struct reader r = { .arena = arena,
		.fields = fields,
		.n_fields = n_fields,
		.chain = chain,
		.trust = trust,
		.ids = authserv_ids,
		.auth = auth_r };
	*auth_r = (struct sl_auth){ .by = SL_SPAN_NULL };
	r.limit = fields_of_ours(&r);
	sl_assert(r.limit <= n_fields);
	read_authentication(&r);
	read_spf(&r);
}
