/* SPDX-License-Identifier: Apache-2.0 */
#include "anchors.h"

#include <stdlib.h>

enum { COLLECT_MAX = 128, VALUE_MAX = 128, MACRO_MAX = 48 };
enum { WALLET_LEAST = 26, WALLET_MOST = 95 };

void sl_anchors_add(struct sl_anchors *anchors, const char *kind, struct sl_span value)
{
	if (anchors->n >= COLLECT_MAX || value.n == 0 || value.n > VALUE_MAX)
		return;
	*SL_ARENA_PUSH(anchors->arena, anchors->items, anchors->n, anchors->room) =
		SL_ARENA_JOIN(anchors->arena, sl_span_str(kind), SL_SPAN(":"), value);
}

static int compare(const void *a, const void *b)
{
	return sl_span_cmp(*(const struct sl_span *)a, *(const struct sl_span *)b);
}

void sl_anchors_finish(struct sl_anchors *anchors)
{
	size_t n = 0;
	if (anchors->n == 0)
		return;
	qsort(anchors->items, anchors->n, sizeof(anchors->items[0]), compare);
	for (size_t i = 0; i < anchors->n && n < SL_ANCHORS_MAX; i++)
		if (n == 0 || !sl_span_eq(anchors->items[i], anchors->items[n - 1]))
			anchors->items[n++] = anchors->items[i];
	anchors->n = n;
}

static bool all_in(struct sl_span s, const char *alphabet)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || !strchr(alphabet, s.p[i]))
			return false;
	return true;
}

/* By shape only; whether a checksum holds is for the extractors to say. */
static bool looks_like_wallet(struct sl_span s)
{
	static const char base58[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
	static const char bech32[] = "023456789acdefghjklmnpqrstuvwxyz1bo";
	size_t digits = 0, capitals = 0;
	for (size_t i = 0; i < s.n; i++) {
		digits += sl_is_digit(s.p[i]);
		capitals += s.p[i] >= 'A' && s.p[i] <= 'Z';
	}
	if (s.n == 42 && sl_span_starts(s, SL_SPAN("0x")))
		return all_in(sl_span_from(s, 2), "0123456789abcdefABCDEF");
	if (sl_span_starts(s, SL_SPAN("bc1")) || sl_span_starts(s, SL_SPAN("ltc1")))
		return s.n >= 14 && s.n <= 90 && all_in(s, bech32);
	if (digits < 2 || capitals < 2 || !all_in(s, base58))
		return false;
	if (s.n == 95)
		return s.p[0] == '4' || s.p[0] == '8';
	return s.n >= 26 && s.n <= 35 && strchr("13TLMD", s.p[0]) != NULL;
}

/* Words that short are passed without a look at all their bytes: a longer one would hold the byte
 * that lies so far ahead. */
void sl_anchors_wallets(struct sl_anchors *anchors, struct sl_span text)
{
	size_t from = 0; /* a word may begin here, none before */
	while (from < text.n && text.n - from >= WALLET_LEAST) {
		size_t start = from + WALLET_LEAST - 1, end = start;
		while (start > from && sl_is_alnum(text.p[start - 1]) && sl_is_alnum(text.p[end]))
			start--;
		while (end < text.n && sl_is_alnum(text.p[end]))
			end++;
		struct sl_span word = sl_span_of(text.p + start, end - start);
		char before = start > 0 ? text.p[start - 1] : ' ';
		/* within a URL or a longer identifier it is no wallet */
		if (word.n >= WALLET_LEAST && word.n <= WALLET_MOST &&
			!memchr("/=-_%+&", before, 7) && looks_like_wallet(word))
			sl_anchors_add(anchors, "wallet", word);
		from = end + 1;
	}
}

static bool names_a_slot(struct sl_span s)
{
	static const char *const words[] = { "name", "mail", "user", "first", "last", "date",
		"random", "rnd", "link", "url", "domain", "victim", "recipient", "company", "phone",
		"adress", "address" };
	for (size_t i = 0; i < SL_LEN(words); i++)
		if (sl_span_ifind(s, sl_span_str(words[i]), 0) >= 0)
			return true;
	return false;
}

size_t sl_anchors_macro(struct sl_anchors *anchors, struct sl_span s)
{
	static const struct {
		const char *open, *close;
		bool any; /* whatever stands within; else it must name something that is filled in
			   */
	} forms[] = { { "{{", "}}", true }, { "{%", "%}", true }, { "*|", "|*", true },
		{ "##", "##", false }, { "${", "}", false }, { "{", "}", false },
		{ "%", "%", false }, { "[", "]", false }, { "<", ">", false } };
	s = sl_span_head(s, MACRO_MAX);
	for (size_t i = 0; i < SL_LEN(forms); i++) {
		struct sl_span open = sl_span_str(forms[i].open),
			       close = sl_span_str(forms[i].close);
		if (!sl_span_starts(s, open))
			continue;
		ssize_t end = sl_span_find(s, close, open.n);
		if (end <= (ssize_t)open.n)
			continue;
		struct sl_span inner = sl_span_of(s.p + open.n, (size_t)end - open.n);
		bool plain = true;
		for (size_t k = 0; k < inner.n; k++)
			plain = plain &&
				(sl_is_alnum(inner.p[k]) || inner.p[k] == '_' || inner.p[k] == '.');
		if (memchr(inner.p, '\n', inner.n) ||
			(!forms[i].any && (!plain || !names_a_slot(inner))))
			continue;
		struct sl_span whole = sl_span_head(s, (size_t)end + close.n), shown = whole;
		ssize_t nul = sl_span_chr(whole, '\0', 0);
		if (nul >= 0)
			shown.n = (size_t)nul;
		sl_anchors_add(anchors, "macro", shown);
		return whole.n;
	}
	return 0;
}

/* A number with what stands between its digits. */
struct number {
	char digits[40];
	size_t n;      /* digits, also those that did not fit */
	size_t length; /* bytes taken */
	size_t groups; /* runs of digits */
	size_t last;   /* digits of the last run */
	size_t commas, dots, dashes, spaces, others;
};

static void count_separator(struct number *number, char c)
{
	number->commas += c == ',' || c == '\'';
	number->dots += c == '.';
	number->dashes += c == '-';
	number->spaces += c == ' ' || c == '(' || c == ')';
	number->others += c == ':' || c == '/';
}

/* Digits, each run parted from the next by at most two of the separators. */
static struct number read_number(struct sl_span s)
{
	struct number number = { .groups = 1 };
	size_t i = 0;
	while (i < s.n) {
		if (sl_is_digit(s.p[i])) {
			if (number.n < sizeof(number.digits))
				number.digits[number.n] = s.p[i];
			number.n++;
			number.last++;
			number.length = ++i;
			continue;
		}
		size_t k = i;
		while (k < s.n && k - i < 2 && s.p[k] && strchr(".,'-:/ ()", s.p[k]))
			k++;
		if (k == i || k >= s.n || !sl_is_digit(s.p[k]))
			break;
		for (; i < k; i++)
			count_separator(&number, s.p[i]);
		number.groups++;
		number.last = 0;
	}
	return number;
}

static bool ends_with_currency(struct sl_span s)
{
	static const char *const signs[] = { "$", "€", "£", "¥", "円", "₹", "₽", "₿", "usd",
		"eur", "gbp", "jpy", "btc", "usdt", "rs.", "r$", "chf", "kr", "cny", "aud", "cad" };
	s = sl_span_trim(s);
	for (size_t i = 0; i < SL_LEN(signs); i++)
		if (sl_span_ends(s, sl_span_str(signs[i])))
			return true;
	return false;
}

static bool begins_with_currency(struct sl_span s)
{
	static const char *const signs[] = { "$", "€", "£", "¥", "円", "元", "원", "₽", "usd",
		"eur", "gbp", "btc", "usdt", "euro", "dollar", "pound", "zł", "kr", "ポイント",
		"万円", "億円" };
	s = sl_span_trim(sl_span_head(s, 16));
	for (size_t i = 0; i < SL_LEN(signs); i++)
		if (sl_span_starts(s, sl_span_str(signs[i])))
			return true;
	return false;
}

static bool is_amount(const struct number *number, struct sl_span before, struct sl_span after)
{
	if (number->n < 4 || number->n > 15 || number->dashes || number->others || number->spaces)
		return false;
	bool thousands = number->groups > 1 && number->last == 3;
	return thousands || (number->commas && number->groups > 2) || ends_with_currency(before) ||
	       begins_with_currency(after);
}

/* International, or with a trunk zero and grouped. A date has four or eight digits, or slashes. */
static bool is_phone(const struct number *number, struct sl_span before)
{
	if (number->others || number->commas || number->n < 8 || number->n > 15)
		return false;
	bool plus = before.n && before.p[before.n - 1] == '+';
	bool grouped = number->dashes + number->spaces + number->dots >= 2;
	bool trunk = number->digits[0] == '0' || (before.n && before.p[before.n - 1] == '(') ||
		     (number->n == 11 && number->digits[0] == '1');
	return plus || (grouped && trunk && number->n >= 9);
}

size_t sl_anchors_number(struct sl_anchors *anchors, struct sl_span before, struct sl_span s)
{
	struct number number = read_number(s);
	struct sl_span after = sl_span_from(s, number.length);
	size_t n = number.n < sizeof(number.digits) ? number.n : sizeof(number.digits);
	sl_assert(number.length > 0);
	if (is_phone(&number, before)) {
		sl_anchors_add(anchors, "phone", sl_span_of(number.digits, n));
	} else if (is_amount(&number, before, after)) {
		/* cents are no part of what is rare */
		if (number.groups > 1 && number.last == 2 && n > 2)
			n -= 2;
		sl_anchors_add(anchors, "amount", sl_span_of(number.digits, n));
	}
	return number.length;
}
