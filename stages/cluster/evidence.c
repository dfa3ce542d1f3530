/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence.h"

#include <stdlib.h>

enum {
	TEXT_ALONE = 650, /* T */
	TEXT_EQUAL = 900,
	TEXT_SOME = 300,   /* TS */
	TEXT_MORE = 400,   /* TS where only the sender is the same */
	TEXT_LITTLE = 120, /* TA */
	SUBJECT_SAME = 600,
	SUBJECT_LIKE = 500,
	SENDER_SAME = 500,
	SENDER_LIKE = 300,
	SENDER_STRONG = 800,
	TAGS_LIKE = 250,
	TEXT_GRAMS = 30,  /* fewer grams of core text tell nothing */
	TEXT_ENOUGH = 80, /* fewer are not enough without another sign */
	RARE_LURES = 4    /* senders under which an anchor, a file or a form may occur */
};

static unsigned max2(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

static void offer(struct sl_match *best, enum sl_evidence evidence, unsigned score)
{
	if (best->edge && best->score >= score)
		return;
	best->edge = true;
	best->evidence = evidence;
	best->score = (uint16_t)(score > 1000 ? 1000 : score);
}

static bool has_lure_support(const struct sl_facts *f)
{
	return f->sender >= SENDER_LIKE || f->subject >= SUBJECT_LIKE;
}

static bool has_form_support(const struct sl_facts *f)
{
	return f->tags >= TAGS_LIKE || f->same_skeleton || f->subject >= SUBJECT_LIKE ||
	       (f->sender >= SENDER_STRONG && f->text >= TEXT_MORE);
}

/* Is the text alone enough? Short stock phrases are not, unless the form is the same too. */
static bool text_is_lure(const struct sl_facts *f)
{
	return !f->padded && (!f->short_text || (f->text >= TEXT_EQUAL && f->same_skeleton));
}

static void judge_text(const struct sl_facts *f, struct sl_match *best)
{
	unsigned lure = max2(f->subject, f->sender);

	if (f->text >= TEXT_ALONE && (text_is_lure(f) || has_lure_support(f)))
		offer(best, SL_EVIDENCE_TEXT, f->text);
	if (f->text >= TEXT_SOME && has_lure_support(f) && has_form_support(f))
		offer(best, SL_EVIDENCE_TEXT_LURE, f->text / 2 + lure / 4 + 150);
	if (f->text >= TEXT_LITTLE && f->same_anchor &&
		(has_lure_support(f) || f->same_skeleton || f->tags >= TAGS_LIKE))
		offer(best, SL_EVIDENCE_TEXT_ANCHOR, f->text / 2 + lure / 8 + 200);
}

static void judge_thin(const struct sl_facts *f, struct sl_match *best)
{
	bool one_field = f->subject >= SUBJECT_LIKE || f->sender >= SENDER_SAME;

	if (f->subject >= SUBJECT_SAME && f->sender >= SENDER_SAME)
		offer(best, SL_EVIDENCE_LURE, (f->subject + f->sender) / 2);
	if (f->rare_skeleton && one_field)
		offer(best, SL_EVIDENCE_FORM, 300 + max2(f->subject, f->sender) / 3);
}

void sl_evidence_judge(const struct sl_facts *facts, struct sl_match *match_r)
{
	*match_r = (struct sl_match){ .veto = facts->brand_conflict || facts->language_conflict };
	if (match_r->veto)
		return;
	judge_text(facts, match_r);
	if (facts->no_text || facts->padded)
		judge_thin(facts, match_r);
	if (facts->same_file && (facts->subject >= SUBJECT_LIKE || facts->sender >= SENDER_SAME))
		offer(match_r, SL_EVIDENCE_FILE, 400 + max2(facts->subject, facts->sender) / 3);
	sl_assert(match_r->score <= 1000);
}

static bool has_text(const struct sl_body *body)
{
	return body->grams.n >= TEXT_GRAMS;
}

static unsigned tags_alike(const struct sl_lure *a, const struct sl_lure *b)
{
	unsigned same = 0;

	if (!a->has_tags || !b->has_tags)
		return 0;
	for (unsigned i = 0; i < SL_TAG_SKETCH; i++)
		same += a->tags[i] == b->tags[i];
	return same * 1000 / SL_TAG_SKETCH;
}

static bool shares_rare(
	const struct sl_diversity *spread, const struct sl_hashes *a, const struct sl_hashes *b)
{
	for (uint32_t i = 0; a->bits & b->bits && i < a->n; i++)
		if (sl_hashes_have(b, a->v[i]) &&
			sl_diversity_of(spread, a->v[i]).identities <= RARE_LURES)
			return true;
	return false;
}

static bool brands_conflict(const struct sl_lure *a, const struct sl_lure *b)
{
	return a->claimed.n && b->claimed.n && !sl_hashes_meet(&a->claimed, &b->named) &&
	       !sl_hashes_meet(&b->claimed, &a->named);
}

static bool languages_conflict(const struct sl_lure *a, const struct sl_lure *b)
{
	return a->language && b->language && a->language != b->language;
}

/* How far apart parties and languages are, and what kinds of texts there are. */
static struct sl_facts first_facts(const struct sl_side *a, const struct sl_side *b)
{
	const struct sl_body *x = a->body, *y = b->body;
	struct sl_facts facts = { .no_text = !has_text(x) || !has_text(y),
		.short_text = x->grams.n < TEXT_ENOUGH || y->grams.n < TEXT_ENOUGH,
		.padded = x->padded || y->padded,
		.brand_conflict = brands_conflict(a->lure, b->lure) };

	facts.language_conflict = !facts.no_text && languages_conflict(a->lure, b->lure);
	return facts;
}

static void find_form(const struct sl_corpus *corpus, const struct sl_lure *x,
	const struct sl_lure *y, struct sl_facts *facts)
{
	facts->tags = tags_alike(x, y);
	facts->same_skeleton = x->skeleton && x->skeleton == y->skeleton;
	facts->rare_skeleton =
		facts->same_skeleton &&
		sl_diversity_of(corpus->skeletons, x->skeleton).identities <= RARE_LURES;
	facts->same_anchor = shares_rare(corpus->anchors, &x->anchors, &y->anchors);
	facts->same_file = shares_rare(corpus->files, &x->files, &y->files);
}

static unsigned name_alike(
	const struct sl_name_grams *a, const struct sl_name_grams *b, unsigned least)
{
	return sl_name_may_be_alike(a, b, least) ? sl_name_alike(a, b) : 0;
}

/* The smallest likeness of texts that a rule asks for, once the other facts are known. */
static unsigned least_text(const struct sl_facts *f)
{
	return f->same_anchor ? TEXT_LITTLE : has_lure_support(f) ? TEXT_SOME : TEXT_ALONE;
}

void sl_evidence_look(const struct sl_corpus *corpus, const struct sl_side *a,
	const struct sl_side *b, bool all, struct sl_facts *facts_r)
{
	const struct sl_lure *x = a->lure, *y = b->lure;
	const struct sl_grams *x_grams = &a->body->grams, *y_grams = &b->body->grams;
	unsigned least;

	*facts_r = first_facts(a, b);
	if (!all && (facts_r->brand_conflict || facts_r->language_conflict))
		return;
	find_form(corpus, x, y, facts_r);
	/* No rule looks at names that are less alike than this, and where one adds some of that
	 * likeness to a score, there is an anchor. */
	least = all || facts_r->same_anchor ? 0 : SENDER_LIKE;
	facts_r->subject = name_alike(&x->subject_grams, &y->subject_grams, least);
	facts_r->sender = name_alike(&x->sender_grams, &y->sender_grams, least);
	if (facts_r->no_text)
		return;
	least = all ? 0 : least_text(facts_r);
	if (sl_grams_may_be_alike(x_grams, y_grams, least))
		facts_r->text = sl_grams_alike(x_grams, y_grams, least);
}
