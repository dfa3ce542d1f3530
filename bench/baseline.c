/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.c - the ruler: libarchive reads, GMime parses, the text of every text part is fetched.
 *
 *   baseline [-a] ARCHIVE...    prints mails, parts, decoded bytes, and a hash over the raw mails
 *
 * One thread; no store, no indicators, no clustering. What somebody who knows both libraries would
 * write: blocks of libarchive without a copy (each_mail.c), one parser, a stream over the mail
 * where it lies, so that parts stay in it too. Each mail is hashed once, as spamloom does. With -a
 * attachments are decoded as well, into nothing.
 */
#include "each_mail.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

struct ruler {
	GMimeParser *parser;
	GMimeStream *null;
	bool attachments;
	unsigned long mails, parts;
	unsigned long long decoded, bytes;
	XXH64_hash_t hash;
};

static void decode_part(GMimeObject *parent, GMimeObject *object, gpointer arg)
{
	struct ruler *r = arg;
	GMimeDataWrapper *content;
	(void)parent;
	if (!GMIME_IS_PART(object))
		return;
	r->parts++;
	if (GMIME_IS_TEXT_PART(object)) {
		char *text = g_mime_text_part_get_text(GMIME_TEXT_PART(object));
		r->decoded += text ? strlen(text) : 0;
		g_free(text);
	} else if (r->attachments && (content = g_mime_part_get_content(GMIME_PART(object)))) {
		ssize_t n = g_mime_data_wrapper_write_to_stream(content, r->null);
		r->decoded += n > 0 ? (unsigned long long)n : 0;
	}
}

static void parse_mail(char *p, size_t n, void *arg)
{
	struct ruler *r = arg;
	GByteArray bytes = { (guint8 *)p, (guint)n }; /* borrowed */
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(&bytes);
	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);
	g_mime_parser_init_with_stream(r->parser, stream);
	GMimeMessage *message = g_mime_parser_construct_message(r->parser, NULL);
	r->mails++;
	r->bytes += n;
	r->hash ^= XXH3_128bits(p, n).low64;
	if (message) {
		g_mime_message_foreach(message, decode_part, r);
		g_object_unref(message);
	}
	g_object_unref(stream);
}

int main(int argc, char **argv)
{
	struct ruler r = { .attachments = argc > 1 && strcmp(argv[1], "-a") == 0 };
	int failed = 0;
	g_mime_init();
	r.parser = g_mime_parser_new();
	r.null = g_mime_stream_null_new();
	g_mime_parser_set_persist_stream(r.parser, TRUE);
	for (int i = 1 + r.attachments; i < argc; i++)
		failed |= each_mail(argv[i], parse_mail, &r);
	g_object_unref(r.null);
	g_object_unref(r.parser);
	printf("%lu mails, %llu bytes raw, hash %016llx, %lu parts, %llu bytes decoded\n", r.mails,
		r.bytes, (unsigned long long)r.hash, r.parts, r.decoded);
	return failed;
}
