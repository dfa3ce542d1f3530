/* SPDX-License-Identifier: Apache-2.0 */
/* mock.c - mails that obey: linked into `spamloom-mock` only (pipeline/mock.h).
 *
 * "X-Mock: WORD" in the header block does the harm that WORD names, where a bug in a parser would
 * do it: in a stage of the message. "X-Mock: gmime" gives the raw message to GMime as a naive
 * program would, so that what kills GMime kills the cell: the screen, turned off for one mail.
 */
#include "pipeline/mock.h"

#include "pipeline/base/base.h"
#include "pipeline/base/hash.h"

#include <fcntl.h>
#include <gmime/gmime.h>
#include <iconv.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <unistd.h>

static void crash(void)
{
	char *volatile nowhere = (char *)16;
	*nowhere = 1;
}

static void loop(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void eat(void)
{
	for (;;)
		*(volatile char *)sl_malloc(16 << 20) = 1;
}

static void glib_eat(void)
{
	for (;;)
		*(volatile char *)g_malloc(16 << 20) = 1;
}

static unsigned deeper(unsigned n)
{
	volatile char room[4096];
	room[n % sizeof(room)] = (char)n;
	return n ? deeper(n + 1) + (unsigned)room[0] : 0;
}

static void overflow_stack(void)
{
	volatile unsigned depth = deeper(1);
	(void)depth;
}

static void leave(void)
{
	_exit(0);
}

static void call_execve(void)
{
	char *arguments[] = { (char[]){ "/bin/true" }, NULL };
	execve(arguments[0], arguments, NULL);
}

static void call_socket(void)
{
	socket(AF_INET, SOCK_STREAM, 0);
}

static void call_open(void)
{
	open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static void call_ptrace(void)
{
	ptrace(PTRACE_ATTACH, 1, NULL, NULL);
}

static void call_kill(void)
{
	kill(1, SIGKILL);
}

static void fail_assertion(void)
{
	sl_assert(!"a mail asked for it");
}

static void naive_gmime(void);

static const struct {
	const char *word;
	void (*act)(void);
} words[] = {
	{ "crash", crash },
	{ "abort", abort },
	{ "assert", fail_assertion },
	{ "loop", loop },
	{ "eat", eat },
	{ "glib-eat", glib_eat },
	{ "stack", overflow_stack },
	{ "exit", leave },
	{ "execve", call_execve },
	{ "socket", call_socket },
	{ "open", call_open },
	{ "ptrace", call_ptrace },
	{ "kill", call_kill },
	{ "gmime", naive_gmime },
};

static struct sl_span word_of(struct sl_span raw)
{
	static const char name[] = "\nX-Mock: ";
	ssize_t at = sl_span_find(sl_span_head(raw, 4096), SL_SPAN("\nX-Mock: "), 0);
	if (at < 0)
		return SL_SPAN_NULL;
	struct sl_span rest = sl_span_from(raw, (size_t)at + sizeof(name) - 1);
	size_t n = 0;
	while (n < rest.n && rest.p[n] != '\n' && rest.p[n] != '\r')
		n++;
	return sl_span_head(rest, n);
}

static struct sl_span naive; /* what naive_gmime() parses */

/* GMime asks for this one when it meets 8-bit bytes; inside a cell it could not be loaded, and the
 * mail would not get as far as it is meant to. */
static iconv_t converter;

__attribute__((constructor)) static void open_converter(void)
{
	converter = iconv_open("UTF-8", "ISO-8859-1");
}

__attribute__((destructor)) static void close_converter(void)
{
	iconv_close(converter);
}

static void read_part(GMimeObject *parent, GMimeObject *part, gpointer user)
{
	(void)parent;
	(void)user;
	if (GMIME_IS_MULTIPART(part))
		g_mime_multipart_get_boundary(GMIME_MULTIPART(part));
	char *type = g_mime_content_type_encode(g_mime_object_get_content_type(part), NULL);
	g_free(type);
}

static void naive_gmime(void)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(naive.p, naive.n);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);
	if (message) {
		internet_address_list_length(g_mime_message_get_to(message));
		read_part(NULL, g_mime_message_get_mime_part(message), NULL);
		g_mime_message_foreach(message, read_part, NULL);
		g_object_unref(message);
	}
	g_object_unref(parser);
	g_object_unref(stream);
}

void sl_mock_mail(struct sl_span raw)
{
	struct sl_span word = word_of(raw);
	naive = raw;
	for (size_t i = 0; word.n && i < SL_LEN(words); i++)
		if (sl_span_eq(word, sl_span_str(words[i].word)))
			words[i].act();
}

/* A result in good form, of a message that the cell does not hold. */
static void speak_for_another(struct sl_span raw, struct sl_buf *results)
{
	struct sl_id id = sl_hash_name(raw);
	ssize_t at =
		sl_span_find(sl_buf_span(results), sl_span_of((const char *)id.b, sizeof(id.b)), 0);
	sl_assert(at >= 0);
	results->p[at] = (char)~results->p[at];
}

void sl_mock_results(struct sl_span raw, struct sl_buf *results)
{
	struct sl_span word = word_of(raw);
	if (sl_span_eq(word, SL_SPAN("junk")))
		memset(results->p, 0xee, results->n);
	else if (sl_span_eq(word, SL_SPAN("cut")))
		results->n /= 2;
	else if (sl_span_eq(word, SL_SPAN("nothing")))
		results->n = 0;
	else if (sl_span_eq(word, SL_SPAN("twice")))
		sl_buf_add(results, sl_span_of(results->p, results->n));
	else if (sl_span_eq(word, SL_SPAN("liar")))
		speak_for_another(raw, results);
}

void sl_mock_entry(struct sl_span entry)
{
	if (sl_span_find(entry, SL_SPAN("mock-reader-crash"), 0) >= 0)
		crash();
	if (sl_span_find(entry, SL_SPAN("mock-reader-open"), 0) >= 0)
		call_open();
}
