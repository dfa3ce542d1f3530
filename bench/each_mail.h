/* SPDX-License-Identifier: Apache-2.0 */
/* each_mail.h - every mail of an archive, by libarchive alone: what the rulers share.
 *
 * An entry that begins with "From " is an mbox and is split at "\nFrom "; any other entry is one
 * mail. Blocks are used where libarchive leaves them; only a mail that lies across the edge of
 * blocks is copied. Archives within archives are not opened.
 */
#ifndef EACH_MAIL_H
#define EACH_MAIL_H

#include <stddef.h>

typedef void each_mail_fn(char *p, size_t n, void *arg);

/* 0, or 1 when the archive cannot be read to its end; why stands on stderr. */
int each_mail(const char *path, each_mail_fn *mail, void *arg);

#endif
