/* SPDX-License-Identifier: Apache-2.0 */
#include "pages.h"

#include <stdlib.h>

enum {
	PAGE_HEAD = 16,  /* number 8, pad 2, flags 2, lower 2, upper 2 */
	NODE_HEAD = 8,   /* low 2, high 2, flags 2, key size 2 */
	PAGE_BRANCH = 1, /* flags of pages */
	PAGE_LEAF = 2,
	PAGE_OVERFLOW = 4,
	NODE_BIG = 1, /* flags of nodes */
	NODE_TABLE = 2,
	DEPTH_MAX = 32,
	DATA_VERSION = 1
};
#define META_MAGIC 0xBEEFC0DEu
#define NO_ROOT UINT64_MAX

/* As they lie in the file. */
struct tree {
	uint32_t pad;
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct meta {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree trees[2]; /* of free pages, and of tables */
	uint64_t last_page, txn;
};

struct head {
	uint64_t number;
	uint16_t pad, flags, lower, upper;
};

struct node {
	uint16_t low, high, flags, key_size;
};

struct verify {
	const struct sl_pages *pages;
	uint64_t n_pages;
	uint8_t *used; /* a bit a page; NULL: not wanted */
	bool rows;
	const char *wrong;
};

static void find_wrong(struct verify *v, const char *what)
{
	if (!v->wrong)
		v->wrong = what;
}

static const char *page_at(const struct verify *v, uint64_t number)
{
	return v->pages->map + number * v->pages->page_size;
}

/* The page, when it is one of that kind and carries its number. */
static const char *page_of(struct verify *v, uint64_t number, unsigned kind, struct head *head_r)
{
	if (number < 2 || number >= v->n_pages) {
		find_wrong(v, "a page number is out of range");
		return NULL;
	}
	const char *page = page_at(v, number);
	memcpy(head_r, page, sizeof(*head_r));
	if (head_r->number != number)
		find_wrong(v, "a page is not the one that belongs there");
	else if (!(head_r->flags & kind))
		find_wrong(v, "a page is of another kind");
	else if (kind != PAGE_OVERFLOW &&
		 (head_r->lower < PAGE_HEAD || head_r->lower > head_r->upper ||
			 head_r->upper > v->pages->page_size))
		find_wrong(v, "the head of a page is not sound");
	return v->wrong ? NULL : page;
}

static void mark_used(struct verify *v, uint64_t number)
{
	if (number < 2 || number >= v->n_pages) {
		find_wrong(v, "a page number is out of range");
		return;
	}
	if (!v->used)
		return;
	uint8_t bit = (uint8_t)(1u << number % 8);
	if (v->used[number / 8] & bit)
		find_wrong(v, "a page is used twice");
	v->used[number / 8] |= bit;
}

static size_t n_nodes(const struct head *head)
{
	return (size_t)(head->lower - PAGE_HEAD) / 2;
}

/* A node, and the bytes from it to the end of the page. */
static const char *node_at(struct verify *v, const char *page, size_t i, struct node *node_r)
{
	uint16_t offset;
	memcpy(&offset, page + PAGE_HEAD + i * 2, sizeof(offset));
	if (offset < PAGE_HEAD || offset + (size_t)NODE_HEAD > v->pages->page_size) {
		find_wrong(v, "a page has a node outside of it");
		return NULL;
	}
	memcpy(node_r, page + offset, sizeof(*node_r));
	if (offset + (size_t)NODE_HEAD + node_r->key_size > v->pages->page_size) {
		find_wrong(v, "a page has a node outside of it");
		return NULL;
	}
	return page + offset;
}

static uint64_t child_of(const struct node *node)
{
	return node->low | (uint64_t)node->high << 16 | (uint64_t)node->flags << 32;
}

/* ---- trees ---- */

struct counts {
	uint64_t branches, leaves;
};

/* `level` pages of branches are above the leaves. It ends at the depth that the tree has. */
static void walk_branches(struct verify *v, uint64_t number, unsigned level, struct counts *counts,
	void (*leaf)(struct verify *v, uint64_t number))
{
	struct head head;
	struct node node;
	mark_used(v, number);
	if (level == 0) {
		counts->leaves++;
		if (leaf && !v->wrong)
			leaf(v, number);
		return;
	}
	const char *page = page_of(v, number, PAGE_BRANCH, &head);
	counts->branches++;
	for (size_t i = 0; page && !v->wrong && i < n_nodes(&head); i++)
		if (node_at(v, page, i, &node))
			walk_branches(v, child_of(&node), level - 1, counts, leaf);
}

static void walk_tree(
	struct verify *v, const struct tree *tree, void (*leaf)(struct verify *v, uint64_t number))
{
	struct counts counts = { 0, 0 };
	if (tree->root == NO_ROOT) {
		if (tree->entries || tree->depth)
			find_wrong(v, "a tree has no root");
		return;
	}
	if (tree->depth < 1 || tree->depth > DEPTH_MAX) {
		find_wrong(v, "a tree is too deep");
		return;
	}
	walk_branches(v, tree->root, tree->depth - 1u, &counts, leaf);
	if (counts.branches != tree->branches || counts.leaves != tree->leaves)
		find_wrong(v, "a tree has not the pages that it counts");
}

/* The bytes of a value that lies in the page itself. */
static const char *value_in_page(
	struct verify *v, const char *page, const char *at, const struct node *node, size_t want)
{
	const char *value = at + NODE_HEAD + node->key_size;
	if ((size_t)(value - page) + want <= v->pages->page_size)
		return value;
	find_wrong(v, "a value lies outside of its page");
	return NULL;
}

/* Keys must lie in the page and rise: a search trusts that. */
static void leaf_of_rows(struct verify *v, uint64_t number)
{
	struct head head;
	struct node node;
	struct sl_span last = SL_SPAN_NULL;
	const char *page = page_of(v, number, PAGE_LEAF, &head);
	for (size_t i = 0; page && !v->wrong && i < n_nodes(&head); i++) {
		const char *at = node_at(v, page, i, &node);
		if (!at)
			return;
		struct sl_span key = sl_span_of(at + NODE_HEAD, node.key_size);
		size_t n = node.low | (size_t)node.high << 16;
		value_in_page(v, page, at, &node, node.flags & NODE_BIG ? sizeof(uint64_t) : n);
		if (sl_span_cmp(key, last) <= 0)
			find_wrong(v, "keys are out of order");
		last = key;
	}
}

/* Leaf of the tree of tables. */
static void leaf_of_tables(struct verify *v, uint64_t number)
{
	struct head head;
	struct node node;
	struct tree tree;
	const char *page = page_of(v, number, PAGE_LEAF, &head);
	for (size_t i = 0; page && !v->wrong && i < n_nodes(&head); i++) {
		const char *at = node_at(v, page, i, &node), *value;
		if (!at || !(node.flags & NODE_TABLE))
			continue;
		value = value_in_page(v, page, at, &node, sizeof(tree));
		if (!value)
			return;
		memcpy(&tree, value, sizeof(tree));
		walk_tree(v, &tree, v->rows ? leaf_of_rows : NULL);
	}
}

/* ---- free pages ---- */

/* A list is its length and numbers in falling order. */
static void free_numbers(struct verify *v, const char *list, size_t room)
{
	uint64_t n, number, above = UINT64_MAX;
	memcpy(&n, list, sizeof(n));
	if (n > room / sizeof(n) - 1) {
		find_wrong(v, "the list of free pages is too long");
		return;
	}
	for (uint64_t i = 1; i <= n && !v->wrong; i++) {
		memcpy(&number, list + i * sizeof(number), sizeof(number));
		if (number >= above)
			find_wrong(v, "the list of free pages is not in order");
		above = number;
		mark_used(v, number);
	}
}

static void free_node(struct verify *v, const char *page, const char *at, const struct node *node)
{
	size_t n = node->low | (size_t)node->high << 16;
	struct head head;
	uint64_t number;
	if (n < sizeof(number)) {
		find_wrong(v, "the list of free pages is too short");
		return;
	}
	const char *value =
		value_in_page(v, page, at, node, node->flags & NODE_BIG ? sizeof(number) : n);
	if (!value)
		return;
	if (!(node->flags & NODE_BIG)) {
		free_numbers(v, value, n);
		return;
	}
	memcpy(&number, value, sizeof(number));
	if (!page_of(v, number, PAGE_OVERFLOW, &head))
		return;
	uint64_t more = (n + PAGE_HEAD - 1) / v->pages->page_size;
	if (more >= v->n_pages - number) {
		find_wrong(v, "the list of free pages is too long");
		return;
	}
	for (uint64_t i = 0; i <= more; i++)
		mark_used(v, number + i);
	free_numbers(v, page_at(v, number) + PAGE_HEAD, n);
}

static void leaf_of_free(struct verify *v, uint64_t number)
{
	struct head head;
	struct node node;
	const char *page = page_of(v, number, PAGE_LEAF, &head);
	for (size_t i = 0; page && !v->wrong && i < n_nodes(&head); i++) {
		const char *at = node_at(v, page, i, &node);
		if (at)
			free_node(v, page, at, &node);
	}
}

/* ---- all of it ---- */

static bool find_meta(const struct sl_pages *pages, uint64_t txn, struct meta *meta_r)
{
	for (unsigned i = 0; i < 2; i++) {
		memcpy(meta_r, pages->map + i * pages->page_size + PAGE_HEAD, sizeof(*meta_r));
		if (meta_r->magic == META_MAGIC && meta_r->version == DATA_VERSION &&
			meta_r->txn == txn)
			return true;
	}
	return false;
}

const char *sl_pages_verify(const struct sl_pages *pages, uint64_t txn, struct sl_pages_look look)
{
	struct verify v = { .pages = pages, .rows = look.rows };
	struct meta meta;
	_Static_assert(sizeof(struct tree) == 48 && sizeof(struct head) == PAGE_HEAD &&
			       sizeof(struct node) == NODE_HEAD,
		"as mdb.c lays them out");
	if (!pages->map || !find_meta(pages, txn, &meta))
		return NULL;
	v.n_pages = meta.last_page + 1;
	if (v.n_pages > pages->size / pages->page_size)
		return "its header counts more pages than there can be";
	if (look.free_list)
		v.used = sl_calloc((size_t)(v.n_pages / 8 + 1), 1);
	walk_tree(&v, &meta.trees[1], leaf_of_tables);
	if (look.free_list && !v.wrong)
		walk_tree(&v, &meta.trees[0], leaf_of_free);
	free(v.used);
	return v.wrong;
}
