/* SPDX-License-Identifier: GPL-2.0-only */
/* From QEMU's -kernel (multiboot: 32 bits, flat) to main(), and the interrupts' entries. */
	.set	MAGIC, 0x1badb002

	.text
	.align	4
	.long	MAGIC, 0, -MAGIC

	.globl	_start
_start:
	movl	$stack_end, %esp
	lgdt	gdt_pointer
	ljmp	$8, $1f
1:	movw	$16, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	call	main
2:	cli
	hlt
	jmp	2b

/* All it is good for is to end a hlt. */
	.globl	tick_entry
tick_entry:
	pushl	%eax
	movb	$0x20, %al
	outb	%al, $0x20
	popl	%eax
	iretl

/* One for each vector, bare.h's INTERRUPT_ENTRY_SIZE bytes apart. */
	.globl	interrupt_entries
	.balign	16
interrupt_entries:
	.set	vector, 0
	.rept	256
	pushl	$vector
	jmp	interrupted
	.set	vector, vector + 1
	.org	interrupt_entries + 16 * vector
	.endr

interrupted:
	pushal
	cld
	pushl	32(%esp)
	call	interrupt_unexpected
	addl	$4, %esp
	popal
	addl	$4, %esp
	iretl

	.section .rodata
	.align	8
gdt:
	.quad	0
	.quad	0x00cf9a000000ffff
	.quad	0x00cf92000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt

	.bss
	.align	16
	.skip	8192
stack_end:

	.section .note.GNU-stack, "", @progbits
