# SPDX-License-Identifier: GPL-2.0-only
"""What is measured, a figure or a few of them a module."""
