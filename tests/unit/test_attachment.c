/* SPDX-License-Identifier: Apache-2.0 */
#include "extract.h"

static struct sl_part *add_part(
	struct desk *desk, const char *type, const char *name, const char *bytes, bool attachment)
{
	struct sl_mail *mail = &desk->mail;
	struct sl_part *part =
		SL_ARENA_PUSH(desk->arena, mail->parts, mail->n_parts, mail->room_parts);
	*part = (struct sl_part){ .number = (uint32_t)mail->n_parts - 1,
		.type = sl_span_str(type),
		.name = sl_span_str(name),
		.attachment = attachment,
		.decoded = sl_span_str(bytes) };
	return part;
}

static void files_and_their_digests(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	add_part(desk, "text/plain", "", "hello", false);
	add_part(desk, "application/pdf", "a.pdf", "abc", true);
	add_part(desk, "image/png", "", "abc", true);
	add_part(desk, "application/zip", "empty.zip", "", true);
	add_part(desk, "message/rfc822", "", "From: x", true)->embedded_mail = true;
	add_part(desk, "multipart/mixed", "", "junk", true);
	desk_run(desk, &sl_stage_attachment);
	const struct sl_content *c = &desk->mail.content;
	assert_int_equal(c->n_attachments, 3);
	CHECK_SPAN(c->attachments[0].name, "a.pdf");
	assert_int_equal(c->attachments[0].size, 3);
	assert_int_equal(c->attachments[0].part, 1);
	assert_int_equal(c->attachments[0].md5.b[0], 0x90);
	assert_int_equal(c->attachments[0].sha1.b[0], 0xa9);
	CHECK_SPAN(desk_list(desk, SL_KIND_SHA256),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad attachment | "
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad attachment");
}

/* A type is bytes of the mail; in a record it is text, or the store would refuse the record. */
static void types_that_are_no_text(void **state)
{
	static const struct {
		const char *type, *want;
	} rows[] = {
		{ "t/\xff", "t/\xef\xbf\xbd" },
		{ "\x80\xe3\x81x", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdx" },
		{ "application/x-\xc3\xa9", "application/x-\xc3\xa9" },
		{ "", "" },
	};
	struct desk *desk = *state;
	char longest[400];
	desk_clear(desk);
	for (size_t i = 0; i < SL_LEN(rows); i++)
		add_part(desk, rows[i].type, "a", "abc", true);
	memset(longest, '\xff', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	add_part(desk, longest, longest, "abc", true);
	desk_run(desk, &sl_stage_attachment);
	const struct sl_content *c = &desk->mail.content;
	assert_int_equal(c->n_attachments, SL_LEN(rows) + 1);
	for (size_t i = 0; i < SL_LEN(rows); i++)
		CHECK_SPAN_ROW(c->attachments[i].type, rows[i].want, i);
	assert_int_equal(c->attachments[SL_LEN(rows)].type.n, 255);
	assert_int_equal(c->attachments[SL_LEN(rows)].name.n, 1023);
}

static void no_parts(void **state)
{
	struct desk *desk = *state;
	desk_clear(desk);
	desk_run(desk, &sl_stage_attachment);
	assert_int_equal(desk->mail.content.n_attachments, 0);
	assert_int_equal(desk->mail.content.n_indicators, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(files_and_their_digests),
		cmocka_unit_test(types_that_are_no_text), cmocka_unit_test(no_parts) };
	return cmocka_run_group_tests(tests, desk_set_up, desk_tear_down);
}
