/* SPDX-License-Identifier: Apache-2.0 */
#include "scan_internal.h"

#define T SL_C_TRIGGER
#define N (SL_C_NAME | SL_C_URL | SL_C_USER)
#define U SL_C_URL
#define L (SL_C_URL | SL_C_USER)
#define E SL_C_TRAIL
#define B SL_C_BRACKET
/* What ends a URL in text: white space and controls, <>"`|\^ and all that is not ASCII. The lead
 * bytes E3 and EF begin the ideographic and full-width dots and the full-width colon. */
const uint8_t sl_find_classes[256] = { ['!'] = L | E,
	['#'] = L,
	['$'] = L,
	['%'] = L,
	['&'] = L,
	['\''] = L | E,
	['('] = U | T | B,
	[')'] = U | B,
	['*'] = L | E,
	['+'] = L,
	[','] = U | E,
	['-'] = N,
	['.'] = L | T | E,
	['/'] = U,
	['0'] = N,
	['1'] = N,
	['2'] = N,
	['3'] = N,
	['4'] = N,
	['5'] = N,
	['6'] = N,
	['7'] = N,
	['8'] = N,
	['9'] = N,
	[':'] = L | T | E,
	[';'] = U | E,
	['='] = L,
	['?'] = U | E,
	['@'] = U | T,
	['A'] = N,
	['B'] = N,
	['C'] = N,
	['D'] = N,
	['E'] = N,
	['F'] = N,
	['G'] = N,
	['H'] = N,
	['I'] = N,
	['J'] = N,
	['K'] = N,
	['L'] = N,
	['M'] = N,
	['N'] = N,
	['O'] = N,
	['P'] = N,
	['Q'] = N,
	['R'] = N,
	['S'] = N,
	['T'] = N,
	['U'] = N,
	['V'] = N,
	['W'] = N,
	['X'] = N,
	['Y'] = N,
	['Z'] = N,
	['['] = U | T | B,
	[']'] = U | B,
	['_'] = N,
	['a'] = N,
	['b'] = N,
	['c'] = N,
	['d'] = N,
	['e'] = N,
	['f'] = N,
	['g'] = N,
	['h'] = N,
	['i'] = N,
	['j'] = N,
	['k'] = N,
	['l'] = N,
	['m'] = N,
	['n'] = N,
	['o'] = N,
	['p'] = N,
	['q'] = N,
	['r'] = N,
	['s'] = N,
	['t'] = N,
	['u'] = N,
	['v'] = N,
	['w'] = N,
	['x'] = N,
	['y'] = N,
	['z'] = N,
	['{'] = U | T | B,
	['}'] = U | B,
	['~'] = L,
	[0xe3] = T,
	[0xef] = T };
#undef T
#undef N
#undef U
#undef L
#undef E
#undef B

struct spelling {
	const char *text;
	bool defanged;
};

size_t sl_find_dot(struct sl_span text, size_t at, bool ideographic, uint32_t *flags)
{
	static const struct spelling dots[] = { { "[.]", true }, { "(.)", true }, { "{.}", true },
		{ "[dot]", true }, { "(dot)", true }, { "{dot}", true } };
	static const char wide[][4] = { "\u3002", "\uff0e", "\uff61" };
	struct sl_span rest = sl_span_from(text, at);
	if (rest.n == 0)
		return 0;
	if (rest.p[0] == '.')
		return 1;
	if (!sl_find_is(rest.p[0], SL_C_TRIGGER) || rest.n < 3)
		return 0;
	for (size_t i = 0; i < SL_LEN(dots); i++)
		if (sl_span_istarts(rest, sl_span_str(dots[i].text))) {
			*flags |= (uint32_t)SL_BIT(SL_IND_DEFANGED);
			return strlen(dots[i].text);
		}
	for (size_t i = 0; ideographic && i < SL_LEN(wide); i++)
		if (sl_span_starts(rest, sl_span_of(wide[i], 3)))
			return 3;
	return 0;
}

void sl_find_begin(struct sl_finder *scan, struct sl_arena *arena,
	const struct sl_suffixes *suffixes, struct sl_span text)
{
	*scan = (struct sl_finder){ .arena = arena, .suffixes = suffixes, .text = text };
}

/* The candidate at a trigger. Each reader moves scan->at on, at least by one byte. */
static bool candidate(struct sl_finder *scan, struct sl_found *found_r)
{
	uint32_t unused = 0;
	char c = scan->text.p[scan->at];
	size_t before = scan->at;
	bool found = false;
	if (c == '@') {
		found = sl_find_email(scan, found_r);
	} else if (c == '.') {
		found = sl_find_bare(scan, found_r);
	} else {
		found = sl_find_schemed(scan, found_r);
		if (!found && scan->at == before && c == ':')
			found = sl_find_ip6(scan, found_r);
		if (!found && scan->at == before && c != ':')
			found = sl_find_email(scan, found_r);
		if (!found && scan->at == before && sl_find_dot(scan->text, before, true, &unused))
			found = sl_find_bare(scan, found_r);
	}
	sl_assert(scan->at >= before && scan->at <= scan->text.n);
	if (scan->at == before)
		scan->at++;
	sl_assert(!found || (found_r->begin < found_r->end && found_r->value.n > 0));
	if (found && scan->floor < found_r->end)
		scan->floor = found_r->end;
	return found;
}

bool sl_find_next(struct sl_finder *scan, struct sl_found *found_r)
{
	for (;;) {
		scan->at = sl_find_trigger(scan->text, scan->at);
		if (scan->at >= scan->text.n)
			return false;
		if (candidate(scan, found_r))
			return true;
	}
}
