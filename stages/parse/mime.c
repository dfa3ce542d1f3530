/* SPDX-License-Identifier: Apache-2.0 */
#include "mime.h"

#include "mime_memo.h"
#include "mime_rename.h"

#include <gmime/gmime.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t gmime_once = PTHREAD_ONCE_INIT;

/* GMime reads a parameter without a charset in that of the locale, which it takes from the
 * environment, and asks libc for a converter then: for UTF-8 there is always one. It must not hang
 * on who started the program; cron has no locale. */
static void open_gmime(void)
{
	static const char name[] = "LC_ALL";
	const char *now = getenv(name);
	char *before = now ? g_strdup(now) : NULL;
	int failed = setenv(name, "C.UTF-8", 1);
	g_mime_init();
	failed |= before ? setenv(name, before, 1) : unsetenv(name);
	sl_assert(failed == 0); /* for want of memory */
	g_free(before);
}

struct sl_mime {
	struct sl_mime_copy copy, spare;
	struct sl_mime_memo *memo;
};

struct sl_mime *sl_mime_new(void)
{
	int failed = pthread_once(&gmime_once, open_gmime);
	sl_assert(failed == 0);
	struct sl_mime *mime = sl_calloc(1, sizeof(*mime));
	mime->memo = sl_mime_memo_new();
	return mime;
}

void sl_mime_free(struct sl_mime **mime)
{
	if (!*mime)
		return;
	sl_mime_copy_free(&(*mime)->copy);
	sl_mime_copy_free(&(*mime)->spare);
	sl_mime_memo_free(&(*mime)->memo);
	free(*mime);
	*mime = NULL;
}

/* ---- GMime's tree, as marks in the copy ---- */

struct walk {
	struct sl_arena *arena;
	const struct sl_mime_copy *copy;
	uint64_t limit; /* of depth */
	struct sl_mime_marks marks;
	size_t room_marks;
	uint32_t alternatives;
};

/* A multipart that is being walked. */
struct level {
	GMimeMultipart *multipart;
	int next;
	uint32_t alternative;
	bool digest;
};

/* Where the header block of a part begins: -1 when it has none. */
static gint64 head_offset(GMimeObject *object)
{
	GMimeHeaderList *headers = g_mime_object_get_header_list(object);
	gint64 first = -1;
	for (int i = 0, n = g_mime_header_list_get_count(headers); i < n; i++) {
		gint64 at = g_mime_header_get_offset(g_mime_header_list_get_header_at(headers, i));
		if (at >= 0 && (first < 0 || at < first))
			first = at;
	}
	return first;
}

static bool has_field(GMimeObject *object, const char *name)
{
	GMimeHeader *header =
		g_mime_header_list_get_header(g_mime_object_get_header_list(object), name);
	return header && g_mime_header_get_offset(header) >= 0;
}

static struct sl_mime_mark *add_mark(struct walk *walk, GMimeObject *object)
{
	struct sl_mime_mark *mark =
		SL_ARENA_PUSH(walk->arena, walk->marks.items, walk->marks.n, walk->room_marks);
	gint64 head = head_offset(object);
	*mark = (struct sl_mime_mark){ .head = head, .head_end = -1, .from = -1, .to = -1 };
	if (head >= 0)
		mark->head_end = (int64_t)sl_mime_copy_head_end(walk->copy, (size_t)head);
	return mark;
}

static void add_leaf(
	struct walk *walk, GMimeObject *object, const struct level *level, uint32_t depth)
{
	struct sl_mime_mark *mark = add_mark(walk, object);
	mark->leaf = true;
	mark->depth = depth;
	mark->alternative = level->alternative;
	mark->in_digest = level->digest && !has_field(object, "Content-Type");
	if (!GMIME_IS_PART(object))
		return;
	GMimeDataWrapper *content = g_mime_part_get_content(GMIME_PART(object));
	GMimeStream *stream = content ? g_mime_data_wrapper_get_stream(content) : NULL;
	if (stream) {
		mark->from = stream->bound_start;
		mark->to = stream->bound_end;
	}
}

static struct level add_level(struct walk *walk, GMimeObject *object, uint32_t outer)
{
	GMimeContentType *type = g_mime_object_get_content_type(object);
	struct level level = { GMIME_MULTIPART(object), 0, outer, false };
	if (g_mime_content_type_is_type(type, "multipart", "alternative"))
		level.alternative = ++walk->alternatives;
	/* as the copy spells it */
	level.digest = g_mime_content_type_is_type(type, "multipart", "digesx");
	add_mark(walk, object);
	return level;
}

/* Iterative: the tree may be as deep as GMime builds it. */
static void walk_tree(struct walk *walk, GMimeObject *root)
{
	struct level *levels = sl_arena_alloc(walk->arena, (walk->limit + 1) * sizeof(*levels));
	size_t depth = 0;
	if (!GMIME_IS_MULTIPART(root) || walk->limit == 0)
		return;
	levels[depth++] = add_level(walk, root, 0);
	while (depth) {
		struct level *level = &levels[depth - 1];
		if (level->next >= g_mime_multipart_get_count(level->multipart)) {
			depth--;
			continue;
		}
		GMimeObject *child = g_mime_multipart_get_part(level->multipart, level->next++);
		if (!GMIME_IS_MULTIPART(child)) {
			add_leaf(walk, child, level, (uint32_t)depth);
		} else if (depth < walk->limit) {
			levels[depth] = add_level(walk, child, level->alternative);
			depth++;
		} else {
			walk->marks.too_deep = true;
		}
	}
}

static GMimeObject *parse(const struct sl_mime_copy *copy)
{
	/* borrowed: GMime reads the array and does not free it */
	GByteArray array = { .data = (guint8 *)copy->p, .len = (guint)copy->n };
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&array);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	g_mime_parser_set_persist_stream(parser, TRUE);
	GMimeObject *root = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return root;
}

/* What GMime reads out of the copy, now or when it came before. */
static struct sl_mime_marks marks_of(struct sl_mime *mime, struct sl_mail *mail)
{
	uint64_t limit = mail->config->limits.depth;
	const struct sl_mime_marks *known = sl_mime_memo_find(mime->memo, &mime->copy, limit);
	if (known)
		return *known;
	struct walk walk = { .arena = mail->arena, .copy = &mime->copy, .limit = limit };
	GMimeObject *root = parse(&mime->copy);
	if (root) {
		walk_tree(&walk, root);
		g_object_unref(root);
	}
	sl_mime_memo_keep(mime->memo, &mime->copy, limit, &walk.marks);
	return walk.marks;
}

/* ---- the leaves of the mail ---- */

/* One reading of the tree. */
struct reading {
	struct sl_mail *mail;
	const struct sl_mime_copy *copy;
	struct sl_mime_tree *tree;
	size_t room_leaves, room_gaps;
	size_t seen; /* offset in the body behind what leaves and headers took so far */
};

static struct sl_span body_part(const struct reading *r, size_t from, size_t to)
{
	sl_assert(from <= to && to <= r->mail->body.n);
	return sl_span_of(r->mail->body.p + from, to - from);
}

/* What lies before `from` and was not taken is a gap. */
static void take(struct reading *r, size_t from, size_t to)
{
	if (from > r->seen)
		*SL_ARENA_PUSH(r->mail->arena, r->tree->gaps, r->tree->n_gaps, r->room_gaps) =
			body_part(r, r->seen, from);
	if (to > r->seen)
		r->seen = to;
}

/* An offset of GMime as one in the body; what it cannot say is `otherwise`. */
static size_t body_offset(const struct reading *r, int64_t offset, size_t otherwise)
{
	if (offset < (int64_t)r->copy->prefix)
		return otherwise;
	size_t at = sl_mime_copy_to_body(r->copy, (size_t)offset);
	return at <= r->mail->body.n ? at : r->mail->body.n;
}

static void take_leaf(struct reading *r, const struct sl_mime_mark *mark)
{
	size_t begin = body_offset(r, mark->from, body_offset(r, mark->head_end, r->seen));
	size_t end = body_offset(r, mark->to, begin);
	size_t head = body_offset(r, mark->head, begin);
	if (end < begin || head > begin)
		return;
	take(r, head, end);
	*SL_ARENA_PUSH(r->mail->arena, r->tree->leaves, r->tree->n_leaves, r->room_leaves) =
		(struct sl_mime_leaf){ .head = body_part(r, head, begin),
			.raw = body_part(r, begin, end),
			.depth = mark->depth,
			.alternative = mark->alternative,
			.in_digest = mark->in_digest };
}

/* Read the body as a multipart of this type; the number of leaves. */
static size_t read_as(struct sl_mime *mime, struct sl_mail *mail, struct sl_span type,
	const struct sl_screen_body *allowed, struct sl_mime_tree *tree)
{
	sl_mime_copy_make(&mime->copy, type, mail->body, allowed);
	sl_mime_rename(&mime->copy, &mime->spare);
	struct reading r = { .mail = mail, .copy = &mime->copy, .tree = tree };
	tree->n_leaves = tree->n_gaps = 0;
	tree->leaves = NULL;
	tree->gaps = NULL;
	tree->flags |= allowed->flags;
	if (mail->body.n == 0 || mime->copy.n > G_MAXINT)
		return 0;
	struct sl_mime_marks marks = marks_of(mime, mail);
	for (size_t i = 0; i < marks.n; i++) {
		const struct sl_mime_mark *mark = &marks.items[i];
		if (mark->leaf)
			take_leaf(&r, mark);
		else if (mark->head >= (int64_t)r.copy->prefix)
			take(&r, body_offset(&r, mark->head, 0),
				body_offset(&r, mark->head_end, 0));
	}
	if (marks.too_deep)
		tree->flags |= SL_BIT(SL_MSG_LIMIT_DEPTH);
	take(&r, mail->body.n, mail->body.n);
	return tree->n_leaves;
}

/* A boundary that the body itself shows: its first line that is not empty is "--X", and a Content-
 * field follows. `type_r` becomes a field value in the arena. */
static bool guess_type(struct sl_mail *mail, bool must_have_field, struct sl_span *type_r)
{
	struct sl_span rest = mail->body, line = SL_SPAN_NULL, next = SL_SPAN_NULL;
	while (sl_span_split(&rest, '\n', &line) && sl_span_trim(line).n == 0)
		continue;
	line = sl_span_trim(line);
	if (line.n < 4 || line.n > 200 || !sl_span_starts(line, SL_SPAN("--")) ||
		memchr(line.p, '"', line.n) || memchr(line.p, '\\', line.n))
		return false;
	sl_span_split(&rest, '\n', &next);
	if (must_have_field && !sl_span_istarts(next, SL_SPAN("content-")))
		return false;
	line = sl_span_from(line, 2);
	*type_r = sl_arena_printf(mail->arena, "multipart/mixed; boundary=\"%.*s\"", SL_ARG(line));
	return true;
}

static void one_leaf(struct sl_mail *mail, struct sl_mime_tree *tree)
{
	tree->leaves = sl_arena_zalloc(mail->arena, sizeof(*tree->leaves));
	tree->leaves[0].raw = mail->body;
	tree->n_leaves = 1;
	tree->whole = true;
	tree->gaps = NULL;
	tree->n_gaps = 0;
}

void sl_mime_split(struct sl_mime *mime, struct sl_mail *mail, struct sl_mime_tree *tree_r)
{
	const struct sl_screen *screen = mail->screen;
	*tree_r = (struct sl_mime_tree){ 0 };
	struct sl_screen_body allowed;
	struct sl_span guessed;
	if (screen->multipart && read_as(mime, mail, screen->type, &screen->body, tree_r) > 0)
		return;
	if (tree_r->flags & SL_BIT(SL_MSG_LIMIT_DEPTH)) {
		one_leaf(mail, tree_r); /* parts there are, but all of them too deep */
		return;
	}
	if (screen->multipart)
		tree_r->flags |= SL_BIT(SL_MSG_MIME_DAMAGED);
	if (guess_type(mail, !screen->multipart, &guessed)) {
		sl_screen_body(mail->arena, guessed, mail->body, &mail->config->limits, &allowed);
		if (read_as(mime, mail, guessed, &allowed, tree_r) > 0) {
			tree_r->flags |= SL_BIT(SL_MSG_MIME_DAMAGED);
			return;
		}
	}
	one_leaf(mail, tree_r);
}
