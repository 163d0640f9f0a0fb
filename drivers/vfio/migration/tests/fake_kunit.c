// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend of a VF that is not there: holds the core to every promise that
 * vfmig.h makes to a backend.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "fake_kunit.h"

#define FAKE_FACT	VFMIG_FACT_BACKEND
#define FAKE_BULK_HEAD	5

/* Expects only: a test that ended here would leave the core's lock held. */
static void may(struct fake_vf *vf, const char *call, bool good)
{
	if (!good)
		KUNIT_FAIL(vf->test, "%s is not due after: %s", call,
			   vf->calls);
}

/**
 * fake_script - forget the calls so far; say what is to happen in the next
 * @vf: the VF
 * @script: the calls that are expected, with !, ? and * where there is trouble
 */
void fake_script(struct fake_vf *vf, const char *script)
{
	vf->calls[0] = '\0';
	vf->script = script;
}

/* What the script has after @call, if @call is what comes next in it. */
static const char *marks_of(struct fake_vf *vf, const char *call, size_t *nr)
{
	size_t len = strlen(call);
	const char *marks;

	*nr = 0;
	if (strncmp(vf->script, call, len))
		return "";
	marks = vf->script + len;
	*nr = strspn(marks, "!?*");
	if (marks[*nr] && marks[*nr] != ',') {
		*nr = 0;
		return "";
	}
	vf->script = marks + *nr + (marks[*nr] ? strlen(", ") : 0);
	return marks;
}

static int told(struct fake_vf *vf, const char *call)
{
	size_t len = strlen(vf->calls), nr;
	const char *marks = marks_of(vf, call, &nr);

	scnprintf(vf->calls + len, sizeof(vf->calls) - len, "%s%s%.*s",
		  len ? ", " : "", call, (int)nr, marks);
	if (vf->during)
		vf->during(vf, call);
	if (strnchr(marks, nr, '*')) {
		vf->was_reset = true;
		vfmig_reset_done(vf->vm);
	}
	if (strnchr(marks, nr, '?'))
		return -ENOTRECOVERABLE;
	return strnchr(marks, nr, '!') ? -EIO : 0;
}

static int fake_identity(void *backend, struct vfmig_fact *facts,
			 unsigned int max)
{
	struct fake_vf *vf = backend;

	if (vf->unknown) {
		vf->unknown--;
		return -EAGAIN;
	}
	facts[0] = (struct vfmig_fact){
		.id = FAKE_FACT,
		.rule = VFMIG_FACT_EQUAL,
		.value = 1,
		.name = "fake",
	};
	return 1;
}

static int fake_quiesce(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "quiesce", !vf->quiet && !vf->frozen && !vf->was_reset);
	ret = told(vf, "quiesce");
	if (!ret)
		vf->quiet = true;
	return ret;
}

static int fake_run(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "run", vf->quiet && !vf->frozen && !vf->was_reset);
	ret = told(vf, "run");
	if (!ret)
		vf->quiet = false;
	return ret;
}

static int fake_freeze(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "freeze", vf->quiet && !vf->frozen && !vf->was_reset);
	ret = told(vf, "freeze");
	if (!ret)
		vf->frozen = true;
	return ret;
}

static int fake_thaw(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "thaw", vf->frozen && !vf->loading && !vf->was_reset);
	ret = told(vf, "thaw");
	if (!ret)
		vf->frozen = false;
	return ret;
}

static int begin_pre_copy(struct fake_vf *vf)
{
	int ret;

	may(vf, "begin-pre", !vf->saving && !vf->loading && !vf->was_reset);
	ret = told(vf, "begin-pre");
	if (ret)
		return ret;
	vf->saving = true;
	vf->said = 0;
	return 0;
}

static int begin_stop_copy(struct fake_vf *vf)
{
	int ret;

	may(vf, "begin-stop",
	    vf->frozen && !vf->final && !vf->loading && !vf->was_reset);
	ret = told(vf, "begin-stop");
	if (ret)
		return ret;
	if (!vf->saving)
		vf->said = 0;
	vf->saving = true;
	vf->final = true;
	return 0;
}

static int fake_save_begin(void *backend, enum vfmig_phase phase)
{
	return phase == VFMIG_PRE_COPY ? begin_pre_copy(backend) :
					 begin_stop_copy(backend);
}

static u64 left(const struct fake_vf *vf)
{
	return (vf->final ? vf->total : vf->early) - vf->said;
}

static u64 fake_save_left(void *backend)
{
	struct fake_vf *vf = backend;

	may(vf, "save-left", vf->saving);
	return left(vf) + vf->overstated;
}

u8 fake_byte(u64 at)
{
	return at * 131 >> 3 ^ at;
}

static int fake_save(void *backend, struct vfmig_record *rec)
{
	struct fake_vf *vf = backend;
	u8 *data = rec->data;
	u32 i;
	int ret;

	may(vf, "save", vf->saving && !vf->save_err && !vf->was_reset);
	may(vf, "save",
	    rec->room >= vf->ops.min_record && rec->room <= VFMIG_RECORD_MAX &&
	    IS_ALIGNED((unsigned long)data, 8));
	ret = told(vf, "save");
	if (ret) {
		vf->save_err = ret;
		return ret;
	}
	rec->type = vf->type;
	rec->flags = vf->flags;
	rec->len = min3(left(vf), (u64)vf->record, (u64)rec->room);
	for (i = 0; i < rec->len; i++)
		data[i] = fake_byte(vf->said + i);
	vf->said += rec->len;
	return 0;
}

static void fake_save_end(void *backend)
{
	struct fake_vf *vf = backend;

	may(vf, "save-end", vf->saving);
	told(vf, "save-end");
	vf->saving = false;
	vf->final = false;
	vf->save_err = 0;
}

static int fake_load_begin(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "load-begin",
	    vf->frozen && !vf->saving && !vf->loading && !vf->was_reset);
	ret = told(vf, "load-begin");
	if (ret)
		return ret;
	vf->loading = true;
	vf->taken = 0;
	vf->load_err = 0;
	vf->committed = false;
	return 0;
}

static int fake_load(void *backend, const struct vfmig_record *rec)
{
	struct fake_vf *vf = backend;
	const u8 *data = rec->data;
	int ret;
	u32 i;

	may(vf, "load",
	    vf->loading && !vf->committed && !vf->load_err && !vf->was_reset &&
	    rec->len <= VFMIG_RECORD_MAX && IS_ALIGNED((unsigned long)data, 8));
	ret = told(vf, "load");
	if (!ret && rec->type != VFMIG_RECORD_BACKEND)
		return -EOPNOTSUPP;
	for (i = 0; !ret && i < rec->len; i++)
		if (data[i] != fake_byte(vf->taken++))
			ret = -EILSEQ;
	vf->load_err = ret;
	return ret;
}

/* In a call for each byte of a record it would say too much: once for all. */
static int fake_load_piece(void *backend, const struct vfmig_record *rec,
			   const struct vfmig_piece *piece)
{
	u32 head = min_t(u32, rec->len, FAKE_BULK_HEAD), i;
	const u8 *known = rec->data, *data = piece->data;
	struct fake_vf *vf = backend;
	bool first = piece->at == head;
	int ret = 0;

	may(vf, "bulk",
	    vf->loading && !vf->committed && !vf->load_err && !vf->was_reset &&
	    rec->flags & VFMIG_RECORD_NO_CRC && rec->len <= VFMIG_RECORD_MAX &&
	    (first || piece->at == vf->piece_due) &&
	    piece->len <= rec->len - piece->at);
	if (first)
		ret = told(vf, "bulk");
	if (!ret && rec->type != VFMIG_RECORD_BACKEND)
		return -EOPNOTSUPP;
	for (i = 0; !ret && first && i < head; i++)
		if (known[i] != fake_byte(vf->taken++))
			ret = -EILSEQ;
	for (i = 0; !ret && i < piece->len; i++)
		if (data[i] != fake_byte(vf->taken++))
			ret = -EILSEQ;
	vf->piece_due = piece->at + piece->len;
	vf->load_err = ret;
	return ret;
}

static int fake_load_commit(void *backend)
{
	struct fake_vf *vf = backend;
	int ret;

	may(vf, "commit",
	    vf->loading && vf->frozen && !vf->committed && !vf->load_err &&
	    !vf->was_reset);
	ret = told(vf, "commit");
	vf->load_err = ret;
	vf->committed = !ret;
	return ret;
}

static void fake_load_end(void *backend)
{
	struct fake_vf *vf = backend;

	may(vf, "load-end", vf->loading);
	told(vf, "load-end");
	vf->loading = false;
}

static void fake_reset(void *backend)
{
	struct fake_vf *vf = backend;

	may(vf, "reset", !vf->saving && !vf->loading);
	told(vf, "reset");
	vf->quiet = false;
	vf->frozen = false;
	vf->committed = false;
	vf->was_reset = false;
}

const struct vfmig_backend_ops fake_ops = {
	.name		= "fake",
	.stream_version	= 1,
	.min_record	= 8,
	.bulk_head	= FAKE_BULK_HEAD,
	.identity	= fake_identity,
	.quiesce	= fake_quiesce,
	.run		= fake_run,
	.freeze		= fake_freeze,
	.thaw		= fake_thaw,
	.save_begin	= fake_save_begin,
	.save_left	= fake_save_left,
	.save		= fake_save,
	.save_end	= fake_save_end,
	.load_begin	= fake_load_begin,
	.load		= fake_load,
	.load_piece	= fake_load_piece,
	.load_commit	= fake_load_commit,
	.load_end	= fake_load_end,
	.reset		= fake_reset,
};
