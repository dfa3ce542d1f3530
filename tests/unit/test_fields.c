/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include "pipeline/fields.h"
#include "stages/feed/row_lines.h"
#include "stages/feed/tally.h"

#include <stdlib.h>

static char *read_formats(void)
{
	FILE *file = fopen(SL_TEST_DATA "/../../docs/FORMATS.md", "r");
	assert_non_null(file);
	char *text = sl_calloc(1, 1 << 20);
	size_t n = fread(text, 1, (1 << 20) - 1, file);
	assert_true(n > 0 && n < (1 << 20) - 1);
	fclose(file);
	return text;
}

static void the_page_says_what_the_rows_say(void **state)
{
	(void)state;
	struct sl_buf list = sl_buf_make(1 << 20);
	char *page = read_formats();
	sl_fields_list(&list);
	if (!strstr(page, list.p))
		fail_msg("docs/FORMATS.md is not what --list-fields prints");
	free(page);
	sl_buf_free(&list);
}

/* The binding column orders of the design. */
static const char indicators[] =
	"first_seen,last_seen,kind,value,defanged,roles,messages,campaigns,actionable,confidence,"
	"expires,why,asn,as_name,country,registrar,registered,resolves_to,listed_by,campaign_ids";
static const char messages[] =
	"schema,id,sha256,parent,origin,sightings,date,received,subject,from,return_path,reply_to,"
	"origin_ip,relays,auth,language,brand,variant,campaign,attachments,flags,indicators";
static const char campaigns[] =
	"schema,id,aliases,name,status,brand,pretext,languages,first_seen,last_seen,waves,messages,"
	"variants,traps,confidence,subjects,senders,origin_ips,urls,domains,attachments,exemplar,"
	"template,evidence,related,lineage,verdict";

static const struct sl_field_table *table_of(const char *name)
{
	for (size_t i = 0; sl_field_tables[i]; i++) {
		if (strcmp(sl_field_tables[i]->name, name) == 0)
			return sl_field_tables[i];
	}
	fail_msg("no table %s", name);
	return NULL;
}

static void check_order(const char *name, const char *want, bool csv)
{
	const struct sl_field_table *table = table_of(name);
	assert_non_null(table);
	if (!table)
		return; /* for the compiler: cmocka's jump is not known to it */
	struct sl_buf got = sl_buf_make(10000);
	for (size_t i = 0; i < table->n_rows; i++) {
		const struct sl_field_row *row = &table->rows[i];
		if (csv ? !row->get : !row->get && !row->nested)
			continue;
		if (got.n)
			sl_buf_char(&got, ',');
		sl_buf_str(&got, row->name);
	}
	/* more may stand behind, nothing in between */
	if (!sl_span_starts(sl_buf_span(&got), sl_span_str(want)))
		fail_msg("%s: got %s", name, got.p);
	sl_buf_free(&got);
}

static void the_order_is_the_design_s(void **state)
{
	(void)state;
	check_order("indicators", indicators, true);
	check_order("messages", messages, false);
	check_order("campaigns", campaigns, false);
}

static void rows_are_well_formed(void **state)
{
	(void)state;
	for (size_t t = 0; sl_field_tables[t]; t++) {
		const struct sl_field_table *table = sl_field_tables[t];
		for (size_t i = 0; i < table->n_rows; i++) {
			const struct sl_field_row *row = &table->rows[i];
			assert_true(row->since >= 1 && row->since <= SL_OUTPUT_SCHEMA);
			assert_null(strchr(row->help, '|'));
			assert_true(
				table->csv || row->get || row->nested || strchr(row->name, '.'));
			for (size_t k = 0; k < i; k++)
				assert_string_not_equal(row->name, table->rows[k].name);
		}
	}
}

static void get_given(const void *thing, struct sl_arena *arena, struct sl_value *value_r)
{
	(void)arena;
	*value_r = *(const struct sl_value *)thing;
}

static const struct sl_field_row given_rows[] = { { "given", "list", 1, "", get_given, NULL } };
static const struct sl_field_table given = { "given", "", true, given_rows, 1 };

static void check_cell(struct sl_value value, const char *want)
{
	struct sl_buf to = sl_buf_make(1 << 20);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_row_lines *lines = sl_row_lines_new(&given);
	sl_row_lines_add(lines, &value, arena, &to, NULL);
	CHECK_SPAN(sl_buf_span(&to), want);
	sl_row_lines_free(&lines);
	sl_arena_free(&arena);
	sl_buf_free(&to);
}

/* The first value of a list may be an address. */
static void lists_are_no_formulas(void **state)
{
	(void)state;
	const struct sl_span items[] = { SL_SPAN("=a@b.example"), SL_SPAN("+c@b.example") };
	check_cell(sl_value_list(items, 2), "\"'=a@b.example +c@b.example\"\n");
	check_cell(sl_value_list(items, 0), "\"\"\n");
}

/* A cell holds 64 KB and whole values; Python's reader takes 128 KB. */
static void lists_are_cut(void **state)
{
	enum { EACH = 8192, MOST = SL_CELL_BYTES / EACH };
	(void)state;
	struct sl_span items[MOST + 2];
	char *text = sl_calloc(1, EACH), *want = sl_calloc(1, SL_CELL_BYTES + 16);
	memset(text, 'x', EACH);
	/* with the blanks in between one fewer fits, or as many when one is that much shorter */
	for (size_t shorter = 0; shorter < MOST; shorter++) {
		size_t fit = MOST - (shorter < MOST - 1), n = 0;
		for (size_t i = 0; i < SL_LEN(items); i++)
			items[i] = sl_span_of(text, EACH - (i ? 0 : shorter));
		want[n++] = '"';
		for (size_t i = 0; i < fit; i++) {
			if (i)
				want[n++] = ' ';
			memset(want + n, 'x', items[i].n);
			n += items[i].n;
		}
		snprintf(want + n, 3, "\"\n");
		check_cell(sl_value_list(items, SL_LEN(items)), want);
	}
	free(text);
	free(want);
}

/* One value of each kind in a CSV and a JSON line; what was said of a time is remembered. */
static void a_value_goes_into_both_files(void **state)
{
	(void)state;
	const struct sl_span items[] = { SL_SPAN("a"), SL_SPAN("b\"<!") };
	const struct {
		struct sl_value value;
		const char *csv, *json;
	} cases[] = {
		{ sl_value_text(SL_SPAN_NULL), "\"\"", "null" },
		{ sl_value_name("link"), "\"link\"", "\"link\"" },
		{ sl_value_text(SL_SPAN("a\\b")), "\"a\\b\"", "\"a\\\\b\"" },
		{ sl_value_text(SL_SPAN("a\"b\nc")), "\"a\"\"b c\"", "\"a\\\"b\\nc\"" },
		{ sl_value_text(SL_SPAN("=a")), "\"=a\"", "\"=a\"" },
		{ sl_value_free_text(SL_SPAN("=a")), "\"'=a\"", "\"=a\"" },
		{ sl_value_free_text(SL_SPAN_NULL), "\"\"", "\"\"" },
		{ sl_value_free_text(SL_SPAN("a</b")), "\"a</b\"", "\"a\\u003c/b\"" },
		{ sl_value_number(0), "\"0\"", "0" },
		{ sl_value_number(UINT64_MAX), "\"18446744073709551615\"", "18446744073709551615" },
		{ { .type = SL_VALUE_BOOL, .yes = true }, "\"true\"", "true" },
		{ sl_value_time(0), "\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"" },
		{ sl_value_time(86400), "\"1970-01-02T00:00:00Z\"", "\"1970-01-02T00:00:00Z\"" },
		{ sl_value_time(0), "\"1970-01-01T00:00:00Z\"", "\"1970-01-01T00:00:00Z\"" },
		{ sl_value_time(SL_TIME_NONE), "\"\"", "null" },
		{ sl_value_list(items, 0), "\"\"", "[]" },
		{ sl_value_list(items, 2), "\"a b\"\"<!\"", "[\"a\",\"b\\\"\\u003c!\"]" },
	};
	struct sl_buf csv = sl_buf_make(1000), json = sl_buf_make(1000), want = sl_buf_make(1000);
	struct sl_arena *arena = sl_arena_new(0);
	struct sl_row_lines *lines = sl_row_lines_new(&given);
	for (size_t i = 0; i < SL_LEN(cases); i++) {
		sl_buf_reset(&csv);
		sl_buf_reset(&json);
		sl_row_lines_add(lines, &cases[i].value, arena, &csv, &json);
		sl_buf_reset(&want);
		sl_buf_printf(&want, "%s\n{\"given\":%s}\n", cases[i].csv, cases[i].json);
		sl_buf_add(&csv, sl_buf_span(&json));
		CHECK_SPAN(sl_buf_span(&csv), want.p);
	}
	sl_row_lines_free(&lines);
	sl_arena_free(&arena);
	sl_buf_free(&csv);
	sl_buf_free(&json);
	sl_buf_free(&want);
}

static void roles_come_by_name(void **state)
{
	(void)state;
	size_t n;
	struct sl_arena *arena = sl_arena_new(0);
	const struct sl_span *names = sl_role_names(arena, (UINT32_C(1) << SL_ROLES) - 1, &n);
	assert_int_equal(n, SL_ROLES);
	for (size_t i = 1; i < n; i++)
		assert_true(sl_span_cmp(names[i - 1], names[i]) < 0);
	names = sl_role_names(arena, UINT32_C(1) << SL_ROLE_QR | UINT32_C(1) << SL_ROLE_LINK, &n);
	assert_int_equal(n, 2);
	CHECK_SPAN(names[0], "link");
	CHECK_SPAN(names[1], "qr");
	sl_arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_says_what_the_rows_say),
		cmocka_unit_test(lists_are_no_formulas),
		cmocka_unit_test(lists_are_cut),
		cmocka_unit_test(a_value_goes_into_both_files),
		cmocka_unit_test(the_order_is_the_design_s),
		cmocka_unit_test(rows_are_well_formed),
		cmocka_unit_test(roles_come_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
