/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/base/buf.h"
#include "pipeline/base/hash.h"
#include "stages/cluster/campaigns.h"
#include "stages/cluster/judge.h"

#include <stdlib.h>

enum { LURES = 40, MEMORY = 1 << 24 };

static struct sl_arena *arena;

struct seed {
	const char *subject, *sender, *text, *brand, *anchor, *language;
};

static void make(const struct seed *seed, struct sl_lure *lure)
{
	struct sl_span anchor = sl_span_str(seed->anchor);
	struct sl_message message = { .subject_norm = sl_span_str(seed->subject),
		.sender_norm = sl_span_str(seed->sender),
		.brand = sl_span_str(seed->brand) };
	struct sl_content content = { .norm = sl_span_str(seed->text),
		.anchors = &anchor,
		.n_anchors = anchor.n > 0,
		.language = sl_span_str(seed->language) };

	sl_lure_make(arena, NULL, &message, &content, lure);
	lure->name = sl_hash_name(sl_span_str(seed->subject));
}

/* The corpus of some lures; it keeps the gram sets of those that `keep` names. */
static struct sl_corpus *corpus_of(
	struct sl_lure *lures, size_t n, unsigned hands, bool (*keep)(size_t i))
{
	struct sl_corpus *corpus = sl_corpus_new(n, hands);
	struct sl_corpus_entry *entries = sl_arena_zalloc(arena, n * sizeof(*entries));

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct sl_corpus_entry){ .lure = &lures[i], .keep = keep && keep(i) };
	sl_corpus_add(corpus, entries, n / 2);
	sl_corpus_add(corpus, entries + n / 2, n - n / 2);
	sl_corpus_freeze(corpus);
	return corpus;
}

static const char parcel[] =
	"dear customer, your parcel could not be delivered today because a fee is open\n"
	"please pay the open fee within two days or the parcel goes back to the shop\n"
	"you find the form for the payment behind this link \x01\n";
static const char parcel_near[] =
	"dear friend, your parcel could not be delivered today because a fee is open\n"
	"please pay the open fee within three days or the parcel goes back to the shop\n"
	"you find the form for the payment behind that link \x01\n";
static const char parcel_far[] =
	"good evening, a parcel could not be delivered today and waits in our store house\n"
	"kindly settle what is due or the parcel goes back to the shop it came from\n"
	"thank you for your patience and have a pleasant week, the delivery desk\n";
static const char mailbox[] =
	"the storage of your mailbox is nearly used up and new letters will be refused\n"
	"confirm the account with your password to get more room at once \x01\n";

/* What do two seeds say about each other, in a store that holds just them? */
static struct sl_match compare(const struct seed *a, const struct seed *b)
{
	struct sl_corpus *corpus;
	struct sl_lure lures[2];
	struct sl_comparer *comparer;
	struct sl_match one, two;

	make(a, &lures[0]);
	make(b, &lures[1]);
	corpus = corpus_of(lures, 2, 1, NULL);
	comparer = sl_comparer_new(corpus, lures, 2, MEMORY);
	sl_comparer_match(comparer, 0, 1, &one);
	sl_comparer_match(comparer, 1, 0, &two);
	assert_memory_equal(&one, &two, sizeof(one));
	sl_comparer_free(&comparer);
	sl_corpus_free(&corpus);
	return one;
}

static void test_pairs(void **state)
{
	static const struct {
		struct seed a, b;
		bool edge, veto;
		enum sl_evidence evidence;
	} rows[] = {
		/* the same text, nothing else in common */
		{ { "parcel", "anna", parcel, "", "", "" },
			{ "last call", "ben smith", parcel, "", "", "" }, true, false,
			SL_EVIDENCE_TEXT },
		{ { "parcel", "anna", parcel, "", "", "" },
			{ "last call", "ben smith", parcel_near, "", "", "" }, true, false,
			SL_EVIDENCE_TEXT },
		/* other brands, other languages: never */
		{ { "parcel", "anna", parcel, "swiftpost", "", "" },
			{ "parcel", "anna", parcel, "boxrunner", "", "" }, false, true, 0 },
		{ { "parcel", "anna", parcel, "swiftpost", "", "en" },
			{ "parcel", "anna", parcel, "swiftpost", "", "de" }, false, true, 0 },
		{ { "parcel", "anna", parcel, "swiftpost", "", "en" },
			{ "parcel", "anna", parcel, "", "", "" }, true, false, SL_EVIDENCE_TEXT },
		/* some text in common needs the lure, or a rare anchor */
		{ { "your parcel waits for you", "delivery desk", parcel, "", "", "" },
			{ "nothing of this kind", "ben smith", parcel_far, "", "", "" }, false,
			false, 0 },
		{ { "your parcel waits", "delivery desk", parcel, "", "phone:+4930999", "" },
			{ "your parcel waits", "ben smith", parcel_far, "", "phone:+4930999", "" },
			true, false, SL_EVIDENCE_TEXT_ANCHOR },
		/* other texts */
		{ { "your parcel waits", "delivery desk", parcel, "", "", "" },
			{ "your parcel waits", "delivery desk", mailbox, "", "", "" }, false, false,
			0 },
		/* no text: subject and sender decide */
		{ { "your parcel waits", "delivery desk", "", "", "", "" },
			{ "your parcel waits !", "delivery desk", "", "", "", "" }, true, false,
			SL_EVIDENCE_LURE },
		{ { "your parcel waits", "delivery desk", "", "", "", "" },
			{ "your parcel waits", "ben smith", "", "", "", "" }, false, false, 0 },
		{ { "", "", "", "", "", "" }, { "", "", "", "", "", "" }, false, false, 0 },
		{ { "\x03", "\x02", "", "", "", "" }, { "\x03", "\x02", "", "", "", "" }, false,
			false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_match m = compare(&rows[i].a, &rows[i].b);

		if (m.edge != rows[i].edge || m.veto != rows[i].veto)
			fail_msg("row %zu: edge %d veto %d score %d", i, m.edge, m.veto, m.score);
		if (m.edge && m.evidence != rows[i].evidence)
			fail_msg("row %zu: evidence %d", i, (int)m.evidence);
		assert_true(m.score <= 1000 && !(m.edge && m.veto));
	}
}

/* A stolen newsletter under many senders: its lines drop out, the mails have no text left. */
static void test_stolen_padding(void **state)
{
	static const char *const senders[] = { "garden tools", "hearing aids", "winter tyres",
		"cheap flights", "solar roof", "weight loss", "wine club", "car warranty",
		"dog food", "life insurance", "mobile plan", "roof repair" };
	struct sl_corpus *corpus;
	struct sl_lure lures[12];
	struct sl_comparer *comparer;

	(void)state;
	for (int i = 0; i < 12; i++)
		make(&(struct seed){ senders[i], senders[i], parcel, "", "", "" }, &lures[i]);
	corpus = corpus_of(lures, 12, 1, NULL);
	comparer = sl_comparer_new(corpus, lures, 12, MEMORY);
	for (uint32_t i = 0; i < 12; i++) {
		for (uint32_t j = i + 1; j < 12; j++) {
			struct sl_facts facts;
			struct sl_match m;

			sl_comparer_facts(comparer, i, j, &facts);
			assert_true(facts.no_text && facts.text == 0);
			sl_comparer_match(comparer, i, j, &m);
			assert_false(m.edge);
		}
	}
	sl_comparer_free(&comparer);
	sl_corpus_free(&corpus);
}

/* Calls `take` with every candidate; how many there were. */
static size_t each_candidate(struct sl_comparer *comparer, const struct sl_lure *lures,
	const bool *fresh, unsigned hands, void (*take)(uint32_t a, uint32_t b))
{
	struct sl_candidates *candidates = sl_candidates_new(comparer, lures, LURES, fresh, hands);
	struct sl_search *search = sl_search_new(candidates);
	bool seen[LURES][LURES] = { { false } };
	size_t n = 0;

	for (uint32_t a = 0; a < LURES; a++)
		for (size_t from = 0; from < LURES; from += LURES / 2) {
			const uint32_t *found;
			size_t count = sl_search_run(search, a, from, from + LURES / 2, &found);

			for (size_t i = 0; i < count; i++) {
				assert_true(a < found[i] && found[i] >= from &&
					    found[i] < from + LURES / 2 && !seen[a][found[i]]);
				seen[a][found[i]] = true;
				take(a, found[i]);
			}
			n += count;
		}
	sl_search_free(&search);
	sl_candidates_free(&candidates);
	return n;
}

static void both_alike(uint32_t a, uint32_t b)
{
	assert_int_equal(a % 2, b % 2);
}

static void both_odd(uint32_t a, uint32_t b)
{
	assert_true(a % 2 == 1 && b % 2 == 1);
}

static void test_candidates(void **state)
{
	struct sl_corpus *corpus;
	struct sl_lure lures[LURES];
	bool fresh[LURES] = { false };
	struct sl_comparer *comparer;

	(void)state;
	for (int i = 0; i < LURES; i++)
		make(&(struct seed){ i % 2 ? "parcel" : "mailbox",
			     sl_arena_printf(arena, "sender%d x", i).p, i % 2 ? parcel : mailbox,
			     "", "", "" },
			&lures[i]);
	corpus = corpus_of(lures, LURES, 1, NULL);
	comparer = sl_comparer_new(corpus, lures, LURES, MEMORY);
	/* all within, none across */
	assert_int_equal(each_candidate(comparer, lures, NULL, 1, both_alike),
		(LURES / 2) * (LURES / 2 - 1));
	assert_int_equal(each_candidate(comparer, lures, fresh, 2, both_alike), 0);
	fresh[7] = true;
	assert_true(each_candidate(comparer, lures, fresh, 1, both_odd) > 0);
	sl_comparer_free(&comparer);
	sl_corpus_free(&corpus);
}

static void a_pair(uint32_t a, uint32_t b)
{
	assert_true(b - a <= 4 || a < 8 || b >= LURES - 8);
}

/* A key that very many share links each item to the next ones, and to both ends. */
static void test_long_lists(void **state)
{
	enum { NEAR = 4, ENDS = 8 };
	struct sl_corpus *corpus;
	struct sl_lure lures[LURES];
	struct sl_comparer *comparer;
	size_t want = 0;

	(void)state;
	for (int i = 0; i < LURES; i++)
		make(&(struct seed){ "parcel", "", "", "", "", "" }, &lures[i]);
	for (size_t a = 0; a < LURES; a++)
		for (size_t b = a + 1; b < LURES; b++)
			want += b - a <= NEAR || a < ENDS || b >= LURES - ENDS;
	corpus = corpus_of(lures, LURES, 1, NULL);
	comparer = sl_comparer_new(corpus, lures, LURES, MEMORY);
	assert_int_equal(each_candidate(comparer, lures, NULL, 1, a_pair), want);
	sl_comparer_free(&comparer);
	sl_corpus_free(&corpus);
}

static bool two_of_three(size_t i)
{
	return i % 3 != 0;
}

/* What is left out as of no use changes no answer, nor do gram sets that the corpus kept. */
static void test_shortcuts(void **state)
{
	static const char *const words[] = { "parcel", "waits", "for", "you", "until", "monday",
		"mailbox", "almost", "full", "click", "here", "please" };
	enum { N = 40, LONG = 160 };
	struct sl_corpus *corpus;
	struct sl_lure lures[N];
	struct sl_comparer *comparer;
	unsigned edges = 0, seed = 7;

	(void)state;
	for (int i = 0; i < N; i++) {
		struct sl_buf text = sl_buf_make(10000);
		unsigned length = i % 4 ? LONG : LONG / 8;

		for (unsigned w = 0; w < length; w++) {
			seed = seed * 1103515245 + 12345;
			sl_buf_printf(&text, "%s%u%c", words[(w * 7 + seed / 65536 % 2) % 12],
				w * (unsigned)(i % 3), w % 9 ? ' ' : '\n');
		}
		make(&(struct seed){ words[i % 5], i % 2 ? words[i % 7] : "", text.p, "", "", "" },
			&lures[i]);
		lures[i].text = sl_arena_copy(arena, lures[i].text);
		sl_buf_free(&text);
	}
	corpus = corpus_of(lures, N, 2, two_of_three);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(lures[i].grams.v != NULL, two_of_three(i));
	comparer = sl_comparer_new(corpus, lures, N, MEMORY);
	for (uint32_t i = 0; i < N; i++)
		for (uint32_t j = i + 1; j < N; j++) {
			struct sl_facts facts;
			struct sl_match all, some;

			sl_comparer_facts(comparer, i, j, &facts);
			sl_evidence_judge(&facts, &all);
			sl_comparer_match(comparer, i, j, &some);
			assert_memory_equal(&all, &some, sizeof(all));
			edges += all.edge;
		}
	assert_true(edges > N && edges < N * (N - 1) / 2);
	sl_comparer_free(&comparer);
	sl_corpus_free(&corpus);
}

static int compare_edges(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct sl_link_edge));
}

static bool all(size_t i)
{
	(void)i;
	return true;
}

/* However many hands, and however little memory: the same edges. */
static void same_edges(const struct sl_corpus *corpus, const struct sl_lure *lures, size_t n)
{
	static const size_t memories[] = { MEMORY, 1 << 20, 0 };
	struct sl_link_edge *want = NULL, *got;
	size_t n_want = 0;

	for (unsigned i = 0; i < 2 * SL_LEN(memories); i++) {
		unsigned hands = i % 2 ? 3 : 1;
		struct sl_comparer *comparer = sl_comparer_new(corpus, lures, n, memories[i / 2]);
		struct sl_candidates *candidates =
			sl_candidates_new(comparer, lures, n, NULL, hands);
		size_t n_got = sl_judge_all(comparer, candidates, n, hands, &got);

		qsort(got, n_got, sizeof(*got), compare_edges);
		if (!want) {
			want = got;
			n_want = n_got;
			assert_true(n_got > n);
			assert_int_equal(sl_comparer_reach(comparer, 0), n);
		} else {
			assert_int_equal(n_got, n_want);
			assert_memory_equal(got, want, n_got * sizeof(*got));
			free(got);
		}
		if (memories[i / 2] == 0)
			assert_true(sl_comparer_reach(comparer, 0) < n / 4);
		sl_candidates_free(&candidates);
		sl_comparer_free(&comparer);
	}
	free(want);
}

/* By many hands the same groups by the same edges as by one. */
static void test_hands(void **state)
{
	enum { N = 600, WORDS = 40 };
	struct sl_gathering gathering = { .n = N };
	struct sl_linkage one, two;
	size_t groups = 0;

	(void)state;
	gathering.lures = sl_arena_zalloc(arena, N * sizeof(*gathering.lures));
	gathering.fresh = sl_arena_alloc(arena, N * sizeof(*gathering.fresh));
	gathering.given = sl_arena_alloc(arena, N * sizeof(*gathering.given));
	memset(gathering.fresh, 1, N * sizeof(*gathering.fresh));
	for (uint32_t i = 0; i < N; i++) {
		struct sl_buf text = sl_buf_make(10000);
		uint32_t theme = i % 12, seed = i;

		for (uint32_t w = 0; w < WORDS; w++) {
			seed = seed * 1664525 + 1013904223;
			sl_buf_printf(&text, "%x ",
				seed >> 28 ? (theme + 1) * (w + 77) * 2654435761u : seed);
		}
		make(&(struct seed){ i % 5 ? "parcel" : "", "", "", "", "", "" },
			&gathering.lures[i]);
		gathering.lures[i].text = sl_arena_copy(arena, sl_buf_span(&text));
		gathering.given[i] = i;
		sl_buf_free(&text);
	}
	gathering.corpus = corpus_of(gathering.lures, N, 2, all);
	sl_campaigns_group(&gathering, 1, &one);
	sl_campaigns_group(&gathering, 2, &two);
	assert_memory_equal(one.group, two.group, N * sizeof(*one.group));
	assert_int_equal(one.n_tree, two.n_tree);
	assert_memory_equal(one.tree, two.tree, one.n_tree * sizeof(*one.tree));
	for (uint32_t i = 0; i < N; i++)
		groups += one.group[i] == i;
	assert_true(groups >= 12 && groups < N / 2);
	sl_linkage_clear(&one);
	sl_linkage_clear(&two);
	for (uint32_t i = 0; i < N; i += 2) /* half of them are made each time */
		gathering.lures[i].grams.v = NULL;
	same_edges(gathering.corpus, gathering.lures, N / 2);
	sl_gathering_clear(&gathering);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hands),
		cmocka_unit_test(test_long_lists), cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_shortcuts), cmocka_unit_test(test_stolen_padding),
		cmocka_unit_test(test_candidates) };
	int failed;

	arena = sl_arena_new(0);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	sl_arena_free(&arena);
	return failed;
}
