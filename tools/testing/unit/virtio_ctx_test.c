// SPDX-License-Identifier: GPL-2.0-only
/* A context of the draft: its fields, however it is cut, and what they say of a device. */
#include <stdlib.h>
#include <string.h>

#include "virtio/ctx_format.c"
#include "identity.c"
#include "tap.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define RANDOM_CONTEXTS		20000

static u64 value;

static struct ctx_field field(u16 type, u64 length)
{
	return (struct ctx_field) {
		.type = cpu_to_le16(type),
		.length = cpu_to_le64(length),
	};
}

static struct admvf_ctx_fields learned(const struct ctx_field *list, size_t nr)
{
	struct admvf_ctx_fields fields;
	const char *why;

	why = admvf_ctx_learn(&fields, list, nr * sizeof(*list), &value);
	if (why)
		ok(false, "a list of fields is refused: %s", why);
	return fields;
}

static void refused(const struct ctx_field *list, size_t len, const char *reason,
		    u64 wrong, const char *rule)
{
	struct admvf_ctx_fields fields;
	const char *why = admvf_ctx_learn(&fields, list, len, &value);

	ok(why && strstr(why, reason) && value == wrong, "%s (%s %#llx)", rule,
	   why ?: "taken", value);
}

static void a_list_of_fields_is_whole(void)
{
	struct ctx_field list[] = { field(0x102, 20), field(0x101, 8) };
	static struct ctx_field many[ADMVF_CTX_MAX_FIELDS + 1];
	struct admvf_ctx_fields fields = learned(list, 2);
	unsigned int i;

	ok(fields.nr == 2 && fields.field[0].type == 0x101 &&
	   fields.field[0].length == 8 && fields.field[1].type == 0x102,
	   "fields come in any order");
	refused(list, 0, "whole", 0, "none is no list");
	refused(list, 31, "whole", 31, "half a field is none");
	list[1].type = list[0].type;
	refused(list, 32, "twice", 0x102, "a type comes once");
	list[1].reserved[5] = 1;
	refused(list, 32, "reserved", 0x102, "reserved bytes are 0");
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = field(i, 1);
	refused(many, sizeof(many), "too long", sizeof(many), "there is a limit");
	fields = learned(many, ADMVF_CTX_MAX_FIELDS);
	ok(fields.nr == ADMVF_CTX_MAX_FIELDS, "and as many as that may be");
}

static struct vfmig_identity identity(const struct ctx_field *list, size_t nr)
{
	struct admvf_ctx_fields fields = learned(list, nr);
	struct vfmig_identity id = { .backend = ADMVF_CTX_NAME };

	id.nr_facts = admvf_ctx_facts(&fields, id.facts);
	return id;
}

static void fits(const struct ctx_field *source, size_t nr_source,
		 const struct ctx_field *here, size_t nr_here,
		 const char *misfit, const char *rule)
{
	struct vfmig_identity from = identity(source, nr_source);
	struct vfmig_identity to = identity(here, nr_here);
	const struct vfmig_fact *fact;
	const char *why, *name;
	u16 which;
	int ret;

	ret = vfmig_identity_match(&from, &to, &why, &which);
	fact = vfmig_find_fact(&to, which);
	name = fact ? fact->name : "fits";
	ok(!ret == !misfit && (!misfit || !strcmp(name, misfit)), "%s (%s)",
	   rule, name);
}

static void a_destination_must_have_the_fields(void)
{
	struct ctx_field one[] = { field(0x100, 8), field(0x103, 40) };
	struct ctx_field more[] = { field(0x103, 48), field(0x102, 8), field(0x100, 8) };
	struct ctx_field any[] = { field(0x100, 0), field(0x103, 40) };
	struct ctx_field other[] = { field(0x100, 8), field(0x103, 40), field(0x1000, 9) };
	struct ctx_field other2[] = { field(0x100, 8), field(0x103, 40), field(0x1000, 10) };

	fits(one, 2, one, 2, NULL, "the same");
	fits(one, 2, more, 3, NULL, "longer ones, and others");
	fits(more, 3, one, 2, "length of context field 0x102", "one that is lacking");
	more[1] = field(0x102, 0);
	fits(more, 3, one, 2, "length of context field 0x102",
	     "one of any length that is lacking");
	fits(one, 1, any, 1, NULL, "of any length");
	fits(any, 1, one, 1, "length of context field 0x100",
	     "of any length at the source alone");
	fits(one, 1, one + 1, 1, "length of context field 0x100", "quite another");
	fits(other, 3, other, 3, NULL, "types without a fact of their own");
	fits(other, 3, other2, 3, "digest of the other context field types",
	     "another length of such a type");
	fits(other, 3, one, 2, "digest of the other context field types",
	     "such a type that is lacking");
}

static u8 context[256];
static size_t context_len;

static void add(u16 type, const void *bytes, size_t len)
{
	struct ctx_field head = field(type, len);

	memcpy(context + context_len, &head, sizeof(head));
	if (len)
		memcpy(context + context_len + sizeof(head), bytes, len);
	context_len += sizeof(head) + len;
}

static void make_context(void)
{
	context_len = 0;
	add(0x100, "featured", 8);
	add(0x105, NULL, 0);
	add(0x103, "a queue", 7);
	add(0x999, "unlisted", 8);
}

static const char *read_pieces(struct admvf_ctx_reader *reader, size_t len,
			       size_t piece)
{
	struct ctx_field list[] = { field(0x100, 8), field(0x103, 40), field(0x105, 4) };
	struct admvf_ctx_fields fields = learned(list, 3);
	const char *why = NULL;
	size_t at, n;

	memset(reader, 0, sizeof(*reader));
	for (at = 0; at < len && !why; at += n) {
		n = len - at < piece ? len - at : piece;
		why = admvf_ctx_read(reader, &fields, context + at, n);
	}
	return why ?: admvf_ctx_end(reader);
}

static void a_context_may_be_cut_anywhere(void)
{
	struct admvf_ctx_reader reader;
	unsigned int wrong = 0;
	size_t piece;

	make_context();
	for (piece = 1; piece <= context_len; piece++)
		wrong += read_pieces(&reader, context_len, piece) ||
			 reader.fields != 4;
	ok(!wrong, "cut into pieces of 1 to %zu bytes it is the same", context_len);
}

static void a_context_must_be_whole(void)
{
	struct admvf_ctx_reader reader;
	unsigned int taken = 0;
	const char *why;
	size_t len;

	make_context();
	/* Between two fields is an end, too. */
	for (len = 0; len < context_len; len++)
		taken += !read_pieces(&reader, len, 3);
	ok(taken == 3, "cut off within a field it is refused (%u taken)", taken);
	why = read_pieces(&reader, 0, 1);
	ok(why && strstr(why, "none"), "no field is no context (%s)", why ?: "taken");
	why = read_pieces(&reader, 20, 1);
	ok(why && strstr(why, "cut off") && reader.type == 0x100 &&
	   reader.value == 8, "the field is named (%s)", why ?: "taken");
	why = read_pieces(&reader, 30, 1);
	ok(why && strstr(why, "head"), "half a head is named (%s)", why ?: "taken");
}

static void fields_keep_to_their_lengths(void)
{
	struct admvf_ctx_reader reader;
	const char *why;

	context_len = 0;
	add(0x105, "12345", 5);
	why = read_pieces(&reader, context_len, 64);
	ok(why && strstr(why, "longer") && reader.type == 0x105 && reader.value == 5,
	   "one that is longer than listed (%s)", why ?: "taken");
	make_context();
	context[2] = 1;
	why = read_pieces(&reader, context_len, 64);
	ok(why && strstr(why, "reserved"), "reserved bytes of a head (%s)",
	   why ?: "taken");
	context_len = 0;
	add(0x999, "", 0);
	memset(context + 8, 0xff, 8);
	why = read_pieces(&reader, context_len, 64);
	ok(why && strstr(why, "cut off"), "a length of 2^64 - 1 (%s)", why ?: "taken");
}

/* Reads out of bounds are the sanitizers' to find. */
static void rubbish_does_no_harm(void)
{
	struct admvf_ctx_reader reader;
	unsigned int i, n;

	srand(1041);
	for (n = 0; n < RANDOM_CONTEXTS; n++) {
		make_context();
		for (i = 0; i < context_len; i++)
			if (!(rand() % 16))
				context[i] = rand();
		read_pieces(&reader, context_len, 1 + rand() % context_len);
	}
	ok(true, "%u contexts with random bytes do no harm", RANDOM_CONTEXTS);
}

int main(void)
{
	a_list_of_fields_is_whole();
	a_destination_must_have_the_fields();
	a_context_may_be_cut_anywhere();
	a_context_must_be_whole();
	fields_keep_to_their_lengths();
	rubbish_does_no_harm();
	return tap_end();
}
