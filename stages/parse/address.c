/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include "headfields.h"
#include "pipeline/base/lanes.h"
#include "pipeline/base/unicode.h"
#include "words.h"

/* An @ inside quotes is kept as QUOTED_AT until names are decoded: it never makes an address. */
enum { QUOTED_AT = '\x01', PENDING_MAX = 3 };

/* What was read of the mailbox at hand. `text` collects the display name, or the bare address. */
struct draft {
	char *text;
	size_t n, room;
	struct sl_span angle; /* between brackets; p NULL: none */
	struct sl_span comment;
};

struct parser {
	struct sl_charset *charset;
	struct sl_arena *arena;
	const struct sl_limits *limits;
	uint64_t *flags;
	struct sl_span s;
	size_t at;
	bool no_quote, no_comment, no_angle; /* an end was looked for in vain: never again */
	uint64_t colons;
	ssize_t last_semi; /* the last ';' of the value, or -1 */
	struct draft draft;
	struct sl_span pending; /* words without an address, before a comma */
	unsigned n_pending;
	struct sl_address *list;
	size_t n, room;
	bool full;
};

static void text_add(struct parser *p, struct sl_span s)
{
	struct draft *d = &p->draft;
	if (d->n + s.n > d->room) {
		size_t room = d->room * 2 > d->n + s.n ? d->room * 2 : d->n + s.n + 64;
		d->text = sl_arena_grow(p->arena, d->text, d->room, room);
		d->room = room;
	}
	if (s.n)
		memcpy(d->text + d->n, s.p, s.n);
	d->n += s.n;
}

static struct sl_span text_of(const struct draft *d)
{
	return sl_span_trim(sl_span_of(d->text, d->n));
}

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool odd_in_host(struct sl_span host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!sl_is_alnum(host.p[i]) && !is_one_of(host.p[i], ".-_"))
			return true;
	return false;
}

/* Lower case, A-labels, no root dot. False: nothing that names a host. */
static bool canonical_host(struct sl_arena *arena, struct sl_span host, struct sl_span *host_r)
{
	bool mapped;
	while (host.n && (host.p[host.n - 1] == '.' || sl_is_space(host.p[host.n - 1])))
		host.n--;
	if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']') {
		*host_r = host;
		return true;
	}
	if (host.n == 0 || host.n > 1024 || !sl_unicode_host_to_ascii(arena, host, host_r, &mapped))
		return false;
	return host_r->n > 0 && !odd_in_host(*host_r);
}

/* The last @ that is not in quotes parts local and host; one more @ in the local part is damage. */
static ssize_t last_at(struct sl_span addr, bool *two_r)
{
	ssize_t last = -1;
	bool quoted = false;
	*two_r = false;
	for (size_t i = 0; i < addr.n; i++) {
		if (addr.p[i] == '\\')
			i++;
		else if (addr.p[i] == '"')
			quoted = !quoted;
		else if (addr.p[i] == '@' && !quoted) {
			*two_r = last >= 0;
			last = (ssize_t)i;
		}
	}
	return last >= 0 ? last : sl_span_chr(addr, '@', 0);
}

static struct sl_span without_route(struct sl_span addr)
{
	addr = sl_span_trim(addr);
	if (sl_span_istarts(addr, SL_SPAN("mailto:")))
		addr = sl_span_from(addr, 7);
	if (addr.n && addr.p[0] == '@')
		for (size_t i = addr.n; i-- > 1;)
			if (addr.p[i] == ':')
				return sl_span_trim(sl_span_from(addr, i + 1));
	return addr;
}

static bool has_inner_space(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (sl_is_space(s.p[i]))
			return true;
	return false;
}

static void split_address(struct parser *p, struct sl_span raw, struct sl_address *out)
{
	bool two;
	struct sl_span addr = sl_words_decode(p->charset, p->arena, without_route(raw), p->flags);
	ssize_t at = last_at(addr, &two);
	out->damaged = true;
	if (at < 0) {
		out->local = addr;
		return;
	}
	out->local = sl_span_trim(sl_span_head(addr, (size_t)at));
	struct sl_span host = sl_span_trim(sl_span_from(addr, (size_t)at + 1));
	if (!canonical_host(p->arena, host, &out->host)) {
		out->host = SL_SPAN_NULL;
		return;
	}
	bool quoted = out->local.n && out->local.p[0] == '"';
	out->damaged = two || out->local.n == 0 || (!quoted && has_inner_space(out->local));
	if (out->local.n)
		out->addr = SL_ARENA_JOIN(p->arena, out->local, SL_SPAN("@"), out->host);
}

/* "a @ b" to "a@b", in place. */
static struct sl_span close_gaps(struct sl_span s, char *to)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '@')
			while (n && sl_is_space(to[n - 1]))
				n--;
		else if (sl_is_space(s.p[i]) && n && to[n - 1] == '@')
			continue;
		to[n++] = s.p[i];
	}
	return sl_span_of(to, n);
}

/* No brackets: the last word with an @ is the address, the words before it are a name. */
static void bare_address(
	struct parser *p, struct sl_span text, struct sl_address *out, struct sl_span *name_r)
{
	struct sl_span s = close_gaps(text, sl_arena_alloc(p->arena, text.n));
	size_t end = s.n;
	ssize_t at = -1;
	for (size_t i = s.n; i-- > 0 && at < 0;)
		if (s.p[i] == '@')
			at = (ssize_t)i;
	sl_assert(at >= 0);
	size_t start = (size_t)at;
	while (start && !sl_is_space(s.p[start - 1]))
		start--;
	for (end = (size_t)at; end < s.n && !sl_is_space(s.p[end]);)
		end++;
	split_address(p, sl_span_of(s.p + start, end - start), out);
	*name_r = sl_span_trim(sl_span_head(s, start));
}

static void push(struct parser *p, const struct sl_address *address)
{
	if (p->n >= p->limits->addresses) {
		*p->flags |= SL_BIT(SL_MSG_LIMIT_ADDRESSES);
		p->full = true;
		return;
	}
	struct sl_address *slot = SL_ARENA_PUSH(p->arena, p->list, p->n, p->room);
	*slot = *address;
}

static struct sl_span decoded_name(struct parser *p, struct sl_span name)
{
	if (sl_span_chr(name, QUOTED_AT, 0) >= 0) {
		char *to = sl_arena_alloc(p->arena, name.n);
		for (size_t i = 0; i < name.n; i++)
			to[i] = name.p[i] == QUOTED_AT ? '@' : name.p[i];
		name = sl_span_of(to, name.n);
	}
	return sl_words_decode(p->charset, p->arena, name, p->flags);
}

/* Words before a comma were the first half of a name: "Doe, John <x@y>". */
static struct sl_span with_pending(struct parser *p, struct sl_span name)
{
	struct sl_span before = p->pending;
	p->pending = SL_SPAN_NULL;
	p->n_pending = 0;
	if (before.n == 0)
		return name;
	if (name.n == 0)
		return before;
	return SL_ARENA_JOIN(p->arena, before, SL_SPAN(", "), name);
}

static void flush_pending(struct parser *p)
{
	if (p->pending.n == 0)
		return;
	struct sl_address only = { .name = decoded_name(p, p->pending), .damaged = true };
	p->pending = SL_SPAN_NULL;
	p->n_pending = 0;
	push(p, &only);
}

static void keep_pending(struct parser *p, struct sl_span text)
{
	if (text.n == 0)
		return;
	if (p->n_pending >= PENDING_MAX) /* a list of words, not a name */
		flush_pending(p);
	unsigned n = p->n_pending + 1;
	p->pending = with_pending(p, text);
	p->n_pending = n;
}

/* One mailbox ends. */
static void finish(struct parser *p)
{
	struct draft d = p->draft;
	struct sl_span text = text_of(&d), name = text;
	struct sl_address out = { 0 };
	p->draft = (struct draft){ .text = NULL };
	if (d.angle.p) {
		split_address(p, d.angle, &out);
		name = with_pending(p, text);
	} else if (text.n && sl_span_chr(text, '@', 0) >= 0) {
		flush_pending(p);
		bare_address(p, text, &out, &name);
	} else {
		keep_pending(p, text);
		return;
	}
	out.name = decoded_name(p, name.n ? name : d.comment);
	push(p, &out);
}

/* Behind the closing quote, or 0. */
static size_t quote_end(const struct parser *p)
{
	for (size_t i = p->at + 1; i < p->s.n; i++) {
		if (p->s.p[i] == '\\')
			i++;
		else if (p->s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* "john doe"@host: the quotes belong to the address. */
static bool quoted_local(struct parser *p, size_t end)
{
	if (end >= p->s.n || p->s.p[end] != '@')
		return false;
	size_t stop = end;
	while (stop < p->s.n && !sl_is_space(p->s.p[stop]) && !is_one_of(p->s.p[stop], ",;<>()"))
		stop++;
	p->draft.angle = sl_span_of(p->s.p + p->at, stop - p->at);
	p->at = stop;
	return true;
}

static void take_quoted(struct parser *p)
{
	size_t end = p->no_quote ? 0 : quote_end(p);
	if (!end) {
		p->no_quote = true;
		p->at++;
		return;
	}
	if (quoted_local(p, end))
		return;
	for (size_t i = p->at + 1; i + 1 < end; i++) {
		if (p->s.p[i] == '\\' && i + 2 < end)
			i++;
		text_add(p, p->s.p[i] == '@' ? SL_SPAN("\x01") : sl_span_of(p->s.p + i, 1));
	}
	p->at = end;
}

static void take_comment(struct parser *p)
{
	size_t depth = 0;
	for (size_t i = p->at; i < p->s.n && !p->no_comment; i++) {
		if (p->s.p[i] == '\\')
			i++;
		else if (p->s.p[i] == '(')
			depth++;
		else if (p->s.p[i] == ')' && --depth == 0) {
			p->draft.comment = sl_span_of(p->s.p + p->at + 1, i - p->at - 1);
			p->at = i + 1;
			text_add(p, SL_SPAN(" "));
			return;
		}
	}
	p->no_comment = true;
	text_add(p, SL_SPAN("("));
	p->at++;
}

/* The last pair of brackets wins; without a closing one the address ends at a comma. */
static void take_angle(struct parser *p)
{
	size_t start = p->at + 1;
	ssize_t close = p->no_angle ? -1 : sl_span_chr(p->s, '>', start);
	size_t end = start;
	if (close >= 0) {
		end = (size_t)close;
	} else {
		p->no_angle = true;
		while (end < p->s.n && p->s.p[end] != ',' && p->s.p[end] != ';' &&
			p->s.p[end] != '<')
			end++;
	}
	for (size_t i = start; i < end; i++)
		if (p->s.p[i] == '<')
			start = i + 1;
	struct sl_span inner = sl_span_trim(sl_span_of(p->s.p + start, end - start));
	if (inner.n || !p->draft.angle.p)
		p->draft.angle = inner;
	p->at = close >= 0 ? end + 1 : end;
}

/* "Friends: a@b, c@d;" names a group; a colon with no ';' behind it belongs to a name. */
static void take_colon(struct parser *p)
{
	if (++p->colons > p->limits->colons) {
		*p->flags |= SL_BIT(SL_MSG_LIMIT_COLONS);
		p->full = true;
		return;
	}
	bool group = p->last_semi > (ssize_t)p->at && !p->draft.angle.p &&
		     sl_span_chr(text_of(&p->draft), '@', 0) < 0;
	if (group)
		p->draft = (struct draft){ .text = NULL };
	else
		text_add(p, SL_SPAN(":"));
	p->at++;
}

static sl_lanes is_special(sl_lanes v)
{
	return sl_lanes_eq(v, '"') | sl_lanes_eq(v, '(') | sl_lanes_eq(v, '<') |
	       sl_lanes_eq(v, '>') | sl_lanes_eq(v, ',') | sl_lanes_in(v, ':', ';') |
	       sl_lanes_eq(v, QUOTED_AT);
}

static void take_text(struct parser *p)
{
	size_t end = sl_lanes_find(p->s, p->at, is_special);
	text_add(p, sl_span_of(p->s.p + p->at, end - p->at));
	p->at = end;
}

static void step(struct parser *p)
{
	char c = p->s.p[p->at];
	switch (c) {
	case '"':
		take_quoted(p);
		break;
	case '(':
		take_comment(p);
		break;
	case '<':
		take_angle(p);
		break;
	case ':':
		take_colon(p);
		break;
	case ',':
	case ';':
		finish(p);
		p->at++;
		break;
	case '>':
	case QUOTED_AT:
		p->at++;
		break;
	default:
		take_text(p);
	}
}

static ssize_t last_semicolon(struct sl_span s)
{
	const char *hit = s.n ? memrchr(s.p, ';', s.n) : NULL;
	return hit ? hit - s.p : -1;
}

size_t sl_addresses(struct sl_charset *charset, struct sl_arena *arena, struct sl_span value,
	const struct sl_limits *limits, struct sl_address **addresses_r, uint64_t *flags_r)
{
	struct parser p = { .charset = charset,
		.arena = arena,
		.limits = limits,
		.flags = flags_r,
		.s = sl_field_unfold(arena, value) };
	p.last_semi = last_semicolon(p.s);
	while (p.at < p.s.n && !p.full)
		step(&p);
	if (!p.full) {
		finish(&p);
		flush_pending(&p);
	}
	*addresses_r = p.list;
	return p.n;
}
