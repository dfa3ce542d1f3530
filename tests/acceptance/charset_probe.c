/* SPDX-License-Identifier: Apache-2.0 */
/* Runs charset.jsonl of a vector folder through charset.h and words.h.
 *
 *     charset_probe FOLDER > got.ndjson      then score_vectors.py FOLDER/charset.jsonl got.ndjson
 *
 * Prints {"id","got"} lines. Exit 77 when there are no vectors.
 */
#include "pipeline/base/json.h"
#include "pipeline/base/json_read.h"
#include "stages/parse/words.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_SKIPPED = 77, ANSWER_MAX = 1 << 20 };

static struct sl_span from_hex(struct sl_arena *arena, struct sl_span hex)
{
	char *bytes = sl_arena_alloc(arena, hex.n / 2 + 1);
	for (size_t i = 0; i + 1 < hex.n; i += 2)
		bytes[i / 2] = (char)(sl_hex_value(hex.p[i]) << 4 | sl_hex_value(hex.p[i + 1]));
	return sl_span_of(bytes, hex.n / 2);
}

static struct sl_span answer(
	struct sl_charset *charset, struct sl_arena *arena, const struct sl_jsonin *row)
{
	struct sl_span bytes = from_hex(arena, sl_jsonin_text(sl_jsonin_member(row, "bytes")));
	uint64_t flags = 0;
	if (sl_span_eq(sl_jsonin_text(sl_jsonin_member(row, "kind")), SL_SPAN("header")))
		return sl_words_decode(charset, arena, bytes, &flags);
	struct sl_span label = sl_jsonin_text(sl_jsonin_member(row, "declared"));
	return sl_charset_decode(charset, arena, label, bytes, false).text;
}

static void print_answer(struct sl_span id, struct sl_span got)
{
	struct sl_buf out = sl_buf_make(ANSWER_MAX);
	struct sl_json json = sl_json_make(&out);
	sl_json_object(&json);
	sl_json_key(&json, "id");
	sl_json_text(&json, id);
	sl_json_key(&json, "got");
	sl_json_text(&json, got);
	sl_json_object_end(&json);
	sl_json_line(&json);
	fwrite(out.p, 1, out.n, stdout);
	sl_buf_free(&out);
}

static void answer_all(FILE *rows)
{
	struct sl_charset *charset = sl_charset_new();
	struct sl_arena *arena = sl_arena_new(0);
	char *line = NULL;
	size_t room = 0;
	for (ssize_t n; (n = getline(&line, &room, rows)) > 0; sl_arena_reset(arena)) {
		struct sl_jsonin *row = sl_jsonin_parse(sl_span_of(line, (size_t)n));
		if (row)
			print_answer(sl_jsonin_text(sl_jsonin_member(row, "id")),
				answer(charset, arena, row));
		sl_jsonin_free(&row);
	}
	free(line);
	sl_arena_free(&arena);
	sl_charset_free(&charset);
}

int main(int argc, char **argv)
{
	char path[4096];
	if (argc != 2)
		return SL_EXIT_USAGE;
	snprintf(path, sizeof(path), "%s/charset.jsonl", argv[1]);
	FILE *rows = fopen(path, "r");
	if (!rows)
		return EXIT_SKIPPED;
	answer_all(rows);
	fclose(rows);
	return 0;
}
