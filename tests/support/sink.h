/* SPDX-License-Identifier: Apache-2.0 */
/* sink.h - a sink that writes down every call, for tests of readers.
 *
 * Lines: message "ENTRY#ORDINAL @OFFSET+LENGTH [bytes]", member "ENTRY: kind SIZE messages",
 * reject "ENTRY! reason". It also checks the order begin, write*, end. With `fail_at` = N the
 * N-th callback (from 1) returns `fail_rc`, and none may come after it.
 */
#ifndef SL_TEST_SINK_H
#define SL_TEST_SINK_H

#include "check.h"
#include "pipeline/base/buf.h"
#include "pipeline/source.h"

struct log_sink {
	struct sl_sink sink; /* first: callbacks cast back */
	struct sl_buf log;   /* all lines */
	struct sl_buf bytes; /* of the message in hand */
	struct sl_slice slice;
	char entry[4096];
	bool open, with_bytes, with_times;
	unsigned calls, fail_at, messages, drops, members, rejects;
	enum sl_rc fail_rc;
	uint64_t slices;      /* sum of lengths */
	uint64_t next_offset; /* where the next slice of this entry must begin, if `contiguous` */
	bool contiguous;
};

static inline enum sl_rc log_sink_call(struct log_sink *log)
{
	log->calls++;
	if (!log->fail_at)
		return SL_OK;
	assert_true(log->calls <= log->fail_at);
	return log->calls == log->fail_at ? log->fail_rc : SL_OK;
}

static inline enum sl_rc log_sink_begin(struct sl_sink *sink, const struct sl_slice *slice)
{
	struct log_sink *log = (struct log_sink *)sink;
	assert_false(log->open);
	log->open = true;
	log->slice = *slice;
	snprintf(log->entry, sizeof(log->entry), "%.*s", SL_ARG(slice->entry));
	if (log->contiguous)
		assert_int_equal(slice->offset, log->next_offset);
	sl_buf_reset(&log->bytes);
	return log_sink_call(log);
}

static inline enum sl_rc log_sink_write(struct sl_sink *sink, struct sl_span bytes)
{
	struct log_sink *log = (struct log_sink *)sink;
	assert_true(log->open);
	sl_buf_add(&log->bytes, bytes);
	return log_sink_call(log);
}

static inline enum sl_rc log_sink_end(struct sl_sink *sink, uint64_t length, bool drop)
{
	struct log_sink *log = (struct log_sink *)sink;
	assert_true(log->open);
	log->open = false;
	log->slices += length;
	log->next_offset = log->slice.offset + length;
	log->messages += !drop;
	log->drops += drop;
	sl_buf_printf(&log->log, "%s#%llu @%llu+%llu ", log->entry,
		(unsigned long long)log->slice.ordinal, (unsigned long long)log->slice.offset,
		(unsigned long long)length);
	if (log->with_times)
		sl_buf_printf(&log->log, "from %lld member %lld ", (long long)log->slice.from_time,
			(long long)log->slice.member_time);
	if (drop)
		sl_buf_str(&log->log, "dropped");
	else if (log->with_bytes)
		sl_buf_printf(&log->log, "[%.*s]", SL_ARG(sl_buf_span(&log->bytes)));
	else
		sl_buf_printf(&log->log, "%zu", log->bytes.n);
	sl_buf_char(&log->log, '\n');
	return log_sink_call(log);
}

static inline enum sl_rc log_sink_member(struct sl_sink *sink, struct sl_span entry,
	enum sl_member member, uint64_t size, uint64_t messages)
{
	struct log_sink *log = (struct log_sink *)sink;
	assert_false(log->open);
	log->members++;
	sl_buf_printf(&log->log, "%.*s: %s %llu %llu\n", SL_ARG(entry), sl_member_name(member),
		(unsigned long long)size, (unsigned long long)messages);
	return log_sink_call(log);
}

static inline enum sl_rc log_sink_reject(struct sl_sink *sink, const struct sl_reject *reject)
{
	struct log_sink *log = (struct log_sink *)sink;
	assert_false(log->open);
	assert_non_null(reject->detail);
	log->rejects++;
	sl_buf_printf(&log->log, "%.*s! %s\n", SL_ARG(reject->entry), reject->reason);
	return log_sink_call(log);
}

static inline struct log_sink log_sink_make(void)
{
	return (struct log_sink){
		.sink = { log_sink_begin, log_sink_write, log_sink_end, log_sink_member,
			log_sink_reject },
		.log = sl_buf_make(16 << 20),
		.bytes = sl_buf_make(64 << 20),
		.fail_rc = SL_FATAL,
	};
}

static inline void log_sink_free(struct log_sink *log)
{
	sl_buf_free(&log->log);
	sl_buf_free(&log->bytes);
}

#endif
