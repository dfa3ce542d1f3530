/* SPDX-License-Identifier: Apache-2.0 */
/* One Received line. */
#include "date.h"
#include "pipeline/base/lanes.h"
#include "received.h"

/* Most words are names, and most of them begin with a letter that no address begins with. */
static bool begins_address(struct sl_span text)
{
	return text.n && (text.p[0] == ':' || sl_hex_value(text.p[0]) >= 0);
}

bool sl_hop_address(struct sl_span text, struct sl_ip *ip_r)
{
	if (text.n && text.p[0] == '[') {
		ssize_t close = sl_span_chr(text, ']', 0);
		if (close < 0)
			return false;
		text = sl_span_of(text.p + 1, (size_t)close - 1);
	}
	if (sl_span_istarts(text, SL_SPAN("IPv6:")))
		text = sl_span_from(text, 5);
	if (!begins_address(text))
		return false;
	ssize_t zone = sl_span_chr(text, '%', 0);
	if (zone > 0)
		text.n = (size_t)zone;
	if (sl_ip_parse(text, ip_r))
		return true;
	/* "1.2.3.4:25" */
	ssize_t colon = sl_span_chr(text, ':', 0);
	return colon > 0 && sl_ip_parse(sl_span_head(text, (size_t)colon), ip_r) &&
	       ip_r->family == 4;
}

/* Four numbers and three dots that are no address: nobody's server writes that. */
static bool is_impossible(struct sl_span text)
{
	struct sl_ip ip;
	int dots = 0;
	if (text.n && text.p[0] == '[')
		text = sl_span_from(text, 1);
	if (text.n && text.p[text.n - 1] == ']')
		text.n--;
	if (text.n < 7)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '.')
			dots++;
		else if (!sl_is_digit(text.p[i]))
			return false;
	}
	return dots == 3 && !sl_ip_parse(text, &ip);
}

enum token_kind { WORD, COMMENT, SEMICOLON, END };

struct token {
	enum token_kind kind;
	struct sl_span text; /* without the outer parentheses */
};

/* An opening parenthesis and its partner. */
struct pair {
	size_t open, close; /* close 0: it has none */
	size_t outer;       /* number + 1 of the one that was open before it, or 0 */
};

struct lexer {
	struct sl_span s;
	size_t at;
	const struct pair *pairs; /* in the order of `open` */
	size_t n_pairs;
};

static sl_lanes is_paren(sl_lanes v)
{
	return sl_lanes_in(v, '(', ')');
}

/* All pairs of parentheses first, so that one without an end does not swallow the line. */
static void match_parens(struct sl_arena *arena, struct lexer *l)
{
	struct pair *pairs = NULL;
	size_t n = 0, room = 0, innermost = 0, at = 0;
	for (; (at = sl_lanes_find(l->s, at, is_paren)) < l->s.n; at++) {
		if (l->s.p[at] == '(') {
			*SL_ARENA_PUSH(arena, pairs, n, room) = (struct pair){ at, 0, innermost };
			innermost = n;
		} else if (innermost) {
			pairs[innermost - 1].close = at;
			innermost = pairs[innermost - 1].outer;
		}
	}
	l->pairs = pairs;
	l->n_pairs = n;
}

/* Where the parenthesis that opens at `open` is closed, or 0. */
static size_t partner(const struct lexer *l, size_t open)
{
	size_t low = 0, high = l->n_pairs;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;
		*(l->pairs[middle].open <= open ? &low : &high) = middle;
	}
	sl_assert(low < high && l->pairs[low].open == open);
	return l->pairs[low].close;
}

static sl_lanes ends_word(sl_lanes v)
{
	return sl_lanes_eq(v, ' ') | sl_lanes_in(v, '\t', '\r') | is_paren(v) | sl_lanes_eq(v, ';');
}

static struct token next(struct lexer *l)
{
	for (; l->at < l->s.n; l->at++) {
		char c = l->s.p[l->at];
		size_t start = l->at;
		if (c == ';') {
			l->at++;
			return (struct token){ SEMICOLON, sl_span_of(l->s.p + start, 1) };
		}
		size_t close = c == '(' ? partner(l, start) : 0;
		if (close) {
			l->at = close + 1;
			return (struct token){ COMMENT,
				sl_span_of(l->s.p + start + 1, close - start - 1) };
		}
		if (sl_is_space(c) || c == '(' || c == ')')
			continue;
		l->at = sl_lanes_find(l->s, start, ends_word);
		return (struct token){ WORD, sl_span_of(l->s.p + start, l->at - start) };
	}
	return (struct token){ END, SL_SPAN_NULL };
}

static inline bool is_word(const struct token *t, struct sl_span word)
{
	return t->kind == WORD && sl_span_ieq(t->text, word);
}

/* A word that ends the clause before it. */
static bool is_keyword(const struct token *t)
{
	if (t->text.n > 4)
		return false;
	return is_word(t, SL_SPAN("by")) || is_word(t, SL_SPAN("with")) ||
	       is_word(t, SL_SPAN("id")) || is_word(t, SL_SPAN("via")) ||
	       is_word(t, SL_SPAN("for"));
}

/* How much a place in the line says about the peer; a later find must be stronger. */
enum strength { NOTHING, LITERAL, BARE, IN_COMMENT, QMAIL };

struct reader {
	struct lexer lexer;
	struct sl_hop *hop;
	enum strength strength;
	struct sl_span first;     /* the word behind "from" */
	struct sl_span looked_up; /* name beside the address in a comment */
	bool helo_comment;        /* qmail: "(HELO name)" */
	bool helo_tag;            /* Exim: "helo=name" */
	bool exim, forged_name;
};

static void claim(struct sl_hop *hop, const struct sl_ip *ip)
{
	for (size_t i = 0; i < hop->n_claimed; i++)
		if (memcmp(&hop->claimed[i], ip, sizeof(*ip)) == 0)
			return;
	if (hop->n_claimed < SL_HOP_CLAIMED)
		hop->claimed[hop->n_claimed++] = *ip;
}

static void claim_text(struct sl_hop *hop, struct sl_span text)
{
	struct sl_ip ip;
	if (sl_hop_address(text, &ip))
		claim(hop, &ip);
}

static void offer(struct reader *r, const struct sl_ip *ip, enum strength strength)
{
	bool better = strength > r->strength || (strength == QMAIL && r->strength == QMAIL);
	if (better && r->hop->peer.family)
		claim(r->hop, &r->hop->peer);
	if (!better) {
		claim(r->hop, ip);
		return;
	}
	r->hop->peer = *ip;
	r->strength = strength;
}

static void set_helo(struct reader *r, struct sl_span name)
{
	if (name.n && name.p[name.n - 1] == ',')
		name.n--;
	claim_text(r->hop, name);
	r->hop->helo = name;
}

static bool split_word(struct sl_span *rest, struct sl_span *word_r)
{
	size_t n = 0;
	*rest = sl_span_trim(*rest);
	while (n < rest->n && !sl_is_space(rest->p[n]))
		n++;
	*word_r = sl_span_head(*rest, n);
	*rest = sl_span_from(*rest, n);
	return n > 0;
}

static struct sl_span clean_name(struct sl_span name)
{
	ssize_t at = sl_span_chr(name, '@', 0); /* "root@host", "IDENT:user@host" */
	if (at >= 0)
		name = sl_span_from(name, (size_t)at + 1);
	while (name.n && (name.p[name.n - 1] == '.' || name.p[name.n - 1] == ','))
		name.n--;
	return sl_span_ieq(name, SL_SPAN("unknown")) || sl_span_ieq(name, SL_SPAN("<unknown>"))
		       ? SL_SPAN_NULL
		       : name;
}

/* Comments that never hold the peer, though they may hold what the peer sent. */
static bool is_remark(struct sl_span comment)
{
	static const char *const starts[] = { "using ", "No client", "Client ", "Authenticated",
		"envelope-from", "version=", "Postfix", "verified", "TLS" };
	for (size_t i = 0; i < SL_LEN(starts); i++)
		if (sl_span_istarts(comment, sl_span_str(starts[i])))
			return true;
	return false;
}

static bool is_helo_word(struct sl_span word)
{
	return sl_span_ieq(word, SL_SPAN("HELO")) || sl_span_ieq(word, SL_SPAN("EHLO")) ||
	       sl_span_ieq(word, SL_SPAN("LHLO"));
}

/* "mail.example.", "[192.0.2.1]:25", "host[192.0.2.1]", "helo=name" inside a comment. */
static void comment_word(struct reader *r, struct sl_span word, bool alone)
{
	struct sl_ip ip;
	ssize_t bracket = sl_span_chr(word, '[', 0);
	if (sl_span_istarts(word, SL_SPAN("helo="))) {
		r->helo_tag = true;
		set_helo(r, sl_span_from(word, 5));
		return;
	}
	if (sl_span_chr(word, '=', 0) >= 0)
		return;
	struct sl_span tail = bracket > 0 ? sl_span_from(word, (size_t)bracket) : word;
	if (alone && bracket < 0) {
		ssize_t at = word.n ? (ssize_t)word.n - 1 : -1;
		while (at >= 0 && word.p[at] != '@')
			at--;
		tail = sl_span_from(word, (size_t)(at + 1));
	}
	r->hop->impossible |= (bracket >= 0 || alone) && is_impossible(tail);
	if ((bracket >= 0 || alone) && sl_hop_address(tail, &ip)) {
		bool qmail = alone && bracket < 0 && r->helo_comment;
		offer(r, &ip, qmail ? QMAIL : IN_COMMENT);
		if (bracket > 0)
			r->looked_up = clean_name(sl_span_head(word, (size_t)bracket));
	} else if (!r->looked_up.p && r->strength < IN_COMMENT) {
		r->looked_up = clean_name(word);
	}
}

/* The words of a comment but not of comments inside it: those hold only claims and remarks. */
static void from_comment(struct reader *r, struct sl_span comment)
{
	struct lexer inner = r->lexer;
	struct sl_span rest = comment, word;
	size_t words = 0;
	if (is_remark(comment))
		return;
	while (words < 2 && split_word(&rest, &word))
		words++;
	inner.at = (size_t)(comment.p - inner.s.p);
	inner.s.n = inner.at + comment.n;
	bool helo = false;
	for (struct token t = next(&inner); t.kind != END; t = next(&inner)) {
		if (t.kind == COMMENT) {
			r->forged_name |= sl_span_ieq(t.text, SL_SPAN("may be forged"));
			for (rest = t.text; split_word(&rest, &word);)
				if (word.p[0] == '[')
					claim_text(r->hop, word);
		} else if (helo) {
			set_helo(r, t.text);
			helo = false;
		} else if (t.kind == WORD && is_helo_word(t.text)) {
			r->helo_comment = helo = true;
		} else if (t.kind == WORD) {
			comment_word(r, t.text, words == 1);
		}
	}
}

/* Everything between "from" and the next keyword; that keyword. */
static struct token read_from(struct reader *r)
{
	struct sl_ip ip;
	struct token t = next(&r->lexer);
	r->hop->from = true;
	if (t.kind == WORD && !is_word(&t, SL_SPAN("by"))) {
		r->first = t.text;
		r->hop->impossible |= is_impossible(t.text);
		if (sl_hop_address(t.text, &ip))
			offer(r, &ip, LITERAL);
		t = next(&r->lexer);
	}
	for (; t.kind != END && t.kind != SEMICOLON && !is_keyword(&t); t = next(&r->lexer)) {
		if (t.kind == COMMENT)
			from_comment(r, t.text);
		else if (t.text.p[0] == '[' && sl_hop_address(t.text, &ip))
			offer(r, &ip, BARE);
	}
	return t;
}

static void by_comment(struct reader *r, struct sl_span comment)
{
	struct sl_ip ip;
	struct sl_span rest = comment, word;
	if (!r->hop->by_ip.family && split_word(&rest, &word) && rest.n == 0 &&
		sl_hop_address(word, &ip))
		r->hop->by_ip = ip;
	r->exim |= sl_span_istarts(comment, SL_SPAN("Exim"));
	r->hop->fetched |= sl_span_ifind(comment, SL_SPAN("fetchmail"), 0) >= 0 ||
			   sl_span_ifind(comment, SL_SPAN("getmail"), 0) >= 0;
}

static void with_word(struct reader *r, struct sl_span word)
{
	static const char *const fetches[] = { "POP", "POP3", "POP3S", "APOP", "IMAP", "IMAPS",
		"IMAP4", "IMAP4rev1" };
	for (size_t i = 0; i < SL_LEN(fetches); i++)
		r->hop->fetched |= sl_span_ieq(word, sl_span_str(fetches[i]));
	r->hop->exchange |= sl_span_ieq(word, SL_SPAN("Microsoft")) ||
			    sl_span_ieq(word, SL_SPAN("mapi")) ||
			    sl_span_ieq(word, SL_SPAN("HTTPS"));
}

/* From "by" (or another keyword) to the end. */
static void read_rest(struct reader *r, struct token t)
{
	bool by = false, with = false;
	for (; t.kind != END && t.kind != SEMICOLON; t = next(&r->lexer)) {
		if (t.kind == COMMENT) {
			by_comment(r, t.text);
		} else if (with) {
			with_word(r, t.text);
			with = false;
		} else if (by) {
			r->hop->by = clean_name(t.text);
			by = false;
		} else if (is_word(&t, SL_SPAN("by")) && !r->hop->by.n) {
			by = true;
		} else if (is_word(&t, SL_SPAN("with"))) {
			with = true;
		}
	}
	struct sl_ip ip;
	if (sl_hop_address(r->hop->by, &ip))
		r->hop->by_ip = ip;
}

/* Who is the name behind "from"? qmail and Exim write there what they looked up. */
static void settle_names(struct reader *r)
{
	struct sl_hop *hop = r->hop;
	struct sl_ip ip;
	bool literal = sl_hop_address(r->first, &ip);
	struct sl_span first = literal ? SL_SPAN_NULL : clean_name(r->first);
	bool looked_up = r->helo_comment || r->helo_tag || (r->exim && r->strength == IN_COMMENT);
	if (hop->peer.family == 0 || r->strength < IN_COMMENT)
		r->looked_up = SL_SPAN_NULL;
	if (looked_up && r->first.n)
		hop->rdns = r->looked_up.n ? r->looked_up : first;
	else
		hop->rdns = r->looked_up;
	if (!hop->helo.n)
		hop->helo = first.n ? first : r->first;
	if (r->forged_name)
		hop->rdns = SL_SPAN_NULL;
	if (hop->rdns.n && sl_hop_address(hop->rdns, &ip))
		hop->rdns = SL_SPAN_NULL;
}

/* The date stands behind the last semicolon; where there is none, behind the last comma but for
 * the name of the day. */
static int64_t hop_time(struct sl_span value)
{
	const char *semi = value.n ? memrchr(value.p, ';', value.n) : NULL;
	if (semi)
		return sl_date_parse(sl_span_from(value, (size_t)(semi + 1 - value.p)));
	for (size_t i = value.n; i-- > 3;)
		if (value.p[i] == ',')
			return sl_date_parse(sl_span_from(value, i - 3));
	return SL_TIME_NONE;
}

static bool same_ip(const struct sl_ip *a, const struct sl_ip *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static void drop_claimed_peer(struct sl_hop *hop)
{
	size_t n = 0;
	for (size_t i = 0; i < hop->n_claimed; i++)
		if (!same_ip(&hop->claimed[i], &hop->peer))
			hop->claimed[n++] = hop->claimed[i];
	hop->n_claimed = n;
}

void sl_hop_parse(struct sl_arena *arena, struct sl_span value, struct sl_hop *hop_r)
{
	*hop_r = (struct sl_hop){ .time = hop_time(value) };
	struct reader r = { .lexer = { .s = value }, .hop = hop_r };
	match_parens(arena, &r.lexer);
	struct token t = next(&r.lexer);
	while (t.kind == COMMENT) /* "(qmail 1 invoked by uid 89)", "(from root@localhost)" */
		t = next(&r.lexer);
	if (is_word(&t, SL_SPAN("from")))
		t = read_from(&r);
	read_rest(&r, t);
	settle_names(&r);
	drop_claimed_peer(hop_r);
	sl_assert(hop_r->n_claimed <= SL_HOP_CLAIMED);
}
