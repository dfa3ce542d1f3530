/* SPDX-License-Identifier: Apache-2.0 */
#include "limits.h"

#define ROW(field, default_value, flag, help)                                                      \
	{                                                                                          \
#field, offsetof(struct sl_limits, field), default_value, flag, help               \
	}
#define KB ((uint64_t)1 << 10)
#define MB ((uint64_t)1 << 20)

const struct sl_limit_row sl_limit_rows[] = {
	ROW(message, 64 * MB, SL_MSG_LIMIT_MESSAGE, "bytes of one message; the rest is cut"),
	ROW(header_block, 1 * MB, SL_MSG_LIMIT_HEADER_BLOCK, "bytes of one header block"),
	ROW(header_line, 64 * KB, SL_MSG_LIMIT_HEADER_LINE, "bytes of one header field"),
	ROW(headers, 2000, SL_MSG_LIMIT_HEADERS, "header fields of one message"),
	ROW(folds, 2000, SL_MSG_LIMIT_FOLDS, "folds of one header field"),
	ROW(colons, 500, SL_MSG_LIMIT_COLONS, "colons in one address field"),
	ROW(addresses, 2000, SL_MSG_LIMIT_ADDRESSES, "addresses in one header"),
	ROW(parameters, 256, SL_MSG_LIMIT_PARAMETERS, "parameters of one header field"),
	ROW(boundary, 1024, SL_MSG_LIMIT_BOUNDARY, "bytes of a MIME boundary"),
	ROW(depth, 64, SL_MSG_LIMIT_DEPTH, "levels of MIME nesting"),
	ROW(parts, 2000, SL_MSG_LIMIT_PARTS, "MIME parts of one message"),
	ROW(decoded, 256 * MB, SL_MSG_LIMIT_DECODED, "decoded bytes of one message"),
	ROW(html, 8 * MB, SL_MSG_LIMIT_HTML, "bytes of one HTML part"),
	ROW(html_depth, 4096, SL_MSG_LIMIT_HTML_DEPTH, "open HTML elements"),
	ROW(tags, 100000, SL_MSG_LIMIT_TAGS, "HTML tags of one message"),
	ROW(urls, 5000, SL_MSG_LIMIT_URLS, "URLs of one message"),
	ROW(url_length, 8 * KB, SL_MSG_LIMIT_URLS, "bytes of one URL"),
	ROW(received, 200, SL_MSG_LIMIT_RECEIVED, "Received lines of one message"),
	ROW(embedded, 100, SL_MSG_LIMIT_EMBEDDED, "mails inside one message"),
	ROW(url_bytes, 4 * MB, SL_MSG_LIMIT_URLS, "bytes of all URLs of one message"),
	ROW(ratio, 1000, -1, "decompressed to compressed bytes, after 16 MB"),
	ROW(archive_depth, 4, -1, "archives inside archives"),
	ROW(spool, 1024 * MB, -1, "bytes of one archive inside an archive"),
	ROW(entries, 50000000, -1, "members of one archive"),
};
const size_t sl_limit_row_count = SL_LEN(sl_limit_rows);

void sl_limits_default(struct sl_limits *limits_r)
{
	for (size_t i = 0; i < sl_limit_row_count; i++) {
		const struct sl_limit_row *row = &sl_limit_rows[i];
		memcpy((char *)limits_r + row->offset, &row->value, sizeof(row->value));
	}
}
