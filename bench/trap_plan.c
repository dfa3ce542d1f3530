/* SPDX-License-Identifier: Apache-2.0 */
#include "trap_plan.h"

#include "trap_frame.h"
#include "trap_names.h"
#include "trap_stamp.h"

enum { TONGUES_MAX = 8 };

/* 1,024ths of the mean at the middle of each sixteenth of an exponential distribution. */
static const uint32_t exponential[16] = { 33, 101, 174, 253, 338, 432, 535, 651, 784, 937, 1120,
	1346, 1640, 2064, 2824, 3152 };

static size_t chosen_tongues(
	const struct trap_options *o, const struct trap_tongue *chosen[TONGUES_MAX])
{
	size_t n = 0;
	struct sl_span wanted = sl_span_str(o->languages), one;
	while (sl_span_split(&wanted, ',', &one))
		for (size_t i = 0; trap_tongues[i]; i++)
			if (sl_span_eq(one, sl_span_str(trap_tongues[i]->code)) && n < TONGUES_MAX)
				chosen[n++] = trap_tongues[i];
	return n;
}

bool trap_plan_settle(struct trap_options *o, const char **why_r)
{
	const struct trap_tongue *tongues[TONGUES_MAX];
	if (o->campaigns == 0)
		o->campaigns = o->mails / 200 + 1;
	if (o->kit == 0 || o->copies == 0 || o->burst == 0 || o->shards == 0 || o->member == 0)
		*why_r = "a number that must be at least one is zero";
	else if (o->burst > UINT32_MAX / o->copies || o->campaigns > UINT32_MAX)
		*why_r = "too many copies in a burst, or campaigns";
	else if (o->kit > TRAP_NAMES_BRANDS || o->brands > TRAP_NAMES_BRANDS)
		*why_r = "more brands than there are names";
	else if (chosen_tongues(o, tongues) == 0)
		*why_r = "no such language";
	else if (o->mean < o->median || o->median < 1024)
		*why_r = "the median must be at least 1024, the mean not below it";
	else if (o->headers != 14 && o->headers != 59)
		*why_r = "headers are 14 or 59";
	else
		*why_r = NULL;
	if (*why_r)
		return false;
	if (o->brands == 0)
		o->brands = o->campaigns < TRAP_NAMES_DEFAULT ? o->campaigns : TRAP_NAMES_DEFAULT;
	if (o->brands < o->kit)
		o->brands = o->kit;
	o->brands -= o->brands % o->kit;
	return true;
}

/* A one-to-one map of 0..n-1 onto itself: four Feistel rounds, again until it falls below n. */
static uint32_t shuffled(uint64_t key, uint32_t n, uint32_t at)
{
	unsigned half = 1;
	while ((UINT64_C(1) << 2 * half) < n)
		half++;
	uint32_t mask = (UINT32_C(1) << half) - 1;
	do {
		uint32_t left = at >> half, right = at & mask;
		for (uint64_t round = 0; round < 4; round++) {
			uint32_t next = left ^ ((uint32_t)trap_mix(key + round + right * 8) & mask);
			left = right;
			right = next;
		}
		at = left << half | right;
	} while (at >= n);
	return at;
}

/* Every other body is dealt out evenly, the others mostly to a few large campaigns. */
static uint64_t dealt(const struct trap_options *o, uint64_t original)
{
	struct trap_dice dice = trap_dice_of(o->seed, TRAP_DICE_DEAL, original);
	uint32_t n = (uint32_t)o->campaigns, a, b;
	if (original % 2 == 0)
		return original / 2 % n;
	a = trap_below(&dice, n);
	b = trap_below(&dice, a + 1);
	return trap_below(&dice, b + 1);
}

/* The quantile of a family: its number's bits mirrored, so that few families spread well, too. */
static uint32_t mirrored(uint64_t number)
{
	uint32_t r = 0;
	for (int i = 0; i < 16; i++)
		r = r << 1 | (uint32_t)(number >> i & 1);
	return r;
}

/* Below the median evenly from a quarter of it, above it an exponential tail with the mean asked.
 */
static uint64_t family_size(const struct trap_options *o, uint64_t family)
{
	uint32_t q = mirrored(family + o->seed % 64);
	if (q < 32768)
		return o->median / 4 + o->median * 3 / 4 * q / 32768;
	uint64_t mean = 2 * o->mean > o->median * 5 / 8 ? 2 * o->mean - o->median * 5 / 8 : o->mean;
	uint64_t tail = mean > o->median ? mean - o->median : 0;
	return o->median + tail * exponential[(q - 32768) / 2048] / 1024;
}

static enum trap_coding some_coding(const struct trap_options *o, struct trap_dice *dice)
{
	if (!trap_chance(dice, o->encoded))
		return TRAP_CLEAR;
	return trap_below(dice, 2) ? TRAP_QUOTED : TRAP_BASE64;
}

static void plan_family(const struct trap_options *o, uint64_t number, struct trap_family *f)
{
	static const enum trap_shape shapes[8] = { TRAP_HTML, TRAP_ALTERNATIVE, TRAP_ALTERNATIVE,
		TRAP_ALTERNATIVE, TRAP_RELATED, TRAP_ALTERNATIVE, TRAP_HTML, TRAP_ALTERNATIVE };
	const struct trap_tongue *tongues[TONGUES_MAX];
	struct trap_dice dice = trap_dice_of(o->seed, TRAP_DICE_FAMILY, number);
	uint64_t n = chosen_tongues(o, tongues), row = o->brands / o->kit;
	uint64_t lure = number % row + number / row;
	f->tongue = tongues[lure % n];
	f->lure = &f->tongue->lures[lure / n % TRAP_LURES];
	uint32_t charset = trap_below(&dice, 4);
	f->charset = f->tongue->charsets[charset < 2 ? 0 : charset - 1];
	f->shape = trap_chance(&dice, o->text_only) ? TRAP_TEXT : shapes[trap_below(&dice, 8)];
	f->text_coding = some_coding(o, &dice);
	f->html_coding = some_coding(o, &dice);
	f->frame = trap_below(&dice, TRAP_FRAMES);
	f->size = family_size(o, number);
	f->crlf = trap_chance(&dice, o->crlf);
	f->attachments = trap_chance(&dice, o->attachments);
}

void trap_plan_mail(const struct trap_options *o, uint64_t number, struct trap_mail *m)
{
	uint64_t whole = o->burst * o->copies, burst = number / whole, begin = burst * whole;
	uint64_t left = o->mails - begin, n = left < whole ? left : whole;
	uint64_t key = trap_dice_of(o->seed, TRAP_DICE_ORDER, burst).state;
	uint64_t place = shuffled(key, (uint32_t)n, (uint32_t)(number - begin));
	struct trap_dice copy = trap_dice_of(o->seed, TRAP_DICE_COPY, number);
	*m = (struct trap_mail){ .number = number, .time = TRAP_FIRST_DAY + (int64_t)number };
	m->original = burst * o->burst + place / o->copies;
	m->copy = place % o->copies;
	m->campaign = dealt(o, m->original);
	m->family_number = m->campaign / o->kit;
	m->brand = m->campaign % o->brands;
	if (m->copy * TRAP_WHOLE >= o->copies * o->identical && o->copies > 1) {
		m->rotated = trap_chance(&copy, o->rotated);
		m->url_tokens = trap_chance(&copy, o->url_tokens);
		m->coded_tokens = trap_chance(&copy, o->coded_tokens);
	}
	struct trap_dice body = trap_dice_of(o->seed, TRAP_DICE_ORIGINAL, m->original);
	m->busters = trap_chance(&body, o->busters);
	m->padding = trap_chance(&body, o->padding);
	plan_family(o, m->family_number, &m->family);
}
