// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - module parameters and debugfs
 *
 * A module parameter is what a device begins with when it is bound; a file of
 * the same name in the device's directory is what it has now.
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "mock.h"

static struct mock_knobs mock_defaults = {
	.size		= SZ_64K,
	.seed		= 1,
	.record		= SZ_4K,
	.rounds		= 2,
	.dirty_permille	= 100,
	.fact_at_least	= 1,
	.fact_superset	= 1,
	.timeout_ms	= VFMIG_TIMEOUT_MS,
	.stream_version	= 1,
};

static char *mock_default_name = "mock";
static char *mock_default_fault = "none";

struct mock_knob {
	const char *name;
	size_t offset;
	u64 min;
	u64 max;
};

#define MOCK_KNOB(_name, _min, _max)					\
	{ #_name, offsetof(struct mock_knobs, _name), _min, _max }

static const struct mock_knob mock_file_knobs[] = {
	MOCK_KNOB(size, MOCK_SIZE_MIN, MOCK_SIZE_MAX),
	MOCK_KNOB(seed, 0, U64_MAX),
	MOCK_KNOB(record, sizeof(u64), MOCK_MAX_CONTENT),
	MOCK_KNOB(rounds, 0, U32_MAX),
	MOCK_KNOB(dirty_permille, 0, 1000),
	MOCK_KNOB(slow_record_us, 0, U32_MAX),
	MOCK_KNOB(slow_step_us, 0, U32_MAX),
	MOCK_KNOB(no_crc, 0, 1),
	MOCK_KNOB(plain, MOCK_MADE_UP, MOCK_IN_PLACE),
	MOCK_KNOB(extra_optional, 0, 1),
	MOCK_KNOB(extra_mandatory, 0, 1),
	MOCK_KNOB(overstate, 0, 1),
	MOCK_KNOB(fact_equal, 0, U64_MAX),
	MOCK_KNOB(fact_at_least, 0, U64_MAX),
	MOCK_KNOB(fact_superset, 0, U64_MAX),
};

static const struct mock_knob mock_bind_knobs[] = {
	MOCK_KNOB(timeout_ms, 0, U32_MAX),
	MOCK_KNOB(stream_version, 0, U32_MAX),
};

module_param_named(size, mock_defaults.size, ullong, 0644);
MODULE_PARM_DESC(size, "Bytes of state, a multiple of 8");
module_param_named(seed, mock_defaults.seed, ullong, 0644);
MODULE_PARM_DESC(seed, "Seed that the content of the state is made from");
module_param_named(record, mock_defaults.record, ullong, 0644);
MODULE_PARM_DESC(record, "Bytes of state in one record, a multiple of 8");
module_param_named(rounds, mock_defaults.rounds, ullong, 0644);
MODULE_PARM_DESC(rounds, "Rounds of pre-copy");
module_param_named(dirty_permille, mock_defaults.dirty_permille, ullong, 0644);
MODULE_PARM_DESC(dirty_permille, "Share of the state that a round dirties, in thousandths");
module_param_named(slow_record_us, mock_defaults.slow_record_us, ullong, 0644);
MODULE_PARM_DESC(slow_record_us, "Time that one record takes, in microseconds");
module_param_named(slow_step_us, mock_defaults.slow_step_us, ullong, 0644);
MODULE_PARM_DESC(slow_step_us, "Time that any other call takes, in microseconds");
module_param_named(no_crc, mock_defaults.no_crc, ullong, 0644);
MODULE_PARM_DESC(no_crc, "Send records of bulk data without a CRC (flag NO_CRC)");
module_param_named(plain, mock_defaults.plain, ullong, 0644);
MODULE_PARM_DESC(plain, "The state is computed (0), copied from memory (1), used in place (2)");
module_param_named(extra_optional, mock_defaults.extra_optional, ullong, 0644);
MODULE_PARM_DESC(extra_optional, "Send a record of an unknown type, flagged OPTIONAL");
module_param_named(extra_mandatory, mock_defaults.extra_mandatory, ullong, 0644);
MODULE_PARM_DESC(extra_mandatory, "Send a record of an unknown type, not OPTIONAL");
module_param_named(overstate, mock_defaults.overstate, ullong, 0644);
MODULE_PARM_DESC(overstate, "save_left() returns 8 bytes too many");
module_param_named(fact_equal, mock_defaults.fact_equal, ullong, 0644);
MODULE_PARM_DESC(fact_equal, "Value of the fact that must be equal at source and destination");
module_param_named(fact_at_least, mock_defaults.fact_at_least, ullong, 0644);
MODULE_PARM_DESC(fact_at_least, "Value of the fact that must not be less at the destination");
module_param_named(fact_superset, mock_defaults.fact_superset, ullong, 0644);
MODULE_PARM_DESC(fact_superset, "Value of the fact whose bits the destination must have");
module_param_named(timeout_ms, mock_defaults.timeout_ms, ullong, 0644);
MODULE_PARM_DESC(timeout_ms, "Time limit of one access, in milliseconds");
module_param_named(stream_version, mock_defaults.stream_version, ullong, 0644);
MODULE_PARM_DESC(stream_version, "Version of the backend's records");
module_param_named(name, mock_default_name, charp, 0644);
MODULE_PARM_DESC(name, "Name of the backend in the stream");
module_param_named(fault, mock_default_fault, charp, 0644);
MODULE_PARM_DESC(fault, "Fault to inject: CALL NTH ERRNO|hang [always], or none");

static u64 *mock_knob_of(struct mock_knobs *knobs, const struct mock_knob *knob)
{
	return (void *)knobs + knob->offset;
}

static bool mock_knob_fits(const struct mock_knob *knob, u64 value)
{
	if (value < knob->min || value > knob->max)
		return false;
	if (knob->offset == offsetof(struct mock_knobs, size) ||
	    knob->offset == offsetof(struct mock_knobs, record))
		return !(value % sizeof(u64));
	return true;
}

static int mock_knobs_check(struct mock_device *mock,
			    const struct mock_knob *knob, size_t n)
{
	u64 value;

	for (; n; n--, knob++) {
		value = *mock_knob_of(&mock->knobs, knob);
		if (mock_knob_fits(knob, value))
			continue;
		pci_err(mock->vpci.core.pdev, "mock: invalid value of %s: %llu\n", knob->name,
			value);
		return -EINVAL;
	}
	return 0;
}

/**
 * mock_knobs_default - gives a device the module parameters
 * @mock: the device, not yet registered with vfmig
 */
int mock_knobs_default(struct mock_device *mock)
{
	char *fault;
	int ret;

	kernel_param_lock(THIS_MODULE);
	mock->knobs = mock_defaults;
	strscpy(mock->name, mock_default_name, sizeof(mock->name));
	fault = kstrdup(mock_default_fault, GFP_KERNEL);
	kernel_param_unlock(THIS_MODULE);
	if (!fault)
		return -ENOMEM;

	ret = mock_fault_set(mock, fault);
	kfree(fault);
	if (ret)
		return ret;
	ret = mock_knobs_check(mock, mock_file_knobs,
			       ARRAY_SIZE(mock_file_knobs));
	if (ret)
		return ret;
	ret = mock_knobs_check(mock, mock_bind_knobs,
			       ARRAY_SIZE(mock_bind_knobs));
	if (ret)
		return ret;

	mock->ops.name = mock->name;
	mock->ops.timeout_ms = mock->knobs.timeout_ms;
	mock->ops.stream_version = mock->knobs.stream_version;
	return 0;
}

static ssize_t mock_knob_read(struct file *file, char __user *buf, size_t count,
			      loff_t *ppos)
{
	struct mock_knob_file *of = file->private_data;
	char text[24];
	int len;

	len = scnprintf(text, sizeof(text), "%llu\n",
			*mock_knob_of(&of->mock->knobs, of->knob));
	return simple_read_from_buffer(buf, count, ppos, text, len);
}

static ssize_t mock_knob_write(struct file *file, const char __user *buf,
			       size_t count, loff_t *ppos)
{
	struct mock_knob_file *of = file->private_data;
	u64 value;
	int ret;

	ret = kstrtou64_from_user(buf, count, 0, &value);
	if (ret)
		return ret;
	if (!mock_knob_fits(of->knob, value))
		return -EINVAL;
	WRITE_ONCE(*mock_knob_of(&of->mock->knobs, of->knob), value);
	return count;
}

static const struct file_operations mock_knob_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= mock_knob_read,
	.write	= mock_knob_write,
	.llseek	= default_llseek,
};

static int mock_state_show(struct seq_file *seq, void *unused)
{
	static const char * const runs[] = {
		[MOCK_RUNNING]	= "running",
		[MOCK_QUIESCED]	= "quiesced",
		[MOCK_FROZEN]	= "frozen",
	};
	static const char * const sessions[] = {
		[MOCK_IDLE]		= "idle",
		[MOCK_SAVING_PRE_COPY]	= "pre_copy",
		[MOCK_SAVING_STOP_COPY]	= "stop_copy",
		[MOCK_LOADING]		= "loading",
		[MOCK_LOADED]		= "loaded",
	};
	struct mock_device *mock = seq->private;

	spin_lock(&mock->lock);
	seq_printf(seq, "opened %d\n", mock->opened);
	seq_printf(seq, "run %s\n", runs[mock->run]);
	seq_printf(seq, "session %s\n", sessions[mock->session]);
	seq_printf(seq, "seed %llu\n", mock->content.seed);
	seq_printf(seq, "size %llu\n", mock->content.size);
	seq_printf(seq, "left %llu\n", mock->left);
	seq_printf(seq, "digest %016llx\n",
		   mock_content_digest(&mock->content));
	spin_unlock(&mock->lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mock_state);

static int mock_counts_show(struct seq_file *seq, void *unused)
{
	mock_trouble_counts(seq->private, seq);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mock_counts);

/* Files that can also be written: shown as text, and told something. */
#define MOCK_TELL_ATTRIBUTE(_name, _show, _tell)			\
static int _name##_show(struct seq_file *seq, void *unused)		\
{									\
	_show(seq->private, seq);					\
	return 0;							\
}									\
static int _name##_open(struct inode *inode, struct file *file)		\
{									\
	return single_open(file, _name##_show, inode->i_private);	\
}									\
static ssize_t _name##_write(struct file *file, const char __user *buf,	\
			     size_t count, loff_t *ppos)		\
{									\
	struct seq_file *seq = file->private_data;			\
	char text[64] = {};						\
	int ret;							\
									\
	if (count >= sizeof(text))					\
		return -EINVAL;						\
	if (copy_from_user(text, buf, count))				\
		return -EFAULT;						\
	ret = _tell(seq->private, text);				\
	return ret ? ret : count;					\
}									\
static const struct file_operations _name##_fops = {			\
	.owner		= THIS_MODULE,					\
	.open		= _name##_open,					\
	.read		= seq_read,					\
	.write		= _name##_write,				\
	.llseek		= seq_lseek,					\
	.release	= single_release,				\
}

static void mock_show_nothing(struct mock_device *mock, struct seq_file *seq)
{
}

MOCK_TELL_ATTRIBUTE(mock_fault, mock_trouble_faults, mock_fault_set);
MOCK_TELL_ATTRIBUTE(mock_calls, mock_trouble_calls, mock_calls_clear);
MOCK_TELL_ATTRIBUTE(mock_change, mock_show_nothing, mock_change);
MOCK_TELL_ATTRIBUTE(mock_violations, mock_trouble_violations,
		    mock_violations_clear);

void mock_debugfs_add(struct mock_device *mock)
{
	struct dentry *dir;
	size_t i;

	dir = debugfs_create_dir("mock", vfmig_debugfs(mock->vpci.vm));
	for (i = 0; i < ARRAY_SIZE(mock_file_knobs); i++) {
		mock->knob_file[i].mock = mock;
		mock->knob_file[i].knob = &mock_file_knobs[i];
		debugfs_create_file(mock_file_knobs[i].name, 0600, dir,
				    &mock->knob_file[i], &mock_knob_fops);
	}
	debugfs_create_file("state", 0400, dir, mock, &mock_state_fops);
	debugfs_create_file("counts", 0400, dir, mock, &mock_counts_fops);
	debugfs_create_file("fault", 0600, dir, mock, &mock_fault_fops);
	debugfs_create_file("calls", 0600, dir, mock, &mock_calls_fops);
	debugfs_create_file("change", 0200, dir, mock, &mock_change_fops);
	debugfs_create_file("violations", 0600, dir, mock,
			    &mock_violations_fops);
}
