// Where a program begins that is linked with an unpacked glibc of another release: calls main as crt1.o would.
    .globl _start
_start:
#ifdef __x86_64__
    xorl %ebp, %ebp
    movq %rdx, %r9
    popq %rsi
    movq %rsp, %rdx
    andq $-16, %rsp
    pushq %rax
    pushq %rsp
    xorl %r8d, %r8d
    xorl %ecx, %ecx
    leaq main(%rip), %rdi
    call *__libc_start_main@GOTPCREL(%rip)
#else
    xorl %ebp, %ebp
    popl %esi
    movl %esp, %ecx
    andl $-16, %esp
    pushl %eax
    pushl %esp
    pushl %edx
    pushl $0
    pushl $0
    pushl %ecx
    pushl %esi
    call 1f
1:  popl %ebx
    addl $_GLOBAL_OFFSET_TABLE_+(.-1b), %ebx
    leal main@GOTOFF(%ebx), %eax
    pushl %eax
    call __libc_start_main@PLT
#endif
    hlt
    .section .note.GNU-stack, "", @progbits
