/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "scan_internal.h"

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

enum {
	HOST_ROOM = 1024,
	MARKS = 64,
	USERINFO_MAX = 2048,
	SCHEME_BACK = 8,
	WIDE_MAX = 2048,
	TLD_MAX = 64
};

/* Letters that are no plain letters for Unicode, but that UTS #46 maps to some, or drops. */
static bool maps_into_host(uint32_t cp)
{
	return (cp >= 0xff10 && cp <= 0xff19) || cp == 0xff0d || (cp >= 0x2460 && cp <= 0x24ff) ||
	       (cp >= 0x1d400 && cp <= 0x1d7ff) || (cp >= 0x300 && cp <= 0x36f) ||
	       (cp >= 0x2070 && cp <= 0x209c) || (cp >= 0x1f130 && cp <= 0x1f149) || cp == 0x3005 ||
	       cp == 0x30fb || cp == 0x30fc;
}

static bool in_host(uint32_t cp)
{
	return sl_unicode_is_letter(cp) || maps_into_host(cp) ||
	       (sl_unicode_is_invisible(cp) && !sl_unicode_is_bidi_control(cp));
}

/* A host that is being read: refanged bytes, and the places where it may end. */
struct reading {
	struct sl_finder *scan;
	char text[HOST_ROOM];
	size_t n, at;
	uint32_t flags;
	struct {
		size_t n, at;
		uint32_t flags;
	} mark[MARKS];
	size_t marks;
};

static void set_mark(struct reading *r)
{
	if (r->marks < MARKS && r->n > 0) {
		r->mark[r->marks].n = r->n;
		r->mark[r->marks].at = r->at;
		r->mark[r->marks++].flags = r->flags;
	}
}

static void take(struct reading *r, size_t length)
{
	sl_assert(r->n + length <= HOST_ROOM && r->at + length <= r->scan->text.n);
	memcpy(r->text + r->n, r->scan->text.p + r->at, length);
	r->n += length;
	r->at += length;
}

static bool take_dot(struct reading *r)
{
	uint32_t flags = 0;
	size_t length = sl_find_dot(r->scan->text, r->at, true, &flags);
	if (length == 0 || r->n == 0 || r->text[r->n - 1] == '.')
		return false;
	set_mark(r);
	if (length == 3 && !flags)
		flags = FLAG(MAPPED);
	r->flags |= flags;
	r->text[r->n++] = '.';
	r->at += length;
	return true;
}

static bool take_wide(struct reading *r)
{
	uint32_t cp;
	struct sl_span rest = sl_span_from(r->scan->text, r->at);
	size_t length = sl_utf8_decode(rest, &cp);
	if (length < 2 || !in_host(cp))
		return false;
	if (r->n > 0 && sl_find_is(r->text[r->n - 1], SL_C_NAME))
		set_mark(r);
	take(r, length);
	return true;
}

/* Letters, digits and their like, as many as there is room for. */
static size_t name_length(const struct reading *r)
{
	struct sl_span rest =
		sl_span_head(sl_span_from(r->scan->text, r->at), HOST_ROOM - 4 - r->n);
	size_t n = 0;
	while (n < rest.n && sl_find_is(rest.p[n], SL_C_NAME))
		n++;
	return n;
}

static void read_host(struct reading *r, bool ascii)
{
	struct sl_span text = r->scan->text;
	while (r->at < text.n && r->n + 4 < HOST_ROOM) {
		char c = text.p[r->at];
		if (sl_find_is(c, SL_C_NAME)) {
			take(r, name_length(r));
			continue;
		}
		if (take_dot(r))
			continue;
		if (ascii)
			break;
		if (c == '%' && r->at + 2 < text.n && sl_hex_value(text.p[r->at + 1]) >= 0 &&
			sl_hex_value(text.p[r->at + 2]) >= 0)
			take(r, 3);
		else if (!take_wide(r))
			break;
	}
}

static bool is_ascii(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] & (char)0x80)
			return false;
	return true;
}

static bool all_digits(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!sl_is_digit(s.p[i]))
			return false;
	return s.n > 0;
}

static bool all_letters(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!sl_is_alpha(s.p[i]))
			return false;
	return s.n > 1;
}

/* Names end in a label that exists, addresses in a number; each has a dot. */
static bool ends_well(struct reading *r, struct sl_span host)
{
	bool mapped;
	const char *dot = host.n ? memrchr(host.p, '.', host.n) : NULL;
	struct sl_span label, ascii;
	if (!dot)
		return false;
	label = sl_span_from(host, (size_t)(dot - host.p) + 1);
	if (label.n == 0 || label.n > TLD_MAX ||
		!sl_unicode_host_to_ascii(r->scan->arena, label, &ascii, &mapped))
		return false;
	return sl_suffixes_known(r->scan->suffixes, ascii) ||
	       (all_digits(ascii) && !is_ascii(host));
}

static void settle(struct reading *r, size_t n, size_t at, uint32_t flags, bool known,
	struct sl_host_text *host_r)
{
	host_r->text = sl_arena_copy(r->scan->arena, sl_span_of(r->text, n));
	host_r->end = at;
	host_r->flags = flags;
	host_r->known = known;
}

/* A final dot belongs to the host only when a path follows. */
static void end_mark(struct reading *r)
{
	struct sl_span text = r->scan->text;
	bool path = r->at < text.n && (text.p[r->at] == '/' || text.p[r->at] == ':');
	if (r->n && r->text[r->n - 1] == '.' && !path)
		return;
	set_mark(r);
}

bool sl_find_host(struct sl_finder *scan, size_t from, bool ascii, struct sl_host_text *host_r)
{
	struct reading r;
	r.scan = scan;
	r.n = r.marks = 0;
	r.at = from;
	r.flags = 0;
	read_host(&r, ascii);
	end_mark(&r);
	host_r->run_end = r.at;
	sl_assert(r.at >= from && r.marks <= MARKS);
	for (size_t i = r.marks; i-- > 0;) {
		struct sl_span host = sl_span_of(r.text, r.mark[i].n);
		struct sl_span bare = host;
		if (host.n > 1 && host.p[host.n - 1] == '.')
			bare.n--;
		if (!ends_well(&r, bare))
			continue;
		settle(&r, host.n, r.mark[i].at, r.mark[i].flags, true, host_r);
		return true;
	}
	for (size_t i = r.marks; i-- > 0;)
		if (is_ascii(sl_span_of(r.text, r.mark[i].n))) {
			settle(&r, r.mark[i].n, r.mark[i].at, r.mark[i].flags, false, host_r);
			return true;
		}
	return false;
}

bool sl_find_host_is_whole(struct sl_span text, const struct sl_host_text *host)
{
	sl_assert(host->end <= host->run_end && host->run_end <= text.n);
	struct sl_span left = sl_span_of(text.p + host->end, host->run_end - host->end);
	if (left.n >= 3 && (left.p[0] & (char)0x80))
		return true; /* behind an ideographic full stop */
	if (left.n > 2 && left.p[0] == '.' && left.p[1] >= 'A' && left.p[1] <= 'Z' &&
		left.p[2] >= 'a' && left.p[2] <= 'z')
		return true;
	for (size_t i = 0; i < left.n; i++)
		if (sl_is_alnum(left.p[i]))
			return false;
	return true;
}

struct scheme {
	const char *written, *meant;
	bool defanged;
	bool alone; /* no letter may stand in front */
};
static const struct scheme schemes[] = { { "https", "https", false, false },
	{ "http", "http", false, false }, { "ftp", "ftp", false, true },
	{ "hxxps", "https", true, false }, { "hxxp", "http", true, false },
	{ "hxtps", "https", true, false }, { "hxtp", "http", true, false },
	{ "htxps", "https", true, false }, { "htxp", "http", true, false },
	{ "h**ps", "https", true, false }, { "h**p", "http", true, false },
	{ "meows", "https", true, true }, { "meow", "http", true, true },
	{ "ttps", "https", true, true }, { "ttp", "http", true, true },
	{ "fxp", "ftp", true, true } };

/* The scheme that ends at `end`, and where it begins. */
static const struct scheme *scheme_before(
	struct sl_span text, size_t floor, size_t end, size_t *begin_r)
{
	for (size_t i = 0; i < SL_LEN(schemes); i++) {
		struct sl_span want = sl_span_str(schemes[i].written);
		if (end < floor + want.n)
			continue;
		size_t begin = end - want.n;
		if (!sl_span_ieq(sl_span_of(text.p + begin, want.n), want))
			continue;
		if (schemes[i].alone && begin > 0 && sl_is_alpha(text.p[begin - 1]))
			continue;
		*begin_r = begin;
		return &schemes[i];
	}
	return NULL;
}

/* "://" in its spellings at `at`: its length, or 0. */
static size_t separator(struct sl_span text, size_t at, bool *defanged_r)
{
	static const char *const spellings[] = { "://", "[://]", "[:]//", "(:)//", "{:}//", "(://)",
		":[//]", ":[/][/]", "[:][/][/]", "[:]\\\\" };
	if (text.n < 3 || at > text.n - 3)
		return 0;
	struct sl_span rest = sl_span_of(text.p + at, text.n - at);
	bool colon = rest.p[0] == ':';
	if (colon ? rest.p[1] != '/' && rest.p[1] != '[' : rest.p[1] != ':')
		return 0;
	for (size_t i = 0; i < SL_LEN(spellings); i++)
		if (sl_span_starts(rest, sl_span_str(spellings[i]))) {
			*defanged_r = i > 0;
			return strlen(spellings[i]);
		}
	return 0;
}

/* Length of the userinfo with its last '@', or 0. */
static size_t userinfo_length(struct sl_span text, size_t from)
{
	size_t length = 0, at = from;
	for (; at < text.n && at - from < USERINFO_MAX; at++) {
		if (text.p[at] == '@')
			length = at + 1 - from;
		else if (!sl_find_is(text.p[at], SL_C_USER))
			break;
	}
	return length;
}

static bool literal(struct sl_finder *scan, size_t from, struct sl_host_text *host_r)
{
	size_t at = from + 1;
	while (at < scan->text.n && at - from < 48 &&
		(sl_hex_value(scan->text.p[at]) >= 0 || scan->text.p[at] == ':' ||
			scan->text.p[at] == '.'))
		at++;
	if (at >= scan->text.n || scan->text.p[at] != ']' || at - from < 3)
		return false;
	*host_r = (struct sl_host_text){ sl_span_of(scan->text.p + from, at + 1 - from), at + 1,
		at + 1, 0, true };
	return true;
}

/* One number that stands for an address: long enough to be no accident. */
static bool is_number_host(struct sl_span host)
{
	if (sl_span_istarts(host, SL_SPAN("0x")))
		return host.n >= 8;
	return all_digits(host) && host.n >= 8;
}

static bool host_of_schemed(struct sl_finder *scan, size_t from, struct sl_host_text *host_r)
{
	if (from < scan->text.n && scan->text.p[from] == '[')
		return literal(scan, from, host_r);
	if (!sl_find_host(scan, from, false, host_r))
		return false;
	if (is_number_host(host_r->text))
		return true;
	const char *dot = memrchr(host_r->text.p, '.', host_r->text.n);
	if (!dot || dot == host_r->text.p)
		return false;
	/* an ending that is no word is what stood behind the URL in the bytes */
	struct sl_span last = sl_span_from(host_r->text, (size_t)(dot - host_r->text.p) + 1);
	return host_r->known || last.n == 0 || all_letters(last) || sl_is_digit(last.p[0]) ||
	       sl_span_chr(host_r->text, '%', 0) >= 0;
}

/* The host's tail, with a bracketed slash in front of it undone. */
static struct sl_span tail_of(
	struct sl_finder *scan, size_t from, char open, size_t *end_r, uint32_t *flags)
{
	struct sl_span text = scan->text;
	if (!sl_span_starts(sl_span_from(text, from), SL_SPAN("[/]"))) {
		*end_r = sl_find_path(text, from, open);
		return sl_span_of(text.p + from, *end_r - from);
	}
	size_t begin = from + 3, end = sl_find_tail(text, begin - 1, open);
	*flags |= FLAG(DEFANGED);
	*end_r = end > begin ? end : begin;
	return sl_arena_printf(
		scan->arena, "/%.*s", SL_ARG(sl_span_of(text.p + begin, *end_r - begin)));
}

static bool read_wide(struct sl_finder *scan, struct sl_found *found_r);

bool sl_find_schemed(struct sl_finder *scan, struct sl_found *found_r)
{
	struct sl_span text = scan->text;
	size_t begin, at = scan->at;
	bool defanged = false;
	struct sl_host_text host;
	if (text.p[at] == (char)0xef)
		return read_wide(scan, found_r);
	size_t length = separator(text, at, &defanged);
	const struct scheme *scheme = length ? scheme_before(text, scan->floor, at, &begin) : NULL;
	if (!scheme)
		return false;
	scan->at = at + length;
	size_t userinfo = userinfo_length(text, at + length);
	if (!host_of_schemed(scan, at + length + userinfo, &host))
		return false;
	uint32_t flags = host.flags & FLAG(DEFANGED);
	if (defanged || scheme->defanged)
		flags |= FLAG(DEFANGED);
	size_t end;
	struct sl_span tail = tail_of(scan, host.end, begin ? text.p[begin - 1] : 0, &end, &flags);
	*found_r = (struct sl_found){ SL_FOUND_URL, flags, begin, end,
		SL_ARENA_JOIN(scan->arena, sl_span_str(scheme->meant), SL_SPAN("://"),
			sl_span_of(text.p + at + length, userinfo), host.text, tail) };
	sl_assert(end > at && end <= text.n);
	scan->at = end;
	return true;
}

/* U+FF01..U+FF5E as ASCII, or 0; 3 bytes. */
static char narrow(struct sl_span text, size_t at)
{
	uint32_t cp;
	if (sl_utf8_decode(sl_span_from(text, at), &cp) != 3 || cp < 0xff01 || cp > 0xff5e)
		return 0;
	return (char)(cp - 0xfee0);
}

/* A URL in full-width letters, scheme and all: made narrow, then read as any other. */
static bool read_wide(struct sl_finder *scan, struct sl_found *found_r)
{
	struct sl_span text = scan->text;
	char line[WIDE_MAX];
	size_t begin = scan->at, n = 0;
	if (narrow(text, begin) != ':' || narrow(text, begin + 3) != '/' ||
		narrow(text, begin + 6) != '/')
		return false;
	for (int i = 0;
		i < SCHEME_BACK && begin >= scan->floor + 3 && sl_is_alpha(narrow(text, begin - 3));
		i++)
		begin -= 3;
	size_t at = begin;
	while (at < text.n && n < sizeof(line)) {
		char c = narrow(text, at);
		if (!c && !sl_find_is(text.p[at], SL_C_URL))
			break;
		line[n++] = c ? c : text.p[at];
		at += c ? 3 : 1;
	}
	struct sl_finder inner;
	sl_find_begin(&inner, scan->arena, scan->suffixes, sl_span_of(line, n));
	ssize_t separator_at = sl_span_find(inner.text, SL_SPAN("://"), 0);
	inner.at = separator_at > 0 ? (size_t)separator_at : n;
	scan->at = at;
	if (inner.at >= n || !sl_find_schemed(&inner, found_r))
		return false;
	found_r->begin = begin;
	found_r->end = at;
	found_r->flags |= FLAG(MAPPED);
	return true;
}
