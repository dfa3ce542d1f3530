/* SPDX-License-Identifier: Apache-2.0 */
/* trap_out.h - generated mails into files: mbox, compressed mbox, archives, Maildir.
 *
 * The mails of a shard are a run of numbers, so how many shards there are changes no mail. Archives
 * hold members of `member` mails: one mail as it is, or several as an mbox. Memory: one member (a
 * zip or 7z also remembers the names of its members). Owns the files; a failure ends the program
 * with 74.
 */
#ifndef TRAP_OUT_H
#define TRAP_OUT_H

#include "trap_plan.h"

struct trap_out;

/* NULL when there is no such format. `stem` is borrowed: files are STEM.ENDING or STEM-NNN.ENDING.
 */
struct trap_out *trap_out_open(const struct trap_options *options, const char *stem);
/* Mails come in the order of their numbers. */
void trap_out_mail(struct trap_out *out, const struct trap_mail *mail, struct sl_span sender,
	struct sl_span raw);
void trap_out_close(struct trap_out *out);

#endif
