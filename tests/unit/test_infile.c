/* SPDX-License-Identifier: Apache-2.0 */
#include "reading_log.h"

#include "stages/source/infile.h"

#include <stdlib.h>

enum { SIZE = 2 * SL_PROOF_BLOCK + 1000 };

static const struct sl_secret secret = { { 1, 2, 3 } };

struct fixture {
	char *bytes;
	int fd;
	struct sl_proof proof;
	struct sl_nest nest;
	struct sl_err err;
	struct sl_infile file;
};

static struct fixture *setup(void)
{
	struct fixture *f = sl_calloc(1, sizeof(*f));
	f->bytes = sl_malloc(SIZE);
	for (size_t i = 0; i < SIZE; i++)
		f->bytes[i] = (char)(i * 7 + i / 251);
	f->fd = file_of(sl_span_of(f->bytes, SIZE));
	f->proof.secret = &secret;
	for (size_t at = 0; at < SIZE; at += SL_PROOF_BLOCK)
		sl_proof_add(&f->proof,
			sl_span_head(sl_span_of(f->bytes + at, SIZE - at), SL_PROOF_BLOCK));
	f->nest.err = &f->err;
	sl_infile_init(&f->file, f->fd, 0, &f->proof, &f->nest);
	return f;
}

static void teardown(struct fixture *f)
{
	sl_infile_fini(&f->file);
	sl_proof_free(&f->proof);
	close(f->fd);
	free(f->bytes);
	free(f);
}

/* What can be read from `at` on, checked against the bytes that were hashed. */
static size_t readable(struct fixture *f, uint64_t at, size_t step)
{
	char *to = sl_malloc(step);
	size_t n, total = 0;
	while ((n = sl_infile_read(&f->file, at + total, to, step)) > 0) {
		assert_true(at + total + n <= SIZE);
		assert_memory_equal(to, f->bytes + at + total, n);
		total += n;
	}
	free(to);
	return total;
}

/* Files are read to where copying is fast (base.h). */
static void buffers_are_aligned(void **state)
{
	(void)state;
	struct fixture *f = setup();
	struct sl_stream stream;
	sl_stream_init(&stream, &f->nest);
	assert_int_equal((uintptr_t)f->file.block % 64, 0);
	assert_int_equal((uintptr_t)stream.window % 64, 0);
	sl_stream_fini(&stream);
	teardown(f);
}

static void put(struct fixture *f, uint64_t at, struct sl_span bytes)
{
	assert_int_equal(pwrite(f->fd, bytes.p, bytes.n, (off_t)at), bytes.n);
}

static void reads_what_was_hashed(void **state)
{
	static const size_t steps[] = { 1000, SL_PROOF_BLOCK, SIZE };
	(void)state;
	struct fixture *f = setup();
	for (size_t i = 0; i < SL_LEN(steps); i++)
		assert_int_equal(readable(f, 0, steps[i]), SIZE);
	assert_int_equal(readable(f, SL_PROOF_BLOCK - 1, 10), SIZE - SL_PROOF_BLOCK + 1);
	assert_int_equal(readable(f, SIZE - 1, 10), 1);
	assert_int_equal(readable(f, SIZE, 10), 0);
	assert_int_equal(readable(f, UINT64_MAX, 10), 0);
	assert_false(f->nest.fatal);
	teardown(f);
}

static void what_was_added_is_not_there(void **state)
{
	(void)state;
	struct fixture *f = setup();
	put(f, SIZE, SL_SPAN("more"));
	assert_int_equal(readable(f, 0, 4096), SIZE);
	assert_false(f->nest.fatal);
	teardown(f);
}

static void a_changed_block_is_never_seen(void **state)
{
	static const uint64_t places[] = { SL_PROOF_BLOCK, 2 * SL_PROOF_BLOCK - 1,
		2 * SL_PROOF_BLOCK, SIZE - 1 };
	(void)state;
	for (size_t i = 0; i < SL_LEN(places); i++) {
		struct fixture *f = setup();
		char other = (char)(f->bytes[places[i]] ^ 1);
		put(f, places[i], sl_span_of(&other, 1));
		uint64_t block = places[i] / SL_PROOF_BLOCK * SL_PROOF_BLOCK;
		assert_int_equal(readable(f, 0, 5000), block);
		assert_true(f->nest.fatal && f->nest.changed);
		assert_int_equal(f->nest.changed_at, block);
		assert_int_equal(readable(f, 0, 5000), 0);
		teardown(f);
	}
}

static void a_cut_file_is_a_change(void **state)
{
	(void)state;
	struct fixture *f = setup();
	assert_int_equal(ftruncate(f->fd, SIZE - 1), 0);
	assert_int_equal(readable(f, 0, 5000), 2 * SL_PROOF_BLOCK);
	assert_true(f->nest.changed);
	teardown(f);
}

/* ---- the proof in a cell ---- */

static void a_shared_proof_is_the_same(void **state)
{
	(void)state;
	struct fixture *f = setup();
	struct sl_proof seen;
	int fd = sl_proof_share(&f->proof);
	assert_true(fd >= 0);
	assert_true(sl_proof_map(fd, f->proof.size, &secret, &seen));
	assert_int_equal(seen.n, f->proof.n);
	for (size_t i = 0; i < seen.n; i++) {
		struct sl_span block =
			sl_span_of(f->bytes + i * SL_PROOF_BLOCK, sl_proof_length(&seen, i));
		assert_true(sl_proof_holds(&seen, i, block));
		assert_false(sl_proof_holds(&seen, i, sl_span_head(block, block.n - 1)));
	}
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
	sl_proof_unmap(&seen);
	close(fd);
	teardown(f);
}

static void an_empty_file_has_a_proof(void **state)
{
	(void)state;
	struct sl_proof none = { .secret = &secret }, seen;
	int fd = sl_proof_share(&none);
	assert_true(fd >= 0);
	assert_true(sl_proof_map(fd, 0, &secret, &seen));
	assert_int_equal(seen.n, 0);
	sl_proof_unmap(&seen);
	close(fd);
}

/* ---- what the walk tells ---- */

enum { MEMBERS = 24, MEMBER = 40000 };

/* A mail of noise, so that nothing makes it smaller. */
static struct sl_span noise(char *text, uint32_t *seed)
{
	memcpy(text, "Subject: noise\n\n", 16);
	for (size_t i = 16; i < MEMBER; i++) {
		*seed = *seed * 1664525 + 1013904223;
		text[i] = i % 70 == 0 ? '\n' : (char)('!' + (*seed >> 24) % 90);
	}
	return sl_span_of(text, MEMBER);
}

static struct sl_buf big(const char *format)
{
	struct pack_file files[MEMBERS] = { 0 };
	char names[MEMBERS][16];
	char *text = sl_malloc((size_t)MEMBERS * MEMBER);
	uint32_t seed = 1;
	for (size_t i = 0; i < MEMBERS; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu.eml", i);
		files[i].name = names[i];
		files[i].bytes = noise(text + i * MEMBER, &seed);
	}
	struct sl_buf packed = pack(format, "none", NULL, files, MEMBERS);
	free(text);
	return packed;
}

static struct sl_proof proof_of(struct sl_span bytes)
{
	struct sl_proof proof = { .secret = &secret };
	for (; bytes.n; bytes = sl_span_from(bytes, SL_PROOF_BLOCK))
		sl_proof_add(&proof, sl_span_head(bytes, SL_PROOF_BLOCK));
	return proof;
}

/* The message in hand, if there is one, is given up. */
static enum sl_rc reject(struct sl_sink *sink, const struct sl_reject *reject)
{
	struct log_sink *log = (struct log_sink *)sink;
	if (strcmp(reject->reason, "changed-while-read") == 0)
		log->open = false;
	return log_sink_reject(sink, reject);
}

static enum sl_rc walk(int fd, const struct sl_proof *proof, struct log_sink *log)
{
	struct sl_err err = { .text = "" };
	*log = log_sink_make();
	log->sink.reject = reject;
	return sl_source_read(fd, "x", &roomy, proof, &log->sink, &err);
}

/* With block `i` changed: what is told is the beginning of what is true, and then that it changed;
 * no damage. */
static void check_change(struct sl_span bytes, size_t i, struct sl_span whole)
{
	const struct sl_span changed = SL_SPAN("! changed-while-read\n");
	struct log_sink log;
	struct sl_proof proof = proof_of(bytes);
	int fd = file_of(bytes);
	size_t at = i * SL_PROOF_BLOCK + sl_proof_length(&proof, i) / 2;
	char other = (char)(bytes.p[at] ^ 1);
	assert_int_equal(pwrite(fd, &other, 1, (off_t)at), 1);
	assert_int_equal(walk(fd, &proof, &log), SL_SKIP);
	struct sl_span told = sl_buf_span(&log.log);
	assert_true(told.n >= changed.n);
	struct sl_span before = sl_span_head(told, told.n - changed.n);
	CHECK_SPAN(sl_span_from(told, before.n), changed.p);
	if (!sl_span_starts(whole, before))
		fail_msg("block %zu: told %s", i, log.log.p);
	log_sink_free(&log);
	sl_proof_free(&proof);
	close(fd);
}

static void changes_are_told(void **state)
{
	static const char *const formats[] = { "ustar", "zip", "7zip" };
	(void)state;
	for (size_t i = 0; i < SL_LEN(formats); i++) {
		struct sl_buf packed = big(formats[i]);
		struct log_sink log;
		struct sl_proof proof = proof_of(sl_buf_span(&packed));
		int fd = file_of(sl_buf_span(&packed));
		assert_int_equal(walk(fd, &proof, &log), SL_OK);
		assert_int_equal(log.messages, MEMBERS);
		assert_true(proof.n > 2);
		for (size_t block = 0; block < proof.n; block++)
			check_change(sl_buf_span(&packed), block, sl_buf_span(&log.log));
		log_sink_free(&log);
		sl_proof_free(&proof);
		close(fd);
		sl_buf_free(&packed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffers_are_aligned),
		cmocka_unit_test(reads_what_was_hashed),
		cmocka_unit_test(what_was_added_is_not_there),
		cmocka_unit_test(a_changed_block_is_never_seen),
		cmocka_unit_test(a_cut_file_is_a_change),
		cmocka_unit_test(a_shared_proof_is_the_same),
		cmocka_unit_test(an_empty_file_has_a_proof),
		cmocka_unit_test(changes_are_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
