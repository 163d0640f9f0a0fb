/* SPDX-License-Identifier: GPL-2.0-only */
/* Machine code that goes on anywhere else. */
#ifndef JUMP_H
#define JUMP_H

/* movabs $to, %rax; jmp *%rax: and where in it the address is. */
#define JUMP		{ 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0 }
#define JUMP_TO		2

#endif
