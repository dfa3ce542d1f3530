/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker remembers of bodies: bounded, and the same as what was put in. */
#include "check.h"
#include "pipeline/contents.h"
#include "storage/codec.h"

enum { ROOM = 4 << 20, WORDS = 2000 };

static const struct sl_secret secret = { { 1 } };

static struct sl_id key_of(unsigned number)
{
	return sl_hash_key(sl_span_of((const char *)&number, sizeof(number)), &secret);
}

static struct sl_mail mail_of(unsigned number)
{
	static char words[WORDS];
	memset(words, 'a' + (int)(number % 26), sizeof(words));
	struct sl_mail mail = { .n_urls = number, .url_bytes = 2 * (uint64_t)number };
	mail.content.key = key_of(number);
	mail.content.size = number;
	mail.content.norm = sl_span_of(words, sizeof(words));
	return mail;
}

static bool has(struct sl_contents *contents, unsigned number)
{
	struct sl_id key = key_of(number);
	const struct sl_learned *known = sl_contents_find(contents, &key);
	if (!known)
		return false;
	struct sl_mail mail = mail_of(number);
	struct sl_buf encoded = sl_buf_make(1 << 20);
	sl_content_encode(&encoded, &mail.content);
	assert_true(sl_span_eq(known->encoded, sl_buf_span(&encoded)));
	assert_true(sl_span_eq(known->content.norm, mail.content.norm));
	assert_int_equal(known->n_urls, number);
	assert_int_equal(known->url_bytes, 2 * number);
	assert_false(known->whole_key);
	sl_buf_free(&encoded);
	return true;
}

static void what_is_put_is_found(void **state)
{
	(void)state;
	struct sl_contents *contents = sl_contents_new(ROOM);
	assert_false(has(contents, 1));
	struct sl_mail mail = mail_of(1);
	assert_non_null(sl_contents_add(contents, &mail));
	assert_true(has(contents, 1));
	assert_non_null(sl_contents_add(contents, &mail)); /* twice is once */
	assert_false(has(contents, 2));
	sl_contents_free(&contents);
	assert_null(contents);
}

/* Far more than there is room for: the last ones are there, the first are gone, and one that is
 * asked for now and then stays. */
static void what_is_used_stays(void **state)
{
	(void)state;
	struct sl_contents *contents = sl_contents_new(ROOM);
	for (unsigned i = 0; i < 20000; i++) {
		struct sl_mail mail = mail_of(i);
		assert_non_null(sl_contents_add(contents, &mail));
		if (i % 50 == 0)
			assert_true(has(contents, 0));
	}
	assert_true(has(contents, 19999) && has(contents, 19900) && has(contents, 0));
	assert_false(has(contents, 1));
	sl_contents_free(&contents);
}

static void keys_that_name_nothing(void **state)
{
	(void)state;
	struct sl_contents *contents = sl_contents_new(ROOM);
	struct sl_id key = key_of(0);
	sl_contents_add_whole(contents, &key);
	for (unsigned i = 1; i < 20000; i++) {
		struct sl_mail mail = mail_of(i);
		assert_non_null(sl_contents_add(contents, &mail));
		if (i % 50 == 0)
			assert_true(sl_contents_find(contents, &key)->whole_key);
	}
	sl_contents_free(&contents);
}

static void what_is_not_kept(void **state)
{
	(void)state;
	struct sl_contents *contents = sl_contents_new(0);
	struct sl_mail mail = mail_of(1);
	assert_null(sl_contents_add(contents, &mail));
	assert_false(has(contents, 1));
	sl_contents_free(&contents);
	contents = sl_contents_new(ROOM);
	mail.content.flags = SL_BIT(SL_MSG_LIMIT_URLS);
	assert_null(sl_contents_add(contents, &mail));
	static char large[ROOM / 16];
	memset(large, 'x', sizeof(large));
	mail = mail_of(2);
	mail.content.norm = sl_span_of(large, sizeof(large));
	assert_null(sl_contents_add(contents, &mail));
	sl_contents_free(&contents);
	sl_contents_free(&contents);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found),
		cmocka_unit_test(what_is_used_stays),
		cmocka_unit_test(keys_that_name_nothing),
		cmocka_unit_test(what_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
