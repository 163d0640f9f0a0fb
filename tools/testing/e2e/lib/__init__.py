# SPDX-License-Identifier: GPL-2.0-only
"""What the end-to-end tests and the demonstration share; runs in the host VM."""
