/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/base/unicode.h"
#include "pipeline/base/utf8.h"
#include "pipeline/policy.h"
#include "scan_internal.h"

#define FLAG(name) ((uint32_t)SL_BIT(SL_IND_##name))

enum { LABEL_BACK = 253, WORD_MAX = 10 };

/* Endings of files that are top-level domains too. */
static const char *const file_endings[] = { "zip", "mov", "md", "sh", "py", "ps", "so", "pm",
	"mk" };
/* Words that people write with a dot between them. */
static const char *const worded[] = { "sign.in", "log.in", "opt.in", "check.in", "plug.in" };
/* First labels of package names in reverse order. */
static const char *const reversed[] = { "com", "net", "org" };
/* What stands in front of a version number. */
static const char *const version_words[] = { "v", "ver", "version", "rev", "build", "release",
	"firmware", "no", "section", "chapter", "rfc", "\u30d0\u30fc\u30b8\u30e7\u30f3", "\u7248" };

static bool in_list(struct sl_span word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sl_span_ieq(word, sl_span_str(list[i])))
			return true;
	return false;
}

static bool is_lower(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return true;
}

static bool is_letters(struct sl_span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!sl_is_alpha(s.p[i]))
			return false;
	return s.n > 0;
}

/* "See" of "Thanks.See you": a sentence without its space. */
static bool is_capitalised(struct sl_span s)
{
	return s.n > 1 && s.p[0] >= 'A' && s.p[0] <= 'Z' && is_lower(sl_span_from(s, 1));
}

struct name {
	struct sl_span host, first, last, domain;
	size_t labels;
	bool www, path, dotted;
};

static void look_at(struct sl_finder *scan, struct name *name)
{
	struct sl_span rest = name->host, label;
	while (sl_span_split(&rest, '.', &label)) {
		if (name->labels++ == 0)
			name->first = label;
		name->last = label;
	}
	bool mapped;
	struct sl_span ascii;
	if (sl_unicode_host_to_ascii(scan->arena, name->host, &ascii, &mapped))
		name->domain = sl_suffixes_domain(scan->suffixes, ascii);
	name->www = name->labels > 2 && (sl_span_ieq(name->first, SL_SPAN("www")) ||
						sl_span_ieq(name->first, SL_SPAN("ftp")));
}

/* "Amazon.co.jp" in a sentence is the name of a shop, as are PayPal.com and x2qAmazon.co.jp: a
 * capital in a label right under a suffix that is not all capitals. */
static bool is_proper_noun(const struct name *name)
{
	bool lower = false, upper = false, inner = false;
	for (size_t i = 0; i < name->first.n; i++) {
		char c = name->first.p[i];
		lower = lower || (c >= 'a' && c <= 'z');
		upper = upper || (c >= 'A' && c <= 'Z');
		inner = inner || (i > 0 && c >= 'A' && c <= 'Z');
	}
	return name->domain.n == name->host.n && lower && upper &&
	       (inner || is_letters(name->first)) &&
	       is_lower(sl_span_from(name->host, name->first.n));
}

static bool is_short_number(struct sl_span label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!sl_is_digit(label.p[i]))
			return false;
	return label.n < 3;
}

static bool is_name(const struct name *name, uint32_t flags)
{
	if (name->labels < 2 || name->domain.n == 0 || !sl_is_alpha(name->last.p[0]))
		return false;
	if (name->www || name->path || (flags & FLAG(DEFANGED)))
		return true;
	if (flags & FLAG(MAPPED))
		return false;
	if (in_list(name->first, reversed, SL_LEN(reversed)) && name->labels > 2)
		return false;
	if (name->labels == 2 && in_list(name->last, file_endings, SL_LEN(file_endings)))
		return false;
	if (in_list(name->host, worded, SL_LEN(worded)) ||
		(name->labels == 2 && sl_span_ieq(name->first, SL_SPAN("etc"))))
		return false;
	struct sl_span label = name->domain;
	ssize_t dot = sl_span_chr(label, '.', 0);
	if (dot > 0 && is_short_number(sl_span_head(label, (size_t)dot)))
		return false;
	return !is_capitalised(name->last) && !is_proper_noun(name);
}

/* The character that ends at `end` is a letter of an alphabet: a word goes on here. */
static bool word_before(struct sl_span text, size_t end)
{
	size_t from = end;
	uint32_t cp;
	while (from > 0 && end - from < 4 && ((uint8_t)text.p[from - 1] & 0xc0) == 0x80)
		from--;
	if (from == end || from == 0)
		return false;
	from--;
	if (sl_utf8_decode(sl_span_of(text.p + from, end - from), &cp) != end - from)
		return false;
	enum sl_script script = sl_unicode_script(cp);
	return script == SL_SCRIPT_LATIN || script == SL_SCRIPT_CYRILLIC ||
	       script == SL_SCRIPT_GREEK;
}

static bool may_begin(struct sl_span text, size_t begin)
{
	if (begin == 0)
		return true;
	char before = text.p[begin - 1];
	if (before & (char)0x80)
		return !word_before(text, begin);
	return strchr("@/\\%&#$~+.?", before) == NULL || before == 0;
}

static bool may_end(struct sl_span text, size_t end)
{
	return end >= text.n || strchr("@+\\{=", text.p[end]) == NULL || text.p[end] == 0;
}

/* A word that says "version" stands in front of `begin`. */
static bool behind_version_word(struct sl_span text, size_t begin)
{
	size_t end = begin;
	for (int i = 0; i < 3 && end > 0 && strchr(" :.-#", text.p[end - 1]) && text.p[end - 1];
		i++)
		end--;
	for (size_t i = 0; i < SL_LEN(version_words); i++) {
		struct sl_span word = sl_span_str(version_words[i]);
		if (end < word.n || !sl_span_ieq(sl_span_of(text.p + end - word.n, word.n), word))
			continue;
		size_t at = end - word.n;
		if ((word.p[0] & (char)0x80) || at == 0 || !sl_is_alpha(text.p[at - 1]))
			return true;
	}
	return false;
}

/* "1.2.3.4" with single digits throughout is a section or a version. */
static bool is_section_number(struct sl_span s)
{
	return s.n == 7;
}

static bool is_address(struct sl_finder *scan, size_t begin, const struct sl_host_text *host)
{
	struct sl_ip ip;
	return sl_is_digit(host->text.p[0]) && sl_ip_parse(host->text, &ip) && ip.family == 4 &&
	       sl_ip_is_public(&ip) && !is_section_number(host->text) &&
	       !behind_version_word(scan->text, begin);
}

static bool found_url(struct sl_finder *scan, size_t begin, const struct sl_host_text *host,
	struct sl_found *found_r)
{
	struct name name = { .host = host->text };
	size_t end = sl_find_path(scan->text, host->end, begin ? scan->text.p[begin - 1] : 0);
	name.path = end > host->end;
	look_at(scan, &name);
	if (!is_name(&name, host->flags))
		return false;
	*found_r = (struct sl_found){ SL_FOUND_URL,
		FLAG(SCHEMELESS) | (host->flags & FLAG(DEFANGED)), begin, end,
		SL_ARENA_JOIN(scan->arena, SL_SPAN("http://"), host->text,
			sl_span_of(scan->text.p + host->end, end - host->end)) };
	return true;
}

/* Where the first label begins whose dot is at scan->at. */
static size_t label_begin(const struct sl_finder *scan)
{
	struct sl_span text = scan->text;
	size_t begin = scan->at;
	while (begin > scan->floor && scan->at - begin < LABEL_BACK &&
		sl_find_is(text.p[begin - 1], SL_C_NAME))
		begin--;
	/* "Teamwww.example.com": the space is missing */
	if (scan->at - begin > 3 && sl_is_alpha(text.p[scan->at - 4]) &&
		sl_span_eq(sl_span_of(text.p + scan->at - 3, 3), SL_SPAN("www")))
		begin = scan->at - 3;
	return begin;
}

bool sl_find_bare(struct sl_finder *scan, struct sl_found *found_r)
{
	struct sl_span text = scan->text;
	size_t begin = label_begin(scan);
	sl_assert(begin >= scan->floor || begin == scan->at);
	struct sl_host_text host;
	if (begin == scan->at)
		return false;
	bool good = sl_find_host(scan, begin, true, &host);
	if (host.run_end > scan->at)
		scan->at = host.run_end;
	if (!good || !may_begin(text, begin) || !may_end(text, host.end) ||
		!may_end(text, host.run_end) || !sl_find_host_is_whole(text, &host))
		return false;
	if (is_address(scan, begin, &host)) {
		*found_r = (struct sl_found){ SL_FOUND_IP, host.flags & FLAG(DEFANGED), begin,
			host.end, host.text };
		return true;
	}
	if (!host.known || !found_url(scan, begin, &host, found_r))
		return false;
	scan->at = found_r->end;
	return true;
}
