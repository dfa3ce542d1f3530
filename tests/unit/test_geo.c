/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/lookup.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A MaxMind DB with one network, 198.51.100.0/24, and one record, which the test writes. */
struct maker {
	unsigned char bytes[4096];
	size_t n;
};

static void add(struct maker *m, const void *bytes, size_t n)
{
	assert_true(m->n + n <= sizeof(m->bytes));
	memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

static void add_byte(struct maker *m, unsigned byte)
{
	unsigned char c = (unsigned char)byte;
	add(m, &c, 1);
}

static void add_text(struct maker *m, const char *text)
{
	assert_true(strlen(text) < 29);
	add_byte(m, 2u << 5 | (unsigned)strlen(text));
	add(m, text, strlen(text));
}

static void add_map(struct maker *m, unsigned pairs)
{
	add_byte(m, 7u << 5 | pairs);
}

static void add_number(struct maker *m, uint32_t value)
{
	add_byte(m, 6u << 5 | 4);
	for (int shift = 24; shift >= 0; shift -= 8)
		add_byte(m, value >> shift & 0xff);
}

static void add_node(struct maker *m, uint32_t left, uint32_t right)
{
	for (int shift = 16; shift >= 0; shift -= 8)
		add_byte(m, left >> shift & 0xff);
	for (int shift = 16; shift >= 0; shift -= 8)
		add_byte(m, right >> shift & 0xff);
}

enum { NODES = 24 };

static void add_tree(struct maker *m)
{
	static const uint32_t network = 0xc6336400; /* 198.51.100.0 */
	for (uint32_t i = 0; i < NODES; i++) {
		uint32_t next = i + 1 < NODES ? i + 1 : NODES + 16;
		bool right = network >> (31 - i) & 1;
		add_node(m, right ? NODES : next, right ? next : NODES);
	}
	for (int i = 0; i < 16; i++)
		add_byte(m, 0);
}

static void add_metadata(struct maker *m, const char *type)
{
	add(m, "\xab\xcd\xefMaxMind.com", 14);
	add_map(m, 9);
	add_text(m, "node_count");
	add_number(m, NODES);
	add_text(m, "record_size");
	add(m, "\xa1\x18", 2);
	add_text(m, "ip_version");
	add(m, "\xa1\x04", 2);
	add_text(m, "languages");
	add(m, "\x00\x04", 2);
	add_text(m, "database_type");
	add_text(m, type);
	add_text(m, "binary_format_major_version");
	add(m, "\xa1\x02", 2);
	add_text(m, "description");
	add_map(m, 0);
	add_text(m, "binary_format_minor_version");
	add_byte(m, 0xa0);
	add_text(m, "build_epoch");
	add_byte(m, 4);
	add_byte(m, 2);
	add(m, "\x69\x00\x00\x00", 4); /* 2025-10-27 */
}

static struct maker flat_country(void)
{
	struct maker m = { .n = 0 };
	add_tree(&m);
	add_map(&m, 1);
	add_text(&m, "country_code");
	add_text(&m, "JP");
	add_metadata(&m, "country");
	return m;
}

static struct maker nested_country(void)
{
	struct maker m = { .n = 0 };
	add_tree(&m);
	add_map(&m, 2);
	add_text(&m, "continent");
	add_map(&m, 1);
	add_text(&m, "code");
	add_text(&m, "AS");
	add_text(&m, "country");
	add_map(&m, 1);
	add_text(&m, "iso_code");
	add_text(&m, "KR");
	add_metadata(&m, "GeoLite2-Country");
	return m;
}

static struct maker network(void)
{
	struct maker m = { .n = 0 };
	add_tree(&m);
	add_map(&m, 2);
	add_text(&m, "autonomous_system_number");
	add_number(&m, 64500);
	/* a key that stands elsewhere: a pointer to offset 62, behind the value */
	add_text(&m, "extra");
	add(&m, "\x20\x06", 2);
	add_metadata(&m, "GeoLite2-ASN");
	return m;
}

static struct maker named_network(void)
{
	struct maker m = { .n = 0 };
	add_tree(&m);
	add_map(&m, 2);
	add_text(&m, "autonomous_system_number");
	add_number(&m, 64501);
	add_byte(&m, 2u << 5 | 29);
	add_byte(&m, 1);
	add(&m, "autonomous_system_organization", 30);
	add_text(&m, "Invented Net");
	add_metadata(&m, "GeoLite2-ASN");
	return m;
}

static char folder[64];

static int set_up(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/sl-geo-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
	char command[128];
	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", folder);
	return system(command);
}

static const char *put_file(char path[128], const char *name, const void *bytes, size_t n)
{
	snprintf(path, 128, "%s/%s", folder, name);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
	return path;
}

static enum sl_rc open_files(const char **paths, size_t n, void **state_r, struct sl_err *err)
{
	struct sl_config config;
	memset(&config, 0, sizeof(config));
	config.mmdb.items = paths;
	config.mmdb.n = n;
	return sl_lookup_geo.open(&config, state_r, err);
}

static struct sl_answer ask(void *geo, const char *address, struct sl_arena *arena)
{
	struct sl_answer answer;
	enum sl_kind kind = strchr(address, ':') ? SL_KIND_IPV6 : SL_KIND_IPV4;
	sl_lookup_geo.ask(geo, kind, sl_span_str(address), 1000, arena, &answer);
	return answer;
}

static void no_file_is_no_lookup(void **state)
{
	void *geo = &geo;
	struct sl_err err;
	(void)state;
	assert_int_equal(open_files(NULL, 0, &geo, &err), SL_OK);
	assert_null(geo);
}

static void all_layouts_answer(void **state)
{
	struct maker made[3] = { named_network(), flat_country(), nested_country() };
	char paths[3][128];
	struct sl_err err = { .text = "" };
	void *geo;
	(void)state;
	const char *files[3] = { put_file(paths[0], "asn.mmdb", made[0].bytes, made[0].n),
		put_file(paths[1], "flat.mmdb", made[1].bytes, made[1].n),
		put_file(paths[2], "nested.mmdb", made[2].bytes, made[2].n) };
	if (open_files(files, 3, &geo, &err) != SL_OK)
		fail_msg("%s", err.text);
	CHECK_SPAN(sl_lookup_geo.edition(geo),
		"asn.mmdb@2025-10-27 flat.mmdb@2025-10-27 nested.mmdb@2025-10-27");
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_answer a = ask(geo, "198.51.100.7", arena);
	assert_int_equal(a.status, SL_LOOKUP_FOUND);
	CHECK_SPAN(sl_answer_get(&a, "asn"), "64501");
	CHECK_SPAN(sl_answer_get(&a, "as_name"), "Invented Net");
	CHECK_SPAN(sl_answer_get(&a, "country"), "JP");
	CHECK_SPAN(sl_answer_get(&a, "country_source"), "flat.mmdb@2025-10-27");
	CHECK_SPAN(a.source, "mmdb:asn.mmdb@2025-10-27 mmdb:flat.mmdb@2025-10-27");
	CHECK_SPAN(sl_answer_get(&a, "no such"), "");
	assert_int_equal(a.expires, 1000 + 30 * 86400);
	a = ask(geo, "192.0.2.1", arena);
	assert_int_equal(a.status, SL_LOOKUP_NOT_FOUND);
	assert_int_equal(a.n_pairs, 0);
	/* these files know IPv4 only: that is an answer */
	assert_int_equal(ask(geo, "2001:db8::1", arena).status, SL_LOOKUP_NOT_FOUND);
	static const char *const bad[] = { "", "198.51.100", "198.51.100.7.8", "x", "1:2",
		"198.51.100.7/24", "99999999999999999999999999999999999999999999999999" };
	for (size_t i = 0; i < SL_LEN(bad); i++)
		assert_int_equal(ask(geo, bad[i], arena).status, SL_LOOKUP_FAILED);
	sl_arena_free(&arena);
	sl_lookup_geo.close(geo);
}

static void the_first_file_wins(void **state)
{
	struct maker made[2] = { nested_country(), flat_country() };
	char paths[2][128];
	struct sl_err err;
	void *geo;
	(void)state;
	const char *files[2] = { put_file(paths[0], "n.mmdb", made[0].bytes, made[0].n),
		put_file(paths[1], "f.mmdb", made[1].bytes, made[1].n) };
	assert_int_equal(open_files(files, 2, &geo, &err), SL_OK);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_answer a = ask(geo, "198.51.100.255", arena);
	CHECK_SPAN(sl_answer_get(&a, "country"), "KR");
	sl_arena_free(&arena);
	sl_lookup_geo.close(geo);
}

/* Open whatever it is; when it opens, ask. False: refused with 78 and the name of the file. */
static bool survives(const void *bytes, size_t n)
{
	char path[128];
	struct sl_err err = { .text = "" };
	void *geo = NULL;
	const char *file = put_file(path, "bad.mmdb", bytes, n);
	if (open_files(&file, 1, &geo, &err) != SL_OK) {
		assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
		assert_non_null(strstr(err.text, "bad.mmdb"));
		assert_null(geo);
		return false;
	}
	struct sl_arena *arena = sl_arena_new(0);
	ask(geo, "198.51.100.7", arena);
	ask(geo, "0.0.0.0", arena);
	ask(geo, "255.255.255.255", arena);
	sl_arena_free(&arena);
	sl_lookup_geo.close(geo);
	return true;
}

static void files_cut_at_every_length(void **state)
{
	struct maker m = named_network();
	(void)state;
	for (size_t n = 0; n < m.n; n++) {
		bool open = survives(m.bytes, n);
		if (open && n < m.n - 4)
			fail_msg("opened when cut at %zu of %zu", n, m.n);
	}
	assert_true(survives(m.bytes, m.n));
}

static void every_byte_changed(void **state)
{
	static const unsigned char masks[] = { 0x01, 0x20, 0x80, 0xff };
	(void)state;
	struct maker made[2] = { named_network(), nested_country() };
	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < made[k].n; i++) {
			for (size_t j = 0; j < SL_LEN(masks); j++) {
				struct maker copy = made[k];
				copy.bytes[i] ^= masks[j];
				survives(copy.bytes, copy.n);
			}
		}
	}
}

static void other_bad_files(void **state)
{
	char path[128], noise[3000];
	struct sl_err err = { .text = "" };
	void *geo;
	uint32_t x = 1;
	(void)state;
	assert_false(survives("", 0));
	for (size_t i = 0; i < sizeof(noise); i++) {
		x = x * 1664525u + 1013904223u;
		noise[i] = (char)(x >> 24);
	}
	assert_false(survives(noise, sizeof(noise)));
	/* sound, but of no use here */
	struct maker m = { .n = 0 };
	add_tree(&m);
	add_map(&m, 1);
	add_text(&m, "colour");
	add_text(&m, "red");
	add_metadata(&m, "Colours");
	assert_false(survives(m.bytes, m.n));
	snprintf(path, sizeof(path), "%s/none.mmdb", folder);
	const char *file = path;
	assert_int_equal(open_files(&file, 1, &geo, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
	assert_non_null(strstr(err.text, "none.mmdb"));
	file = folder;
	assert_int_equal(open_files(&file, 1, &geo, &err), SL_FATAL);
	assert_int_equal(err.exit_code, SL_EXIT_CONFIG);
}

/* A value that points to itself, and maps within maps without end. */
static void loops_and_depth(void **state)
{
	(void)state;
	struct maker m = { .n = 0 };
	add_tree(&m);
	add(&m, "\x20\x00", 2);
	add_metadata(&m, "Loop");
	assert_false(survives(m.bytes, m.n));
	m.n = 0;
	add_tree(&m);
	for (int i = 0; i < 500; i++) {
		add_map(&m, 1);
		add_text(&m, "a");
	}
	add_text(&m, "end");
	add_metadata(&m, "Deep");
	assert_false(survives(m.bytes, m.n));
	m = network();
	assert_false(survives(m.bytes, m.n));
}

static void the_file_may_go_away(void **state)
{
	struct maker m = flat_country();
	char path[128];
	struct sl_err err;
	void *geo;
	(void)state;
	const char *file = put_file(path, "f.mmdb", m.bytes, m.n);
	assert_int_equal(open_files(&file, 1, &geo, &err), SL_OK);
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(unlink(path), 0);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_answer a = ask(geo, "198.51.100.7", arena);
	CHECK_SPAN(sl_answer_get(&a, "country"), "JP");
	sl_arena_free(&arena);
	sl_lookup_geo.close(geo);
}

/* The sample databases of the repository open and answer. */
static void sample_files(void **state)
{
	const char *files[2] = { SL_TEST_DATA "/sample/sample.mmdb",
		SL_TEST_DATA "/sample/sample-flat.mmdb" };
	struct sl_err err = { .text = "" };
	void *geo;
	(void)state;
	if (access(files[0], R_OK) || access(files[1], R_OK))
		skip();
	if (open_files(files, 2, &geo, &err) != SL_OK)
		fail_msg("%s", err.text);
	sl_lookup_geo.close(geo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_is_no_lookup),
		cmocka_unit_test_setup_teardown(all_layouts_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_first_file_wins, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_cut_at_every_length, set_up, tear_down),
		cmocka_unit_test_setup_teardown(every_byte_changed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_bad_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loops_and_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_file_may_go_away, set_up, tear_down),
		cmocka_unit_test(sample_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
