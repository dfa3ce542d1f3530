/* SPDX-License-Identifier: Apache-2.0 */
/* option_rows.c - every option, once. Limits have rows of their own (limits.c). */
#include "options.h"

#define AT(field) offsetof(struct sl_config, field)
#define ANY UINT64_MAX

#define RUN "run"
#define PARSES "run explain"
#define WRITES "run feed"
#define READS "run explain feed"
#define JUDGES "run feed show explain"
#define STORES "run feed campaigns show lookup check forget"

const struct sl_opt_row sl_opt_rows[] = {
	{ "store", 's', SL_OPT_TEXT, AT(store), 0, 0, "DIR", "spamloom-store",
		"folder that remembers: what was seen, looked up, grouped", STORES },
	{ "out", 'o', SL_OPT_TEXT, AT(out), 0, 0, "DIR", "out", "folder for the feeds", WRITES },
	{ "format", 0, SL_OPT_LIST, AT(formats), 0, 0, "LIST", "",
		"feeds to write: messages adds messages.jsonl to the usual ones; indicators, "
		"campaigns, csv, jsonl, lists, night, rejects write just these; all",
		WRITES },
	{ "jobs", 'j', SL_OPT_UNSIGNED, AT(jobs), 0, 1024, "N", "0",
		"worker threads; 0: one per processor", RUN },
	{ "readers", 0, SL_OPT_UNSIGNED, AT(readers), 0, 256, "N", "0",
		"archives read at once; 0: as many as workers", RUN },
	{ "as-of", 0, SL_OPT_TIME, AT(as_of), 0, 0, "TIME", "",
		"the night's clock, 2026-11-24 or 2026-11-24T04:00:00Z; default: "
		"SOURCE_DATE_EPOCH, else now",
		"run feed show explain lookup campaigns" },
	{ "isolation", 0, SL_OPT_CHOICE, AT(isolation_process), 0, 0, "process|thread", "process",
		"where mails and archives are parsed: in sandboxed cells, or, for comparison, in "
		"the program itself",
		PARSES },
	{ "require-sandbox", 0, SL_OPT_FLAG, AT(require_sandbox), 0, 0, "", "no",
		"do not run where the kernel lacks Landlock or seccomp", PARSES },
	{ "message-cpu", 0, SL_OPT_SIZE, AT(message_cpu), 10, 3600000, "MS", "2000",
		"CPU time that a message may take in a cell, for each 16 MB begun", PARSES },
	{ "content-cache", 0, SL_OPT_SIZE, AT(content_cache), 0, (uint64_t)1 << 40, "SIZE", "64M",
		"memory in which a worker remembers bodies and texts that it has read; 0: each "
		"copy is read anew",
		RUN },
	{ "quarantine", 0, SL_OPT_SIZE, AT(quarantine), 0, ANY, "SIZE", "1G",
		"bytes of crashed mails that are kept in STORE/quarantine", RUN },
	{ "trust", 0, SL_OPT_LIST, AT(trust), 0, 0, "HOST|NET", "",
		"the trap's own receivers: a host or a name above it, or a network", READS },
	{ "authserv-id", 0, SL_OPT_LIST, AT(authserv_ids), 0, 0, "NAME", "",
		"whose Authentication-Results are believed", READS },
	{ "envelope-header", 0, SL_OPT_LIST, AT(envelope_headers), 0, 0, "NAME", "",
		"header that the trap itself writes with the sending address in it", READS },
	{ "trap-address", 0, SL_OPT_LIST_OR_FILE, AT(trap_addresses), 0, 0, "ADDR|@DOMAIN|FILE", "",
		"the trap's own addresses: in no output", JUDGES },
	{ "own", 0, SL_OPT_LIST_OR_FILE, AT(own), 0, 0, "DOMAIN|FILE", "",
		"your own domains: never in a blocking feed", JUDGES },
	{ "allow", 0, SL_OPT_LIST_OR_FILE, AT(allow), 0, 0, "DOMAIN|FILE", "",
		"domains that are never in a blocking feed", JUDGES },
	{ "psl", 0, SL_OPT_TEXT, AT(psl_file), 0, 0, "FILE", "",
		"public suffix list; default: the system's and our supplement", READS },
	{ "mmdb", 0, SL_OPT_LIST, AT(mmdb), 0, 0, "FILE", "",
		"MaxMind database of networks or countries; repeatable",
		"run explain lookup show" },
	{ "warninglists", 0, SL_OPT_TEXT, AT(warninglists), 0, 0, "DIR", "",
		"MISP warninglists (JSON) or top lists (one name a line)", JUDGES },
	{ "brands", 0, SL_OPT_TEXT, AT(brands_file), 0, 0, "FILE", "",
		"more brands, in the form of data/brands.tsv", JUDGES " forget" },
	{ "confidence", 0, SL_OPT_SIZE, AT(confidence), 0, 100, "N", "50",
		"least confidence of what the lists hold", WRITES },
	{ "wave-days", 0, SL_OPT_SIZE, AT(wave_days), 1, 36500, "DAYS", "30",
		"silence after which a campaign's next mail begins a new wave", "run feed show" },
	{ "sha256", 0, SL_OPT_CHOICE, AT(sha256_all), 0, 0, "all|exemplar", "exemplar",
		"which messages get their SHA-256: all that are read, and printed, with `all`; or "
		"the first of each variant",
		WRITES },
	{ "since", 0, SL_OPT_TIME, AT(since), 0, 0, "TIME", "", "only what was seen since",
		"feed" },
	{ "until", 0, SL_OPT_TIME, AT(until), 0, 0, "TIME", "", "only what was seen before",
		"feed" },
	{ "offline", 0, SL_OPT_FLAG, AT(offline), 0, 0, "", "no", "ask nothing over the network",
		"run lookup explain" },
	{ "again", 0, SL_OPT_FLAG, AT(again), 0, 0, "", "no",
		"read archives again that are known; nothing is counted twice", RUN },
	{ "rehash", 0, SL_OPT_FLAG, AT(rehash), 0, 0, "", "no",
		"read every file to know it, even when size and times are unchanged", RUN },
	{ "rebuild", 0, SL_OPT_FLAG, AT(rebuild), 0, 0, "", "no",
		"build again what can be built out of mails, drop cached look-ups, then check",
		"check" },
	{ "all", 0, SL_OPT_FLAG, AT(all), 0, 0, "", "no", "campaigns of one message, too",
		"run feed campaigns" },
	{ "json", 0, SL_OPT_FLAG, AT(json), 0, 0, "", "no", "JSON in place of text",
		"explain lookup" },
	{ "slab", 0, SL_OPT_SIZE, AT(slab), 64 * 1024, 1 << 30, "SIZE", "2M",
		"bytes of one batch of messages", RUN },
	{ "force", 0, SL_OPT_FLAG, AT(force), 0, 0, "", "no",
		"write the lists although they are not as usual (ten times as long, a tenth, or a "
		"warninglist is missing)",
		WRITES },
	{ "warninglist-days", 0, SL_OPT_SIZE, AT(list_days), 0, 36500, "DAYS", "0",
		"hold the lists back when the newest dated warninglist is older; 0: never",
		WRITES },
	{ "quiet", 'q', SL_OPT_FLAG, AT(quiet), 0, 0, "", "no", "only what is wrong", "" },
	{ "verbose", 'v', SL_OPT_COUNT, AT(verbose), 0, 3, "", "0", "say more; twice: debug", "" },
};
const size_t sl_opt_row_count = SL_LEN(sl_opt_rows);
