/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void registered_domains(void **state)
{
	static const struct {
		const char *host, *domain;
	} rows[] = { { "kumo.shop", "kumo.shop" }, { "a.b.kumo.shop", "kumo.shop" },
		{ "www.bank.co.jp.kumo.shop", "kumo.shop" }, { "a.kumo.co.jp", "kumo.co.jp" },
		{ "co.jp", "" }, { "shop", "" }, { "com", "" },
		{ "www.city.kawasaki.jp", "city.kawasaki.jp" },
		{ "a.b.kawasaki.jp", "a.b.kawasaki.jp" }, { "b.kawasaki.jp", "" },
		{ "x.kumo.github.io", "kumo.github.io" }, { "github.io", "" },
		{ "x.kumo.us-east9.run.app", "kumo.us-east9.run.app" }, { "us-east9.run.app", "" },
		{ "run.app", "" }, { "www.ck", "www.ck" }, { "a.b.ck", "a.b.ck" },
		{ "kumo.xn--q9jyb4c", "kumo.xn--q9jyb4c" }, { "kumo.nosuchtld", "kumo.nosuchtld" },
		{ "localhost", "" }, { "192.0.2.1", "" }, { "2001:db8::1", "" }, { "", "" },
		{ ".kumo.shop", "" }, { "kumo..shop", "" }, { "kumo.shop.", "" }, { ".", "" } };
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_span host = sl_span_str(rows[i].host);
		CHECK_SPAN_ROW(sl_suffixes_domain(desk->suffixes, host), rows[i].domain, i);
	}
	char huge[300];
	memset(huge, 'a', sizeof(huge));
	memcpy(huge + 290, ".shop", 5);
	assert_int_equal(sl_suffixes_domain(desk->suffixes, sl_span_of(huge, 295)).n, 0);
	assert_int_equal(sl_suffixes_domain(desk->suffixes, SL_SPAN("a\0b.shop")).n, 0);
}

static void known_endings(void **state)
{
	struct desk *desk = *state;
	assert_true(sl_suffixes_known(desk->suffixes, SL_SPAN("kumo.shop")));
	assert_true(sl_suffixes_known(desk->suffixes, SL_SPAN("a.ck")));
	assert_true(sl_suffixes_known(desk->suffixes, SL_SPAN("xn--q9jyb4c")));
	assert_false(sl_suffixes_known(desk->suffixes, SL_SPAN("style.css")));
	assert_false(sl_suffixes_known(desk->suffixes, SL_SPAN("kumo.")));
	assert_false(sl_suffixes_known(desk->suffixes, SL_SPAN("")));
}

static void list_of_the_user(void **state)
{
	struct desk *desk = *state;
	struct sl_config config = desk->config;
	struct sl_suffixes *own = NULL;
	struct sl_err err;
	char path[] = "/tmp/sl-psl-XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	config.psl_file = path;
	assert_int_equal(sl_suffixes_load(&config, NULL, &own, &err), SL_FATAL);
	assert_null(own);
	static const char list[] = "com\nkumo.com\n";
	assert_int_equal(write(fd, list, sizeof(list) - 1), sizeof(list) - 1);
	close(fd);
	assert_int_equal(sl_suffixes_load(&config, NULL, &own, &err), SL_OK);
	CHECK_SPAN(sl_suffixes_domain(own, SL_SPAN("a.b.kumo.com")), "b.kumo.com");
	sl_suffixes_free(&own);
	unlink(path);
	assert_int_equal(sl_suffixes_load(&config, NULL, &own, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
}

static void every_host_gets_its_domain(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_text(desk, SL_VIEW_TEXT, "http://a.kumo.shop/ http://b.kumo.shop/ http://91.7.44.3/");
	desk_run(desk, &sl_stage_url);
	desk_run(desk, &sl_stage_host);
	desk_run(desk, &sl_stage_domain);
	CHECK_SPAN(desk_list(desk, SL_KIND_HOST), "a.kumo.shop link | b.kumo.shop link");
	CHECK_SPAN(desk_list(desk, SL_KIND_DOMAIN), "kumo.shop link");
	CHECK_SPAN(desk_list(desk, SL_KIND_IPV4), "91.7.44.3 link");
	const struct sl_content *c = &desk->mail.content;
	for (size_t i = 0; i < c->n_indicators; i++)
		if (c->indicators[i].kind == SL_KIND_URL && c->indicators[i].host.p[0] != '9')
			CHECK_SPAN(c->indicators[i].domain, "kumo.shop");
}

static void mismatches(void **state)
{
	static const struct {
		const char *from, *envelope, *reply;
		bool from_differs, reply_differs;
	} rows[] = { { "kumo.shop", "x@kumo.shop", "x@kumo.shop", false, false },
		{ "a.kumo.shop", "x@b.kumo.shop", "", false, false },
		{ "kumo.shop", "x@kaze.shop", "x@KUMO.shop", true, false },
		{ "kumo.shop", "", "x@kaze.shop", false, true },
		{ "kumo.shop", "MAILER-DAEMON", "<>", false, false } };
	struct desk *desk = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		desk_clear(desk);
		struct sl_message *m = &desk->mail.message;
		m->from_domain = sl_span_str(rows[i].from);
		m->return_path = sl_span_str(rows[i].envelope);
		m->reply_to = sl_span_str(rows[i].reply);
		desk_run(desk, &sl_stage_domain);
		assert_int_equal(
			(m->flags & SL_BIT(SL_MSG_FROM_MISMATCH)) != 0, rows[i].from_differs);
		assert_int_equal(
			(m->flags & SL_BIT(SL_MSG_REPLY_MISMATCH)) != 0, rows[i].reply_differs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(registered_domains),
		cmocka_unit_test(known_endings), cmocka_unit_test(list_of_the_user),
		cmocka_unit_test(every_host_gets_its_domain), cmocka_unit_test(mismatches) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
