/* SPDX-License-Identifier: Apache-2.0 */
#include "whatwg.h"

#include "pipeline/base/utf8.h"
#include "urlhost.h"

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

/* Percent-encode sets of the standard, as bits. '%' is in none: escapes stay as written. */
enum {
	IN_FRAGMENT = 1,
	IN_QUERY = 2,
	IN_PATH = 4,
	IN_USERINFO = 8,
	IN_ALL = 15,
	ENDS_AUTHORITY = 16,
	BACKSLASH = 32
};
/* Controls and what is not ASCII are in all sets: byte_is() knows. */
static const uint8_t byte_sets[128] = {
	[' '] = IN_ALL,
	['"'] = IN_ALL,
	['<'] = IN_ALL,
	['>'] = IN_ALL,
	['`'] = IN_FRAGMENT | IN_PATH | IN_USERINFO,
	['#'] = IN_QUERY | IN_PATH | IN_USERINFO | ENDS_AUTHORITY,
	['\''] = IN_QUERY,
	['?'] = IN_PATH | IN_USERINFO | ENDS_AUTHORITY,
	['^'] = IN_PATH | IN_USERINFO,
	['{'] = IN_PATH | IN_USERINFO,
	['}'] = IN_PATH | IN_USERINFO,
	['/'] = IN_USERINFO | ENDS_AUTHORITY,
	[':'] = IN_USERINFO,
	[';'] = IN_USERINFO,
	['='] = IN_USERINFO,
	['@'] = IN_USERINFO,
	['['] = IN_USERINFO,
	['\\'] = IN_USERINFO | ENDS_AUTHORITY | BACKSLASH,
	[']'] = IN_USERINFO,
	['|'] = IN_USERINFO,
	[0x7f] = IN_ALL,
};

static bool byte_is(char c, unsigned sets)
{
	uint8_t byte = (uint8_t)c;
	if (byte < 0x20 || byte >= 0x80)
		return (sets & IN_ALL) != 0;
	return (byte_sets[byte] & sets) != 0;
}

struct out {
	struct sl_arena *arena;
	char *p;
	size_t n, room;
	size_t query, fragment; /* where they begin, or 0 */
};

static void reserve(struct out *out, size_t room)
{
	out->p = sl_arena_alloc(out->arena, room);
	out->room = room;
}

static void put(struct out *out, struct sl_span s)
{
	if (out->n + s.n > out->room) {
		size_t room = (out->n + s.n) * 2 + 64;
		out->p = sl_arena_grow(out->arena, out->p, out->room, room);
		out->room = room;
	}
	if (s.n)
		memcpy(out->p + out->n, s.p, s.n);
	out->n += s.n;
}

static void put_escaped_byte(struct out *out, uint8_t byte)
{
	static const char digits[] = "0123456789ABCDEF";
	char text[3] = { '%', digits[byte >> 4], digits[byte & 15] };
	put(out, sl_span_of(text, sizeof(text)));
}

/* A byte that is no UTF-8 is escaped as U+FFFD, as a decoder in front of the parser does. */
static void put_encoded(struct out *out, struct sl_span s, unsigned set)
{
	for (size_t i = 0; i < s.n;) {
		size_t from = i;
		while (i < s.n && !byte_is(s.p[i], set))
			i++;
		put(out, sl_span_of(s.p + from, i - from));
		if (i == s.n)
			break;
		uint32_t unused;
		size_t length = sl_utf8_decode(sl_span_from(s, i), &unused);
		if (length == 0) {
			put(out, SL_SPAN("%EF%BF%BD"));
			i++;
		}
		for (; length > 0; length--)
			put_escaped_byte(out, (uint8_t)s.p[i++]);
	}
}

struct sl_span sl_url_decode(struct sl_arena *arena, struct sl_span s)
{
	if (s.n == 0 || !memchr(s.p, '%', s.n))
		return s;
	char *to = sl_arena_alloc(arena, s.n);
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '%' && i + 2 < s.n && sl_hex_value(s.p[i + 1]) >= 0 &&
			sl_hex_value(s.p[i + 2]) >= 0) {
			to[n++] = (char)(sl_hex_value(s.p[i + 1]) * 16 + sl_hex_value(s.p[i + 2]));
			i += 2;
		} else {
			to[n++] = s.p[i];
		}
	}
	return sl_span_of(to, n);
}

static bool is_removed(char c)
{
	return (uint8_t)c < ' ' && (c == '\t' || c == '\n' || c == '\r');
}

/* Where the first tab or line end stands, or s.n. */
static size_t first_removed(struct sl_span s)
{
	static const char removed[] = "\t\n\r";
	size_t first = s.n;
	for (int i = 0; removed[i]; i++) {
		ssize_t at = sl_span_chr(sl_span_head(s, first), removed[i], 0);
		first = at < 0 ? first : (size_t)at;
	}
	return first;
}

/* Without C0 and spaces at both ends, without tabs and line ends inside. */
static struct sl_span cleaned(struct sl_arena *arena, struct sl_span s, uint32_t *flags)
{
	bool control = false;
	for (; s.n && (uint8_t)s.p[0] <= ' '; s = sl_span_from(s, 1))
		control = control || s.p[0] != ' ';
	for (; s.n && (uint8_t)s.p[s.n - 1] <= ' '; s.n--)
		control = control || s.p[s.n - 1] != ' ';
	size_t first = first_removed(s);
	if (control || first < s.n)
		*flags |= FLAG(CTL);
	if (first == s.n)
		return s;
	char *to = sl_arena_alloc(arena, s.n);
	sl_assert(first < s.n);
	memcpy(to, s.p, first);
	size_t n = first;
	for (size_t i = first; i < s.n; i++)
		if (!is_removed(s.p[i]))
			to[n++] = s.p[i];
	return sl_span_of(to, n);
}

static bool is_scheme_char(char c)
{
	return sl_is_alnum(c) || c == '+' || c == '-' || c == '.';
}

/* Length of the scheme in front of the colon, or 0. */
static size_t scheme_length(struct sl_span s)
{
	if (s.n == 0 || !sl_is_alpha(s.p[0]))
		return 0;
	size_t n = 1;
	while (n < s.n && is_scheme_char(s.p[n]))
		n++;
	return n < s.n && s.p[n] == ':' ? n : 0;
}

static struct sl_span lower(struct sl_arena *arena, struct sl_span s)
{
	char *to = sl_arena_alloc(arena, s.n);
	for (size_t i = 0; i < s.n; i++)
		to[i] = sl_lower(s.p[i]);
	return sl_span_of(to, s.n);
}

/* The scheme of nearly all links, which stand there as people write them. */
static struct sl_span common_scheme(struct sl_span s)
{
	static const struct sl_span common[] = { { "https:", 6 }, { "http:", 5 },
		{ "mailto:", 7 } };
	for (size_t i = 0; i < SL_LEN(common); i++)
		if (sl_span_starts(s, common[i]))
			return sl_span_head(s, common[i].n - 1);
	return SL_SPAN_NULL;
}

struct sl_span sl_url_scheme(struct sl_arena *arena, struct sl_span input, struct sl_span *rest_r)
{
	uint32_t unused = 0;
	struct sl_span scheme = common_scheme(input);
	*rest_r = sl_span_from(input, scheme.n + 1);
	if (scheme.n)
		return scheme;
	struct sl_span s = cleaned(arena, sl_span_head(input, 256), &unused);
	size_t n = scheme_length(s);
	*rest_r = input;
	if (n == 0)
		return SL_SPAN_NULL;
	ssize_t colon = sl_span_chr(input, ':', 0);
	sl_assert(colon >= 0);
	*rest_r = sl_span_from(input, (size_t)colon + 1);
	return lower(arena, sl_span_head(s, n));
}

struct special {
	struct sl_span name;
	unsigned port;
};
static const struct special specials[] = { { { "http", 4 }, 80 }, { { "https", 5 }, 443 },
	{ { "ftp", 3 }, 21 } };

static const struct special *special_of(struct sl_span scheme)
{
	for (size_t i = 0; i < SL_LEN(specials); i++)
		if (sl_span_ieq(scheme, specials[i].name))
			return &specials[i];
	return NULL;
}

/* What the parser found, before it is written. */
struct pieces {
	const struct special *special;
	struct sl_span authority;   /* userinfo, host and port; written anew */
	const struct sl_url *base;  /* its authority counts when not NULL */
	bool keep_path, keep_query; /* of base */
	struct sl_span rest;        /* path, query, fragment as written */
	uint32_t flags;
};

static bool is_slash(char c, uint32_t *flags)
{
	if (c == '\\')
		*flags |= FLAG(BACKSLASH);
	return c == '/' || c == '\\';
}

static void cut_authority(struct pieces *p, struct sl_span s)
{
	while (s.n && is_slash(s.p[0], &p->flags))
		s = sl_span_from(s, 1);
	size_t n = 0;
	while (n < s.n && !byte_is(s.p[n], ENDS_AUTHORITY))
		n++;
	p->authority = sl_span_head(s, n);
	p->base = NULL;
	p->rest = sl_span_from(s, n);
}

static void cut_relative(struct pieces *p, struct sl_span s)
{
	bool slash = s.n && (s.p[0] == '/' || s.p[0] == '\\');
	if (slash && s.n > 1 && (s.p[1] == '/' || s.p[1] == '\\')) {
		cut_authority(p, s);
		return;
	}
	p->rest = s;
	p->flags |= FLAG(BASE);
	p->keep_path = !slash;
	p->keep_query = s.n == 0 || s.p[0] == '#';
}

static bool cut(struct pieces *p, struct sl_span s, const struct sl_url *base)
{
	size_t n = scheme_length(s);
	p->base = base;
	if (n > 0) {
		p->special = special_of(sl_span_head(s, n));
		s = sl_span_from(s, n + 1);
		if (!p->special)
			return false;
		bool same = base && sl_span_eq(base->scheme, p->special->name);
		bool slashes = s.n > 1 && s.p[0] == '/' && s.p[1] == '/';
		if (same && !slashes)
			cut_relative(p, s);
		else
			cut_authority(p, s);
		return true;
	}
	if (base) {
		p->special = special_of(base->scheme);
		cut_relative(p, s);
		return p->special != NULL;
	}
	if (s.n < 2 || !is_slash(s.p[0], &p->flags) || !is_slash(s.p[1], &p->flags))
		return false;
	p->special = &specials[0];
	p->flags |= FLAG(SCHEMELESS);
	cut_authority(p, s);
	return true;
}

static void put_userinfo(struct out *out, struct sl_span userinfo)
{
	ssize_t colon = sl_span_chr(userinfo, ':', 0);
	struct sl_span user = colon < 0 ? userinfo : sl_span_head(userinfo, (size_t)colon);
	struct sl_span password =
		colon < 0 ? SL_SPAN_NULL : sl_span_from(userinfo, (size_t)colon + 1);
	put_encoded(out, user, IN_USERINFO);
	if (password.n) {
		put(out, SL_SPAN(":"));
		put_encoded(out, password, IN_USERINFO);
	}
	put(out, SL_SPAN("@"));
}

static bool read_port(struct sl_span text, const struct special *special, unsigned *port_r)
{
	unsigned value = 0;
	for (size_t i = 0; i < text.n; i++) {
		if (!sl_is_digit(text.p[i]))
			return false;
		value = value * 10 + (unsigned)(text.p[i] - '0');
		if (value > 65535)
			return false;
	}
	*port_r = text.n && value != special->port ? value + 1 : 0;
	return true;
}

/* Where the port's colon stands, or s.n. */
static size_t port_colon(struct sl_span s)
{
	bool inside = false;
	if (sl_span_chr(s, ':', 0) < 0)
		return s.n;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '[')
			inside = true;
		else if (s.p[i] == ']')
			inside = false;
		else if (s.p[i] == ':' && !inside)
			return i;
	}
	return s.n;
}

static bool put_authority(struct out *out, struct pieces *p, struct sl_url *url)
{
	struct sl_span s = p->authority, userinfo = SL_SPAN_NULL;
	struct sl_url_host host;
	const char *at = s.n ? memrchr(s.p, '@', s.n) : NULL;
	if (at) {
		userinfo = sl_span_head(s, (size_t)(at - s.p));
		s = sl_span_from(s, userinfo.n + 1);
	}
	size_t colon = port_colon(s);
	unsigned port;
	if (!read_port(sl_span_from(s, colon + 1), p->special, &port) ||
		!sl_url_host_parse(out->arena, sl_span_head(s, colon), &host))
		return false;
	if (userinfo.n && !(userinfo.n == 1 && userinfo.p[0] == ':')) {
		p->flags |= FLAG(USERINFO);
		put_userinfo(out, userinfo);
	}
	put(out, host.written);
	if (port) {
		char text[8];
		size_t n = sizeof(text);
		for (unsigned left = port - 1; n == sizeof(text) || left; left /= 10)
			text[--n] = (char)('0' + left % 10);
		put(out, SL_SPAN(":"));
		put(out, sl_span_of(text + n, sizeof(text) - n));
		p->flags |= FLAG(PORT);
	}
	url->host = host.name;
	url->ip = host.ip;
	p->flags |= host.flags;
	return true;
}

static bool is_dot(struct sl_span *s)
{
	if (s->n >= 1 && s->p[0] == '.') {
		*s = sl_span_from(*s, 1);
		return true;
	}
	if (!sl_span_istarts(*s, SL_SPAN("%2e")))
		return false;
	*s = sl_span_from(*s, 3);
	return true;
}

/* 1 for ".", 2 for "..", in any spelling; else 0. */
static int dots(struct sl_span segment)
{
	int n = 0;
	while (n < 3 && is_dot(&segment))
		n++;
	return segment.n == 0 && n < 3 ? n : 0;
}

/* Drop the last segment of the path that begins at `from`, with its slash. */
static void pop(struct out *out, size_t from)
{
	sl_assert(out->n >= from);
	while (out->n > from && out->p[out->n - 1] != '/')
		out->n--;
	if (out->n > from)
		out->n--;
}

/* Most paths have nothing to resolve and nothing to escape. */
static bool is_plain_path(struct sl_span s)
{
	char before = '/';
	for (size_t i = 0; i < s.n; before = s.p[i++])
		if (byte_is(s.p[i], IN_PATH | BACKSLASH) ||
			(before == '/' && (s.p[i] == '.' || s.p[i] == '%')))
			return false;
	return true;
}

/* Segments of `s` behind what stands in `out` from `from` on; each gets its slash in front. */
static void put_path(struct out *out, size_t from, struct sl_span s, uint32_t *flags)
{
	if (is_plain_path(s)) {
		put(out, SL_SPAN("/"));
		put(out, s);
		return;
	}
	for (bool more = true; more;) {
		size_t n = 0;
		while (n < s.n && s.p[n] != '/' && s.p[n] != '\\')
			n++;
		struct sl_span segment = sl_span_head(s, n);
		more = n < s.n && is_slash(s.p[n], flags);
		s = sl_span_from(s, n + 1);
		int dot = dots(segment);
		if (dot == 2)
			pop(out, from);
		if (dot == 0 || !more)
			put(out, SL_SPAN("/"));
		if (dot == 0)
			put_encoded(out, segment, IN_PATH);
	}
}

static size_t before_fragment(struct sl_span s)
{
	ssize_t mark = sl_span_chr(s, '#', 0);
	return mark < 0 ? s.n : (size_t)mark;
}

/* The sign in front of a query or fragment, and where that begins. */
static void put_mark(struct out *out, const char *sign, size_t *begin_r)
{
	put(out, sl_span_of(sign, 1));
	*begin_r = out->n;
}

static void put_tail(struct out *out, struct pieces *p)
{
	size_t from = out->n;
	sl_assert(from > 0);
	struct sl_span path = sl_span_head(p->rest, before_fragment(p->rest));
	ssize_t question = sl_span_chr(path, '?', 0);
	if (question >= 0)
		path = sl_span_head(path, (size_t)question);
	struct sl_span rest = sl_span_from(p->rest, path.n);
	if (p->base && p->keep_path) {
		put(out, p->base->path);
		if (path.n)
			pop(out, from);
	} else if (path.n) {
		is_slash(path.p[0], &p->flags);
		path = sl_span_from(path, 1);
	}
	if (path.n || out->n == from)
		put_path(out, from, path, &p->flags);
	if (p->keep_query && p->base && p->base->query.p) {
		put_mark(out, "?", &out->query);
		put(out, p->base->query);
	}
	if (rest.n && rest.p[0] == '?') {
		struct sl_span query = sl_span_head(rest, before_fragment(rest));
		put_mark(out, "?", &out->query);
		put_encoded(out, sl_span_from(query, 1), IN_QUERY);
		rest = sl_span_from(rest, query.n);
	}
	if (rest.n) {
		put_mark(out, "#", &out->fragment);
		put_encoded(out, sl_span_from(rest, 1), IN_FRAGMENT);
	}
}

static struct sl_span part(const struct out *out, size_t from, size_t to)
{
	return sl_span_of(out->p + from, to - from);
}

static void find_pieces(struct sl_url *url, const struct out *out, size_t scheme, size_t path)
{
	size_t end = out->n;
	url->text = part(out, 0, end);
	url->scheme = part(out, 0, scheme);
	if (out->fragment) {
		url->fragment = part(out, out->fragment, end);
		end = out->fragment - 1;
	}
	if (out->query) {
		url->query = part(out, out->query, end);
		end = out->query - 1;
	}
	url->path = part(out, path, end);
}

/* "https://user@host:1" of a URL: all before its path. */
static struct sl_span front_of(const struct sl_url *url)
{
	sl_assert(url->path.p > url->text.p);
	return sl_span_head(url->text, (size_t)(url->path.p - url->text.p));
}

bool sl_url_parse(struct sl_arena *arena, struct sl_span input, const struct sl_url *base,
	struct sl_url *url_r)
{
	struct pieces p = { 0 };
	*url_r = (struct sl_url){ 0 };
	struct sl_span s = cleaned(arena, input, &p.flags);
	if (!cut(&p, s, base))
		return false;
	struct out out = { .arena = arena };
	sl_assert(p.special != NULL);
	struct sl_span scheme = p.special->name;
	reserve(&out, s.n + (p.base ? base->text.n : 0) + 32);
	if (p.base) {
		put(&out, front_of(base));
		url_r->host = base->host;
		url_r->ip = base->ip;
		p.flags |= base->flags &
			   ~(FLAG(CTL) | FLAG(BACKSLASH) | FLAG(BASE) | FLAG(SCHEMELESS));
	} else {
		put(&out, scheme);
		put(&out, SL_SPAN("://"));
		if (!put_authority(&out, &p, url_r))
			return false;
	}
	size_t path = out.n;
	put_tail(&out, &p);
	sl_arena_trim(arena, out.p, out.room, out.n);
	find_pieces(url_r, &out, scheme.n, path);
	url_r->flags = p.flags;
	sl_assert(url_r->path.n > 0);
	return true;
}
