# A 32-bit process: eight of sixteen pages at a fixed address are written. System calls only.
    .set PAGES_AT, 0x50000000
    .set LENGTH, 0x10000
    .set WRITTEN, 8

    .section .rodata
truth:
    .ascii "region pages32 0x50000000 0x50010000 anonymous4K:8 notPresent:8\nREADY\n"
    .set truth_length, . - truth

    .bss
buffer:
    .skip 64

    .text
    .globl _start
_start:
    # mmap2(PAGES_AT, LENGTH, READ|WRITE, PRIVATE|FIXED|ANONYMOUS, -1, 0)
    movl $192, %eax
    movl $PAGES_AT, %ebx
    movl $LENGTH, %ecx
    movl $3, %edx
    movl $0x32, %esi
    movl $-1, %edi
    xorl %ebp, %ebp
    int $0x80
    cmpl $PAGES_AT, %eax
    jne failed
    # madvise(PAGES_AT, LENGTH, NOHUGEPAGE); a kernel without huge pages may refuse.
    movl $219, %eax
    movl $PAGES_AT, %ebx
    movl $LENGTH, %ecx
    movl $15, %edx
    int $0x80
    movl $PAGES_AT, %eax
    movl $WRITTEN, %ecx
touch:
    movb $1, (%eax)
    addl $0x1000, %eax
    loop touch
    # write(1, truth, truth_length)
    movl $4, %eax
    movl $1, %ebx
    movl $truth, %ecx
    movl $truth_length, %edx
    int $0x80
wait:
    # read(0, buffer, 64) until the end of input
    movl $3, %eax
    xorl %ebx, %ebx
    movl $buffer, %ecx
    movl $64, %edx
    int $0x80
    testl %eax, %eax
    jg wait
    xorl %ebx, %ebx
exit:
    movl $1, %eax
    int $0x80
failed:
    movl $1, %ebx
    jmp exit
