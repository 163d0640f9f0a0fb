# SPDX-License-Identifier: GPL-2.0-only
"""What was measured, as a file, a table and plots."""
