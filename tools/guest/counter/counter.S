/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that is a boot sector: again and again it reads the disk's second sector,
 * where the count is that it has written last, adds one and writes it. It says the
 * count on the serial line now and then, 8 letters from a to p, and "X" when a write
 * was lost or done twice, or the BIOS reports an error. When it begins it says "S" and
 * the count that it has found.
 *
 * What it is told on the second serial line: "f", it resets its disk by a function level
 * reset, of which the BIOS, its driver, knows nothing, and that is the end of it.
 */
	.code16
	.globl _start
	.set SERIAL, 0x3f8
	.set TOLD, 0x2f8
	.set LINE_STATUS, 5
	.set CONFIG_ADDRESS, 0xcf8
	.set CONFIG_DATA, 0xcfc
	/* Bus 0, device 0x10: where QEMU is told to put it. */
	.set FUNCTION, 0x80008000
	.set CAPABILITIES, 0x34
	.set CAP_EXPRESS, 0x10
	.set DEVICE_CONTROL, 8
	.set FLR, 0x8000
	.set BUFFER, 0x9000
	.set READ, 0x0201
	.set WRITE, 0x0301

_start:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	$0x7c00, %sp
	mov	%dl, disk
	mov	$READ, %ax
	call	transfer
	mov	BUFFER, %eax
	mov	%eax, count
	mov	$'S', %al
	mov	$SERIAL, %dx
	out	%al, %dx
	call	say_count
round:
	mov	$READ, %ax
	call	transfer
	mov	BUFFER, %eax
	cmp	%eax, count
	jne	wrong
	inc	%eax
	mov	%eax, count
	mov	%eax, BUFFER
	mov	$WRITE, %ax
	call	transfer
	call	listen
	testb	$0x3f, count
	jnz	round
	call	say_count
	jmp	round

say_count:
	mov	count, %ebx
	mov	$8, %cx
	mov	$SERIAL, %dx
digit:
	rol	$4, %ebx
	mov	%bl, %al
	and	$15, %al
	add	$'a', %al
	out	%al, %dx
	loop	digit
	mov	$'\n', %al
	out	%al, %dx
	ret

listen:
	mov	$TOLD + LINE_STATUS, %dx
	in	%dx, %al
	test	$1, %al
	jz	1f
	mov	$TOLD, %dx
	in	%dx, %al
	cmp	$'f', %al
	je	reset_disk
1:	ret

reset_disk:
	mov	$CAPABILITIES, %bl
	call	read_config
	mov	%al, %bl
1:	call	read_config
	cmp	$CAP_EXPRESS, %al
	je	2f
	mov	%ah, %bl
	jmp	1b
2:	add	$DEVICE_CONTROL, %bl
	call	read_config
	or	$FLR, %ax
	out	%eax, %dx
	jmp	halt

/* The register's number is in bl; dx is left to write to it. */
read_config:
	mov	$FUNCTION, %eax
	mov	%bl, %al
	mov	$CONFIG_ADDRESS, %dx
	out	%eax, %dx
	mov	$CONFIG_DATA, %dx
	in	%dx, %eax
	ret

/* One sector, to or from the buffer. */
transfer:
	mov	$BUFFER, %bx
	mov	$2, %cx
	mov	$0, %dh
	mov	disk, %dl
	int	$0x13
	jc	wrong
	ret

wrong:
	mov	$'X', %al
	mov	$SERIAL, %dx
	out	%al, %dx
halt:
	hlt
	jmp	halt

disk:	.byte 0
	.balign 4
count:	.long 0
	.org 510
	.word 0xaa55
