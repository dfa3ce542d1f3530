/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "pipeline/hostmemo.h"
#include "pipeline/verdict.h"

/* More hosts than there are places, each asked again right away and again at the end. */
static void answers_like_the_tables(void **state)
{
	static const char *const domains[] = { "amazon.co.jp", "amaezon.example", "github.io",
		"gmail.com", "paypal-login.example", "", "shop.example" };
	enum { HOSTS = 6000 };
	struct sl_hostmemo *memo = sl_hostmemo_new(tables);
	struct sl_arena *arena = sl_arena_new(0);
	(void)state;
	for (int round = 0; round < 2; round++)
		for (unsigned i = 0; i < HOSTS; i++) {
			struct sl_span domain = sl_span_str(domains[i % SL_LEN(domains)]);
			struct sl_span host =
				i % 5 ? sl_arena_printf(arena, "%s%u.%.*s",
						i % 3 ? "www" : "amaz0n", i / 2, SL_ARG(domain))
				      : domain;
			unsigned known = sl_tables_known(tables, host, domain);
			const struct sl_brand *like = sl_lookalike_of(tables, host, domain);
			for (int again = 0; again < 2; again++) {
				assert_int_equal(sl_hostmemo_known(memo, host, domain), known);
				assert_ptr_equal(sl_hostmemo_like(memo, host, domain), like);
			}
		}
	sl_arena_free(&arena);
	sl_hostmemo_free(&memo);
	assert_null(memo);
}

/* The names meet in one text: where one ends counts. */
static void tells_host_from_domain(void **state)
{
	static const struct {
		const char *host, *domain;
	} rows[] = { { "a.github.io", "" }, { "", "a.github.io" }, { "a.github.", "io" },
		{ "amazon.co.jp", "" }, { "", "" } };
	struct sl_hostmemo *memo = sl_hostmemo_new(tables);
	(void)state;
	for (size_t i = 0; i < 3 * SL_LEN(rows); i++) {
		struct sl_span host = sl_span_str(rows[i % SL_LEN(rows)].host);
		struct sl_span domain = sl_span_str(rows[i % SL_LEN(rows)].domain);
		assert_int_equal(sl_hostmemo_known(memo, host, domain),
			sl_tables_known(tables, host, domain));
	}
	sl_hostmemo_free(&memo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_like_the_tables),
		cmocka_unit_test(tells_host_from_domain),
	};
	return cmocka_run_group_tests(tests, tables_set_up, tables_tear_down);
}
