/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/policy.h"

static struct sl_tables *tables;
static const struct sl_config config;

static int setup(void **state)
{
	static const char *own[] = { "mine.cc" };
	static const char *traps[] = { "@trap.cc" };
	static struct sl_config with = { .own = { own, 1 }, .trap_addresses = { traps, 1 } };
	struct sl_err err = { 0 };
	(void)state;
	return sl_tables_load(&with, &tables, &err) == SL_OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	sl_tables_free(&tables);
	return 0;
}

static struct sl_policy_answer judge(enum sl_kind kind, enum sl_role role, const char *value,
	const char *host, const char *domain, const struct sl_policy_facts *facts)
{
	struct sl_indicator i = { .kind = kind,
		.role = role,
		.value = sl_span_str(value),
		.host = sl_span_str(host),
		.domain = sl_span_str(domain) };
	struct sl_policy_answer answer;
	sl_policy_judge(tables, &config, &i, facts, &answer);
	return answer;
}

#define URL(role, host, domain)                                                                    \
	{                                                                                          \
		SL_KIND_URL, SL_ROLE_##role, "http://" host "/x", host, domain                     \
	}
#define NAME(kind, role, host, domain)                                                             \
	{                                                                                          \
		SL_KIND_##kind, SL_ROLE_##role, SL_KIND_##kind == SL_KIND_HOST ? host : domain,    \
			host, domain                                                               \
	}

static void test_rules(void **state)
{
	static const struct {
		struct {
			enum sl_kind kind;
			enum sl_role role;
			const char *value, *host, *domain;
		} in;
		bool actionable;
		const char *why;
	} rows[] = {
		{ URL(LINK, "a.evil.top", "evil.top"), true, "lure-link" },
		{ URL(FORM, "a.evil.top", "evil.top"), true, "lure-form" },
		{ URL(TARGET, "a.evil.top", "evil.top"), true, "lure-target" },
		{ URL(QR, "a.evil.top", "evil.top"), true, "lure-qr" },
		{ URL(IMAGE, "a.evil.top", "evil.top"), false, "image" },
		{ URL(WRAPPER, "www.google.com", "google.com"), false, "wrapper" },
		{ URL(OPAQUE, "bit.ly", "bit.ly"), true, "shortener" },
		{ URL(LINK, "bit.ly", "bit.ly"), true, "shortener" },
		{ URL(OPAQUE, "u1.ct.sendgrid.net", "sendgrid.net"), false, "tracker" },
		{ URL(OPAQUE, "go.evil.top", "evil.top"), true, "opaque-link" },
		{ URL(LINK, "www.amazon.co.jp", "amazon.co.jp"), false, "brand" },
		{ URL(LINK, "ja.wikipedia.org", "wikipedia.org"), false, "good" },
		{ URL(LINK, "docs.google.com", "google.com"), true, "shared-hosting" },
		{ URL(LINK, "x.web.app", "x.web.app"), true, "shared-hosting" },
		{ URL(LINK, "www.w3.org", "w3.org"), false, "namespace" },
		{ URL(LINK, "a.trap.cc", "trap.cc"), false, "trap" },
		{ URL(LINK, "a.mine.cc", "mine.cc"), false, "own" },
		{ URL(LINK, "a.example.com", "example.com"), false, "reserved" },
		{ URL(DISPLAY, "a.evil.top", "evil.top"), false, "role" },
		{ URL(UNSUBSCRIBE, "a.evil.top", "evil.top"), false, "role" },
		{ URL(MENTION, "a.evil.top", "evil.top"), false, "role" },
		{ NAME(HOST, LINK, "a.evil.top", "evil.top"), true, "lure-link" },
		{ NAME(DOMAIN, LINK, "a.evil.top", "evil.top"), true, "lure-link" },
		{ NAME(HOST, SENDER, "a.evil.top", "evil.top"), false, "header" },
		{ NAME(HOST, OPAQUE, "go.evil.top", "evil.top"), false, "opaque-link" },
		{ NAME(HOST, LINK, "x.web.app", "x.web.app"), true, "customer-host" },
		{ NAME(DOMAIN, LINK, "x.web.app", "x.web.app"), true, "customer-host" },
		{ NAME(HOST, LINK, "docs.google.com", "google.com"), false, "shared-hosting" },
		{ NAME(DOMAIN, LINK, "docs.google.com", "google.com"), false, "brand" },
		{ NAME(DOMAIN, LINK, "b.s3.amazonaws.com", "amazonaws.com"), false,
			"shared-hosting" },
		{ NAME(HOST, LINK, "www.town.sp.gov.br", "town.sp.gov.br"), false,
			"shared-hosting" },
		{ URL(LINK, "www.town.sp.gov.br", "town.sp.gov.br"), true, "shared-hosting" },
		{ NAME(HOST, LINK, "bit.ly", "bit.ly"), false, "shortener" },
		{ NAME(HOST, LINK, "qz.to", "qz.to"), false, "short-name" },
		{ NAME(DOMAIN, LINK, "qz.to", "qz.to"), false, "short-name" },
		{ NAME(HOST, LINK, "www.qz.to", "qz.to"), true, "lure-link" },
		{ URL(LINK, "qz.to", "qz.to"), true, "lure-link" },
		{ NAME(DOMAIN, LINK, "u.ct.sendgrid.net", "sendgrid.net"), false, "tracker" },
		{ NAME(HOST, LINK, "l.facebook.com", "facebook.com"), false, "brand" },
		{ { SL_KIND_IPV4, SL_ROLE_LINK, "45.143.138.29", "45.143.138.29", "" }, true,
			"lure-link" },
		{ { SL_KIND_IPV4, SL_ROLE_SENDING_IP, "45.143.138.29", "", "" }, false,
			"few-sightings" },
		{ { SL_KIND_IPV4, SL_ROLE_SENDING_IP, "209.85.220.41", "", "" }, false, "relay" },
		{ { SL_KIND_IPV4, SL_ROLE_MENTION, "45.143.138.29", "", "" }, false, "role" },
		{ { SL_KIND_BTC, SL_ROLE_MENTION, "1abc", "", "" }, true, "wallet" },
		{ { SL_KIND_PHONE, SL_ROLE_MENTION, "+81312345678", "", "" }, false, "phone" },
		{ { SL_KIND_EMAIL, SL_ROLE_SENDER, "a@evil.top", "evil.top", "" }, false,
			"header" },
		{ { SL_KIND_EMAIL, SL_ROLE_REPLY_TO, "a@gmail.com", "gmail.com", "" }, false,
			"few-sightings" },
		{ { SL_KIND_SHA256, SL_ROLE_ATTACHMENT, "00ff", "", "" }, true, "attachment" },
		{ { SL_KIND_SHA256, SL_ROLE_ATTACHMENT,
			  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "",
			  "" },
			false, "reserved" },
	};
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_policy_answer got = judge(rows[i].in.kind, rows[i].in.role,
			rows[i].in.value, rows[i].in.host, rows[i].in.domain, NULL);
		if (got.actionable != rows[i].actionable || strcmp(got.why, rows[i].why) != 0)
			fail_msg("row %zu %s: got %d %s", i, rows[i].in.value, got.actionable,
				got.why);
		assert_int_equal(got.confidence > 0, got.actionable);
	}
}

static void test_facts(void **state)
{
	struct sl_policy_facts facts = { .roles = UINT32_C(1) << SL_ROLE_SENDING_IP,
		.messages = 3,
		.campaigns = 1,
		.last_seen = 1000000 };
	(void)state;
	struct sl_policy_answer got =
		judge(SL_KIND_IPV4, SL_ROLE_SENDING_IP, "45.143.138.29", "", "", &facts);
	assert_true(got.actionable);
	assert_string_equal(got.why, "sending-ip");
	assert_int_equal(got.expires, 1000000 + 7 * 86400);
	unsigned before = got.confidence;
	facts.listed = 3;
	got = judge(SL_KIND_IPV4, SL_ROLE_SENDING_IP, "45.143.138.29", "", "", &facts);
	assert_int_equal(got.confidence, before + 20);
	facts.genuine_only = true;
	got = judge(SL_KIND_IPV4, SL_ROLE_SENDING_IP, "45.143.138.29", "", "", &facts);
	assert_false(got.actionable);
	assert_string_equal(got.why, "genuine");
	facts = (struct sl_policy_facts){ .roles = UINT32_C(1) << SL_ROLE_REPLY_TO,
		.messages = 5,
		.campaigns = 1,
		.last_seen = SL_TIME_NONE };
	got = judge(SL_KIND_EMAIL, SL_ROLE_REPLY_TO, "a@gmail.com", "", "", &facts);
	assert_true(got.actionable);
	assert_int_equal(got.expires, SL_TIME_NONE);
	facts.file_type = SL_SPAN("image/png");
	got = judge(SL_KIND_SHA256, SL_ROLE_ATTACHMENT, "00ff", "", "", &facts);
	assert_false(got.actionable);
}

/* Seen as a link once and as an image once: the link counts. */
static void test_roles_unite(void **state)
{
	struct sl_policy_facts facts = { .roles = (UINT32_C(1) << SL_ROLE_IMAGE) |
						  (UINT32_C(1) << SL_ROLE_LINK),
		.messages = 2,
		.campaigns = 1,
		.last_seen = SL_TIME_NONE };
	(void)state;
	assert_true(
		judge(SL_KIND_HOST, SL_ROLE_IMAGE, "a.evil.top", "a.evil.top", "evil.top", &facts)
			.actionable);
}

static void test_lookalike_is_surer(void **state)
{
	(void)state;
	unsigned plain =
		judge(SL_KIND_HOST, SL_ROLE_LINK, "a.evil.top", "a.evil.top", "evil.top", NULL)
			.confidence;
	unsigned like = judge(SL_KIND_HOST, SL_ROLE_LINK, "amaezon.evil.top", "amaezon.evil.top",
		"evil.top", NULL)
				.confidence;
	assert_int_equal(like, plain + 15);
}

static void test_defang(void **state)
{
	static const struct {
		enum sl_kind kind;
		const char *in, *out;
	} rows[] = {
		{ SL_KIND_URL, "http://a.b.top/x.y?z=1.2", "hxxp://a[.]b[.]top/x.y?z=1.2" },
		{ SL_KIND_URL, "https://u.v:p@a.b/", "hxxps://u.v:p@a[.]b/" },
		{ SL_KIND_URL, "HTTP://A.B", "HxxP://A[.]B" },
		{ SL_KIND_URL, "ftp://a.b/", "ftp://a[.]b/" },
		{ SL_KIND_URL, "http://[2001:db8::1]/", "hxxp://[2001:db8::1]/" },
		{ SL_KIND_URL, "", "" },
		{ SL_KIND_HOST, "a.b", "a[.]b" },
		{ SL_KIND_EMAIL, "x.y@a.b", "x[.]y[@]a[.]b" },
		{ SL_KIND_IPV4, "1.2.3.4", "1[.]2[.]3[.]4" },
		{ SL_KIND_IPV6, "2a0d::1", "2a0d[:][:]1" },
		{ SL_KIND_BTC, "1abc.", "1abc." },
	};
	struct sl_arena *arena = sl_arena_new(0);
	(void)state;
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(
			sl_defang(arena, rows[i].kind, sl_span_str(rows[i].in)), rows[i].out, i);
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_facts),
		cmocka_unit_test(test_roles_unite),
		cmocka_unit_test(test_lookalike_is_surer),
		cmocka_unit_test(test_defang),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
