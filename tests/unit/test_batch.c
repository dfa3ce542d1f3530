/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "pipeline/batch.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLAB = 64 * 1024, MESSAGE = 1 << 20 };

static struct sl_pool *pool_of(unsigned readers, unsigned windows)
{
	struct sl_err err = { .text = "" };
	struct sl_pool *pool;
	struct sl_pool_sizes sizes = { readers, 2, SLAB, MESSAGE, windows, 100 * 1024 };
	if (sl_pool_new(&sizes, &pool, &err) != SL_OK)
		fail_msg("%s", err.text);
	return pool;
}

static void batches_come_home(void **state)
{
	(void)state;
	struct sl_pool *pool = pool_of(2, 0);
	struct sl_batch *a = sl_pool_take(pool, 0), *b = sl_pool_take(pool, 0);
	struct sl_batch *c = sl_pool_take(pool, 1);
	assert_true(a && b && c && a->slab != b->slab && b->slab != c->slab);
	assert_true(a->serial == 0 && b->serial == 1 && c->serial == 0);
	memset(a->slab->bytes, 1, a->size);
	memset(b->slab->bytes, 2, b->size);
	assert_int_equal(a->slab->bytes[a->size - 1], 1);
	assert_true(sl_batch_enlarge(a));
	memset(sl_pool_range(pool, 0), 3, MESSAGE);
	sl_batch_home(a);
	assert_false(a->has_range);
	assert_int_equal(sl_pool_range(pool, 0)[0], 0); /* given back */
	a = sl_pool_take(pool, 0);
	assert_int_equal(a->serial, 2);
	assert_true(sl_batch_enlarge(a)); /* free again */
	sl_batch_home(a);
	sl_batch_home(b);
	sl_batch_home(c);
	sl_pool_abort(pool);
	assert_null(sl_pool_take(pool, 1));
	sl_pool_free(&pool);
}

/* A table as an honest filler leaves it: two messages and a note. */
static void fill(struct sl_pool *pool, struct sl_slab *slab)
{
	uint64_t at = (uint64_t)(slab->bytes - sl_pool_base(pool));
	memcpy(slab->text, "entryreasondetail", 17);
	memcpy(slab->bytes, "first mail second", 17);
	slab->raws[0] = (struct sl_slab_raw){ .seq = 4, .entry = { 0, 5 }, .at = at, .n = 10 };
	slab->raws[1] = (struct sl_slab_raw){ .seq = 6, .entry = { 0, 5 }, .at = at + 11, .n = 6 };
	slab->notes[0] = (struct sl_slab_note){ .kind = SL_NOTE_REJECT,
		.seq = 5,
		.entry = { 0, 5 },
		.reason = { 5, 6 },
		.detail = { 11, 6 },
		.offset = 9 };
	slab->text_used = 17;
	slab->used = 32;
	atomic_store(&slab->n, 2);
	atomic_store(&slab->n_notes, 1);
}

static void a_table_is_taken_over(void **state)
{
	(void)state;
	struct sl_pool *pool = pool_of(1, 0);
	struct sl_batch *batch = sl_pool_take(pool, 0);
	uint64_t seq = 3;
	fill(pool, batch->slab);
	assert_true(sl_batch_accept(batch, 8, &seq));
	assert_int_equal(seq, 7);
	assert_int_equal(batch->n, 2);
	assert_int_equal(batch->n_notes, 1);
	assert_int_equal(batch->raws[1].archive, 8);
	CHECK_SPAN(batch->raws[0].bytes, "first mail");
	CHECK_SPAN(batch->raws[1].bytes, "second");
	CHECK_SPAN(batch->raws[1].entry, "entry");
	CHECK_SPAN(batch->notes[0].reason, "reason");
	CHECK_SPAN(batch->notes[0].detail, "detail");
	memset(batch->slab->text, 'x', 17); /* they are copies */
	CHECK_SPAN(batch->raws[0].entry, "entry");
	assert_true(sl_batch_accept(batch, 8, &seq)); /* nothing new */
	assert_int_equal(batch->n, 2);
	sl_batch_home(batch);
	sl_pool_free(&pool);
}

static void a_dead_filler_leaves_the_slab_good(void **state)
{
	(void)state;
	struct sl_pool *pool = pool_of(1, 0);
	struct sl_batch *batch = sl_pool_take(pool, 0);
	uint64_t seq = 0;
	fill(pool, batch->slab);
	assert_true(sl_batch_accept(batch, 0, &seq));
	batch->slab->used = SLAB * 4;
	batch->slab->text_used = SL_SLAB_TEXT + 1;
	atomic_store(&batch->slab->n, 77);
	sl_batch_repair(batch);
	assert_int_equal(batch->slab->used, 32);
	assert_int_equal(batch->slab->text_used, 0);
	assert_int_equal(atomic_load(&batch->slab->n), 2);
	assert_int_equal(atomic_load(&batch->slab->n_notes), 1);
	sl_batch_home(batch);
	sl_pool_free(&pool);
}

enum lie {
	SEQ_AGAIN,
	SEQ_LAST,
	BYTES_BEFORE,
	BYTES_BEHIND,
	BYTES_TOO_MANY,
	BYTES_OVERFLOW,
	BYTES_IN_RANGE, /* which the batch does not hold */
	ENTRY_BEHIND,
	ENTRY_OVERFLOW,
	ENTRY_NO_UTF8,
	COUNT,
	NOTE_COUNT,
	NOTE_KIND,
	NOTE_REASON,
	LIES
};

static void tell(struct sl_pool *pool, struct sl_slab *slab, enum lie lie)
{
	struct sl_slab_raw *raw = &slab->raws[1];
	switch (lie) {
	case SEQ_AGAIN:
		raw->seq = 4;
		break;
	case SEQ_LAST:
		raw->seq = UINT64_MAX;
		break;
	case BYTES_BEFORE:
		raw->at = (uint64_t)(slab->bytes - sl_pool_base(pool)) - 1;
		break;
	case BYTES_BEHIND:
		raw->at += SLAB + 4096;
		break;
	case BYTES_TOO_MANY:
		raw->n = SLAB + 4096;
		break;
	case BYTES_OVERFLOW:
		raw->n = UINT64_MAX - 5;
		break;
	case BYTES_IN_RANGE:
		raw->at = (uint64_t)(sl_pool_range(pool, 0) - sl_pool_base(pool));
		break;
	case ENTRY_BEHIND:
		raw->entry.at = SL_SLAB_TEXT - 4;
		break;
	case ENTRY_OVERFLOW:
		raw->entry = (struct sl_slab_text){ 5, UINT32_MAX };
		break;
	case ENTRY_NO_UTF8:
		slab->text[2] = (char)0xff;
		break;
	case COUNT:
		atomic_store(&slab->n, SL_BATCH_MESSAGES + 1);
		break;
	case NOTE_COUNT:
		atomic_store(&slab->n_notes, UINT32_MAX);
		break;
	case NOTE_KIND:
		slab->notes[0].kind = SL_NOTE_END;
		break;
	case NOTE_REASON:
		slab->notes[0].reason.n = SL_SLAB_TEXT;
		break;
	case LIES:
		break;
	}
}

static void lies_are_found_out(void **state)
{
	(void)state;
	struct sl_pool *pool = pool_of(1, 0);
	for (unsigned lie = 0; lie < LIES; lie++) {
		struct sl_batch *batch = sl_pool_take(pool, 0);
		uint64_t seq = 0;
		fill(pool, batch->slab);
		tell(pool, batch->slab, (enum lie)lie);
		if (sl_batch_accept(batch, 0, &seq))
			fail_msg("lie %u was believed", lie);
		sl_batch_repair(batch);
		assert_true(batch->slab->used <= batch->size);
		sl_batch_home(batch);
	}
	sl_pool_free(&pool);
}

static void the_range_counts_when_it_is_held(void **state)
{
	(void)state;
	struct sl_pool *pool = pool_of(1, 0);
	struct sl_batch *batch = sl_pool_take(pool, 0);
	uint64_t seq = 0, at = (uint64_t)(sl_pool_range(pool, 0) - sl_pool_base(pool));
	assert_true(sl_batch_enlarge(batch));
	batch->slab->raws[0] = (struct sl_slab_raw){ .at = at, .n = MESSAGE };
	atomic_store(&batch->slab->n, 1);
	assert_true(sl_batch_accept(batch, 0, &seq));
	assert_int_equal(batch->raws[0].bytes.n, MESSAGE);
	sl_batch_home(batch);
	batch = sl_pool_take(pool, 0);
	seq = 0;
	assert_true(sl_batch_enlarge(batch));
	batch->slab->raws[0] = (struct sl_slab_raw){ .at = at, .n = MESSAGE + 1 };
	atomic_store(&batch->slab->n, 1);
	assert_false(sl_batch_accept(batch, 0, &seq));
	sl_batch_home(batch);
	sl_pool_free(&pool);
}

/* As in a zygote: closes the pool, asks for memory until it has 16 MB of it, opens a window, and
 * tells whether the memory still holds what was put there. */
static bool memory_outlives_a_window(struct sl_pool *pool)
{
	enum { PIECE = 64 * 1024, PIECES = 256 };
	char *pieces[PIECES];
	bool same = true;
	sl_pool_close(pool);
	for (size_t i = 0; i < PIECES; i++) {
		pieces[i] = mmap(
			NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pieces[i] == MAP_FAILED)
			return false;
		memset(pieces[i], 7, PIECE);
	}
	sl_pool_open_window(pool, 0);
	sl_pool_open_window(pool, 1);
	for (size_t i = 0; i < PIECES; i++)
		for (size_t at = 0; at < PIECE; at += 4096)
			same = same && pieces[i][at] == 7;
	return same;
}

static void a_window_lies_on_nothing_else(void **state)
{
	(void)state;
	int status = -1;
	struct sl_pool *pool = pool_of(1, 2);
	pid_t child = fork();
	if (child == 0)
		_exit(memory_outlives_a_window(pool) ? 0 : 1);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	sl_pool_free(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_come_home),
		cmocka_unit_test(a_table_is_taken_over),
		cmocka_unit_test(a_dead_filler_leaves_the_slab_good),
		cmocka_unit_test(lies_are_found_out),
		cmocka_unit_test(the_range_counts_when_it_is_held),
		cmocka_unit_test(a_window_lies_on_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
