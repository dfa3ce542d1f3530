/* SPDX-License-Identifier: Apache-2.0 */
/* Which bodies have one key: those that differ in nothing but the names of their boundaries, where
 * these are mere names. Equal keys must mean equal contents. */
#include "check.h"
#include "pipeline/mill.h"
#include "storage/codec.h"

struct room {
	struct sl_config config;
	struct sl_tables *tables;
	struct sl_mill *mill;
	struct sl_arena *arena;
};

#define TYPE(name) "Content-Type: multipart/alternative; boundary=\"" name "\"\n"
#define TEXT(name) "--" name "\nContent-Type: text/plain\n\nhello, see http://a.example/x\n"
#define HTML(name) "--" name "\nContent-Type: text/html\n\n<a href=http://b.example/y>go</a>\n"
#define END(name) "--" name "--\n"
#define WHOLE(name) TYPE(name) "\n" TEXT(name) HTML(name) END(name)
#define NESTED(outer, inner)                                                                       \
	"Content-Type: multipart/mixed;\n boundary=\"" outer "\"\n\n--" outer                      \
	"\n" TYPE(inner) "\n" TEXT(inner) HTML(inner)                                              \
		END(inner) "--" outer                                                              \
			   "\nContent-Type: application/pdf; name=a.pdf\n\nx\n" END(outer)
#define QUOTING(outer, inner)                                                                      \
	"Content-Type: multipart/mixed;\n boundary=\"" outer "\"\n\n--" outer                      \
	"\n" TYPE(inner) "\n" TEXT(inner) END(inner) "--" outer "\n\n--" inner                     \
						     "\nwords\n" END(outer)

static const struct {
	const char *label, *one, *other;
	bool same;
} rows[] = {
	{ "another name", WHOLE("----=_Part_0001"), WHOLE("----=_Part_9zXy"), true },
	{ "headers do not count", "Subject: 1\n" WHOLE("abcdefgh"),
		"Subject: 2\nTo: b@trap.example\n" WHOLE("ijklmnop"), true },
	{ "nested", NESTED("outer-1", "inner-1"), NESTED("outer_9", "inner+9"), true },
	{ "nested, names changed round", NESTED("name-1", "name-2"), NESTED("name-2", "name-1"),
		true },
	{ "nested, one name for both", NESTED("name-1", "name-1"), NESTED("name-1", "name-2"),
		false },
	{ "a longer name", WHOLE("abcdefgh"), WHOLE("abcdefghi"), false },
	{ "other text", TYPE("abcdef") "\n" TEXT("abcdef") END("abcdef"),
		TYPE("abcdef") "\n" HTML("abcdef") END("abcdef"), false },
	{ "the closing line is missing", WHOLE("abcdef"),
		TYPE("abcdef") "\n" TEXT("abcdef") HTML("abcdef"), false },
	{ "the name in the text", TYPE("abcdef") "\n" TEXT("abcdef") "abcdef\n" END("abcdef"),
		TYPE("ghijkl") "\n" TEXT("ghijkl") "ghijkl\n" END("ghijkl"), false },
	{ "a line of the other's name",
		TYPE("abcdef") "\n" TEXT("abcdef") "--ghijkl\n" END("abcdef"),
		TYPE("ghijkl") "\n" TEXT("ghijkl") "--ghijkl\n" END("ghijkl"), false },
	{ "a link as a name", WHOLE("http://a.example"), WHOLE("http://b.example"), false },
	{ "an address as a name", WHOLE("abc@def.example"), WHOLE("abd@def.example"), false },
	{ "a bare host as a name", WHOLE("www.a.example"), WHOLE("www.b.example"), false },
	{ "an escape in the name", WHOLE("abc=40def"), WHOLE("abc=41def"), false },
	{ "ends as a closing line does", WHOLE("abcdef--"), WHOLE("abcdeg--"), false },
	{ "words that the copy for GMime misspells", WHOLE("messagA1"), WHOLE("message1"), false },
	{ "no token, no quotes",
		"Content-Type: multipart/mixed; boundary=ab=_cd\n\n--ab=_cd\n\nx\n",
		"Content-Type: multipart/mixed; boundary=abz_cd\n\n--abz_cd\n\nx\n", false },
	{ "a folded parameter",
		"Content-Type: multipart/mixed; boundary\n =\"abcdef\"\n\n"
		"--abcdef\n\nx\n--abcdef--\n",
		"Content-Type: multipart/mixed; boundary\n "
		"=\"ghijkl\"\n\n--ghijkl\n\nx\n--ghijkl--\n",
		false },
	{ "a name that is folded",
		"Content-Type: multipart/mixed; boundary=\"abcd\n efgh\"\n\n--abcd efgh\n\nx\n",
		"Content-Type: multipart/mixed; boundary=\"ijkl\n efgh\"\n\n--ijkl efgh\n\nx\n",
		false },
	{ "two types", TYPE("abcdef") WHOLE("abcdef"), TYPE("ghijkl") WHOLE("ghijkl"), false },
	{ "a link before the parts", TYPE("abcdef") "\nhttp://c.example/\n" TEXT("abcdef"),
		TYPE("ghijkl") "\nhttp://c.example/\n" TEXT("ghijkl"), false },
	{ "words before the parts", TYPE("abcdef") "\nmade of parts\n" TEXT("abcdef"),
		TYPE("ghijkl") "\nmade of parts\n" TEXT("ghijkl"), true },
	{ "no such line in the body", TYPE("abcdef") "\nwords\n", TYPE("ghijkl") "\nwords\n",
		false },
	{ "an inner name as text of a leaf", QUOTING("outer-1", "inner-1"),
		QUOTING("outer-1", "inner-2"), false },
};

static struct sl_result result_of(struct room *room, const char *raw_mail)
{
	struct sl_buf results = sl_buf_make(1 << 20);
	struct sl_result result;
	struct sl_raw raw = { .bytes = sl_span_str(raw_mail),
		.from_time = SL_TIME_NONE,
		.member_time = SL_TIME_NONE };
	sl_mill_message(room->mill, SL_MILL_FULL, &raw, 0, &results);
	struct sl_span rest = sl_arena_copy(room->arena, sl_buf_span(&results));
	assert_true(sl_result_decode(&rest, room->arena, &result));
	sl_buf_free(&results);
	return result;
}

static bool equal_contents(const struct sl_content *a, const struct sl_content *b)
{
	struct sl_buf x = sl_buf_make(1 << 20), y = sl_buf_make(1 << 20);
	sl_content_encode(&x, a);
	sl_content_encode(&y, b);
	bool equal = sl_span_eq(sl_buf_span(&x), sl_buf_span(&y));
	sl_buf_free(&x);
	sl_buf_free(&y);
	return equal;
}

static void keys(void **state)
{
	struct room *room = *state;
	for (size_t i = 0; i < SL_LEN(rows); i++) {
		struct sl_result one = result_of(room, rows[i].one);
		struct sl_result other = result_of(room, rows[i].other);
		if (sl_id_eq(&one.content.key, &other.content.key) != rows[i].same)
			fail_msg("%s: the keys are %s", rows[i].label,
				rows[i].same ? "not the same" : "the same");
		if (rows[i].same && !equal_contents(&one.content, &other.content))
			fail_msg("%s: equal keys, other contents", rows[i].label);
	}
}

/* What names all bytes begins otherwise than what leaves names out: a body that holds the very
 * bytes that are hashed for another one has another key. */
static void no_body_stands_for_a_renamed_one(void **state)
{
	struct room *room = *state;
	struct sl_result one = result_of(room, "Content-Type: multipart/mixed; boundary=abcd\n\n"
					       "--abcd\n\nx\n--abcd--\n");
	struct sl_result bare =
		result_of(room, "Content-Type: multipart/mixed; boundary=\n\n--\n\nx\n----\n");
	assert_false(sl_id_eq(&one.content.key, &bare.content.key));
}

static void another_secret_makes_other_keys(void **state)
{
	struct room *room = *state;
	static const struct sl_secret other = { { 2 } };
	struct sl_result one = result_of(room, WHOLE("abcdef"));
	sl_mill_free(&room->mill);
	room->mill = sl_mill_new(&room->config, room->tables, &other);
	struct sl_result two = result_of(room, WHOLE("abcdef"));
	assert_false(sl_id_eq(&one.content.key, &two.content.key));
}

static int set_up(void **state)
{
	static struct room room;
	static const struct sl_secret secret = { { 1 } };
	struct sl_err err = { .exit_code = SL_EXIT_CLEAN };
	room = (struct room){ .arena = sl_arena_new(0) };
	sl_limits_default(&room.config.limits);
	if (sl_tables_load(&room.config, &room.tables, &err) != SL_OK)
		fail_msg("%s", err.text);
	room.mill = sl_mill_new(&room.config, room.tables, &secret);
	*state = &room;
	return 0;
}

static int tear_down(void **state)
{
	struct room *room = *state;
	sl_mill_free(&room->mill);
	sl_tables_free(&room->tables);
	sl_arena_free(&room->arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			no_body_stands_for_a_renamed_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_secret_makes_other_keys, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
