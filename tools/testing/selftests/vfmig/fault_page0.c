// SPDX-License-Identifier: GPL-2.0-only
/*
 * Page 0 of an 82576 VF, whose accesses pass through the driver, where the
 * user's memory has faults.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "fixture.h"
#include "igbvf.h"

#define PLACES	100
#define WORDS	4

static struct guest guest;

void before_open(void)
{
	fault_need();
	guest_leave(&guest);
	if (!is_igbvf(vf_first()))
		SKIP("only igbvf's driver looks at a page");
	pf_set_mac(vf_first(), "52:54:00:76:66:00");
}

static int move(bool out, void *words)
{
	size_t len = WORDS * sizeof(uint32_t);
	ssize_t n;

	n = out ? pwrite(vf.fd, words, len, VMBMEM) :
		  pread(vf.fd, words, len, VMBMEM);
	return n < 0 ? -errno : n == (ssize_t)len ? 0 : -EMSGSIZE;
}

TEST(page0, "an access of several registers fails, or has them all")
{
	uint32_t out[WORDS], in[WORDS];
	int ret;

	guest_enter(&guest, &vf);
	guest_boot(&guest);
	mailbox_take(&guest);
	for (int i = 0; i < 2; i++) {
		struct sweep sweep = SWEEP(i ? "write" : "read", PLACES);

		while (sweep_next(&sweep)) {
			memset(out, sweep.nth, sizeof(out));
			if (!i)
				ASSERT_EQ(move(true, out), 0);
			sweep_arm(&sweep);
			ret = move(i, i ? out : in);
			sweep_disarm(&sweep, ret);
			EXPECT_NE(ret, -ENOMEM);
			if (ret)
				ASSERT_EQ(move(i, i ? out : in), 0);
			if (i)
				ASSERT_EQ(move(false, in), 0);
			EXPECT_EQ(memcmp(in, out, sizeof(in)), 0, "place %u",
				  sweep.nth);
		}
		sweep_done(&sweep, WORDS);
	}
	need_whole_transfer();
}
