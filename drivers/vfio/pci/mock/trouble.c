// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - what happens around every call of the backend
 *
 * The call is written down, checked against the contract in <linux/vfmig.h>,
 * delayed, and failed, as the knobs say.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "mock.h"

static const char * const mock_call_names[MOCK_NR_CALLS] = {
	[MOCK_IDENTITY]		= "identity",
	[MOCK_QUIESCE]		= "quiesce",
	[MOCK_RUN]		= "run",
	[MOCK_FREEZE]		= "freeze",
	[MOCK_THAW]		= "thaw",
	[MOCK_SAVE_BEGIN]	= "save_begin",
	[MOCK_SAVE_LEFT]	= "save_left",
	[MOCK_SAVE]		= "save",
	[MOCK_SAVE_SIZE]	= "save_size",
	[MOCK_SAVE_END]		= "save_end",
	[MOCK_LOAD_BEGIN]	= "load_begin",
	[MOCK_LOAD]		= "load",
	[MOCK_LOAD_PIECE]	= "load_piece",
	[MOCK_LOAD_COMMIT]	= "load_commit",
	[MOCK_LOAD_END]		= "load_end",
	[MOCK_RESET]		= "reset",
};

static const char * const mock_phase_names[] = {
	"", ".pre_copy", ".stop_copy",
};

/* Called with mock->lock held. */
void mock_expect(struct mock_device *mock, bool kept, const char *rule)
{
	struct mock_trouble *trouble = &mock->trouble;

	if (kept)
		return;
	if (trouble->violations < MOCK_COMPLAINTS)
		trouble->complaint[trouble->violations] = rule;
	trouble->violations++;
}

void mock_expect_now(struct mock_device *mock, bool kept, const char *rule)
{
	spin_lock(&mock->lock);
	mock_expect(mock, kept, rule);
	spin_unlock(&mock->lock);
}

void mock_enter(struct mock_device *mock, enum mock_call call)
{
	spin_lock(&mock->lock);
	mock_expect(mock, !mock->busy, "one call at a time");
	mock->busy = true;
	mock->trouble.count[call]++;
	spin_unlock(&mock->lock);
}

/*
 * How much is left is asked so often that it would push all else out of the
 * log: it is only counted.
 */
int mock_leave(struct mock_device *mock, enum mock_call call, u8 phase, int ret)
{
	struct mock_trouble *trouble = &mock->trouble;
	struct mock_log_entry *last;

	spin_lock(&mock->lock);
	mock->busy = false;
	if (call == MOCK_SAVE_LEFT)
		goto out;

	last = &trouble->log[(trouble->logged - 1) % MOCK_LOG_SIZE];
	if (trouble->logged && last->call == call && last->phase == phase &&
	    last->ret == ret) {
		last->repeats++;
		goto out;
	}
	trouble->log[trouble->logged++ % MOCK_LOG_SIZE] =
		(struct mock_log_entry) {
			.call = call,
			.phase = phase,
			.ret = ret,
			.repeats = 1,
		};
out:
	spin_unlock(&mock->lock);
	return ret;
}

/* Sleeps in short steps: whoever waits for us may lose patience, or be killed. */
static int mock_dally(struct mock_device *mock, u64 us, bool forever)
{
	ktime_t end = ktime_add_us(ktime_get(), us);
	s64 rest = us;
	int ret;

	while (forever || rest > 0) {
		ret = vfmig_must_stop(mock->vpci.vm);
		if (ret)
			return ret;
		fsleep(forever ? USEC_PER_MSEC :
		       min_t(s64, rest, USEC_PER_MSEC));
		rest = ktime_us_delta(end, ktime_get());
	}
	return 0;
}

/**
 * mock_trouble - takes the time and the fault that were asked for
 * @mock: the device
 * @call: the call that may be slow, hang or fail
 *
 * Returns 0 or the negative errno that the call is to return.
 */
int mock_trouble(struct mock_device *mock, enum mock_call call)
{
	struct mock_fault *fault = &mock->trouble.fault[call];
	bool per_record = call == MOCK_SAVE || call == MOCK_LOAD ||
			  call == MOCK_LOAD_PIECE;
	bool hang = false;
	int err = 0;
	int ret;

	spin_lock(&mock->lock);
	if (fault->nth && !--fault->nth) {
		err = fault->err;
		hang = fault->hang;
		if (fault->always)
			fault->nth = 1;
	}
	spin_unlock(&mock->lock);

	ret = mock_dally(mock, per_record ? mock->knobs.slow_record_us :
					    mock->knobs.slow_step_us, hang);
	if (ret)
		return ret;
	return err ? vfmig_fail(mock->vpci.vm, err, "injected fault in %s",
				mock_call_names[call]) : 0;
}

static bool mock_can_fail(enum mock_call call)
{
	return call != MOCK_SAVE_LEFT && call != MOCK_SAVE_SIZE &&
	       call != MOCK_SAVE_END && call != MOCK_LOAD_END &&
	       call != MOCK_RESET;
}

/**
 * mock_fault_set - parses "CALL NTH ERRNO|hang [always]" or "none"
 * @mock: the device
 * @text: is taken apart
 */
int mock_fault_set(struct mock_device *mock, char *text)
{
	struct mock_fault fault = {};
	char *word[4] = {};
	unsigned int words = 0;
	char *next;
	int call;

	text = strim(text);
	while ((next = strsep(&text, " "))) {
		if (words == ARRAY_SIZE(word))
			return -EINVAL;
		word[words++] = next;
	}

	if (words == 1 && !strcmp(word[0], "none")) {
		spin_lock(&mock->lock);
		memset(mock->trouble.fault, 0, sizeof(mock->trouble.fault));
		spin_unlock(&mock->lock);
		return 0;
	}
	if (words < 3)
		return -EINVAL;

	call = match_string(mock_call_names, MOCK_NR_CALLS, word[0]);
	if (call < 0 || !mock_can_fail(call))
		return -EINVAL;
	if (kstrtouint(word[1], 0, &fault.nth) || !fault.nth)
		return -EINVAL;
	fault.hang = !strcmp(word[2], "hang");
	if (!fault.hang) {
		unsigned int err;

		if (kstrtouint(word[2], 0, &err) || !err || err > MAX_ERRNO)
			return -EINVAL;
		fault.err = -err;
	}
	fault.always = word[3] && !strcmp(word[3], "always");
	if (word[3] && !fault.always)
		return -EINVAL;

	spin_lock(&mock->lock);
	mock->trouble.fault[call] = fault;
	spin_unlock(&mock->lock);
	return 0;
}

void mock_trouble_faults(struct mock_device *mock, struct seq_file *seq)
{
	const struct mock_fault *fault;
	int call;

	spin_lock(&mock->lock);
	for (call = 0; call < MOCK_NR_CALLS; call++) {
		fault = &mock->trouble.fault[call];
		if (!fault->nth)
			continue;
		seq_printf(seq, "%s %u ", mock_call_names[call], fault->nth);
		if (fault->hang)
			seq_puts(seq, "hang");
		else
			seq_printf(seq, "%d", -fault->err);
		seq_puts(seq, fault->always ? " always\n" : "\n");
	}
	spin_unlock(&mock->lock);
}

void mock_trouble_calls(struct mock_device *mock, struct seq_file *seq)
{
	const struct mock_trouble *trouble = &mock->trouble;
	const struct mock_log_entry *entry;
	unsigned int first = 0;
	unsigned int i;

	spin_lock(&mock->lock);
	if (trouble->logged > MOCK_LOG_SIZE) {
		first = trouble->logged - MOCK_LOG_SIZE;
		seq_printf(seq, "lost*%u\n", first);
	}
	for (i = first; i < trouble->logged; i++) {
		entry = &trouble->log[i % MOCK_LOG_SIZE];
		seq_printf(seq, "%s%s", mock_call_names[entry->call],
			   mock_phase_names[entry->phase]);
		if (entry->ret < 0)
			seq_printf(seq, "!%d", -entry->ret);
		if (entry->repeats > 1)
			seq_printf(seq, "*%u", entry->repeats);
		seq_putc(seq, '\n');
	}
	spin_unlock(&mock->lock);
}

int mock_calls_clear(struct mock_device *mock, const char *unused)
{
	spin_lock(&mock->lock);
	mock->trouble.logged = 0;
	memset(mock->trouble.count, 0, sizeof(mock->trouble.count));
	spin_unlock(&mock->lock);
	return 0;
}

void mock_trouble_counts(struct mock_device *mock, struct seq_file *seq)
{
	int call;

	spin_lock(&mock->lock);
	for (call = 0; call < MOCK_NR_CALLS; call++)
		seq_printf(seq, "%s %lu\n", mock_call_names[call],
			   mock->trouble.count[call]);
	spin_unlock(&mock->lock);
}

void mock_trouble_violations(struct mock_device *mock, struct seq_file *seq)
{
	const struct mock_trouble *trouble = &mock->trouble;
	unsigned int i;

	spin_lock(&mock->lock);
	seq_printf(seq, "%u\n", trouble->violations);
	for (i = 0; i < min(trouble->violations, MOCK_COMPLAINTS); i++)
		seq_printf(seq, "%s\n", trouble->complaint[i]);
	spin_unlock(&mock->lock);
}

int mock_violations_clear(struct mock_device *mock, const char *unused)
{
	spin_lock(&mock->lock);
	mock->trouble.violations = 0;
	spin_unlock(&mock->lock);
	return 0;
}
