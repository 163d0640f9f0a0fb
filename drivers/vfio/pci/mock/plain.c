// SPDX-License-Identifier: GPL-2.0-only
/*
 * mock-vfio-pci - the content as it goes out and comes in
 *
 * To make it up, and to check it, costs more than to move it. Where a transfer
 * is measured and not tested, the state is plain instead: one page of it, again
 * and again.
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "mock.h"

/* The page that plain content repeats is the first of the made-up one. */
void mock_plain_begin(struct mock_device *mock)
{
	const struct mock_extent first = { .len = PAGE_SIZE };

	if (mock->knobs.plain == MOCK_COPIED)
		mock_content_fill(&mock->content, &first, mock->page);
}

static u32 mock_within_page(const struct mock_extent *extent, u32 done)
{
	return min_t(u32, extent->len - done,
		     PAGE_SIZE - offset_in_page(extent->offset + done));
}

static void mock_copy_out(struct mock_device *mock,
			  const struct mock_extent *extent, u8 *to)
{
	u32 done, n;

	for (done = 0; done < extent->len; done += n) {
		n = mock_within_page(extent, done);
		memcpy(to + done,
		       mock->page + offset_in_page(extent->offset + done), n);
	}
}

static void mock_copy_in(struct mock_device *mock,
			 const struct mock_extent *extent, const u8 *from)
{
	u32 done, n;

	for (done = 0; done < extent->len; done += n) {
		n = mock_within_page(extent, done);
		memcpy(mock->page + offset_in_page(extent->offset + done),
		       from + done, n);
	}
}

void mock_put_content(struct mock_device *mock,
		      const struct mock_extent *extent, void *to)
{
	switch (mock->knobs.plain) {
	case MOCK_MADE_UP:
		mock_content_fill(&mock->content, extent, to);
		break;
	case MOCK_COPIED:
		mock_copy_out(mock, extent, to);
		break;
	default:
		/* In place already, as what a device writes by DMA would be. */
		break;
	}
}

bool mock_take_content(struct mock_device *mock,
		       const struct mock_extent *extent, const void *from)
{
	switch (mock->knobs.plain) {
	case MOCK_MADE_UP:
		return mock_content_matches(&mock->incoming, extent, from);
	case MOCK_COPIED:
		mock_copy_in(mock, extent, from);
		return true;
	default:
		return true;
	}
}
