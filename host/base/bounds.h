/* bounds.h: every limit, with its reason. */
#ifndef PE_BOUNDS_H
#define PE_BOUNDS_H

#define PE_TEXT_BYTES_MAX (32767u * 4u) /* Excel's 32,767 characters, as UTF-8 at most */
#define PE_FORMULA_BYTES_MAX 65536u     /* Excel: 8,192 characters; others write longer ones */
#define PE_FORMULA_DEPTH_MAX                                                                       \
    256u /* Excel: 64 levels of nesting; keeps recursion off the stack's end */
#define PE_FORMULA_ARGUMENTS_MAX 255u  /* Excel's own */
#define PE_ARRAY_CELLS_MAX (1u << 24)  /* 128 MiB of values in one array */
#define PE_SHEETS_MAX 16384u           /* far above any seen; keeps ids small */
#define PE_CELLS_MAX 0x0FFFFFFFu       /* dense cell ids are 32 bits */
#define PE_PART_BYTES_MAX (4ull << 30) /* one inflated part of a package */
#define PE_PART_RATIO_MAX 1100u /* DEFLATE cannot exceed 1,032 to 1; a bomb lies about sizes */
#define PE_PACKAGE_BYTES_MAX (16ull << 30) /* all inflated parts together */
#define PE_XML_DEPTH_MAX 256u
#define PE_LAMBDA_DEPTH_MAX 1024u  /* Excel: about 1,024 on its operand stack */
#define PE_TRIALS_MAX (1ull << 40) /* the trial counter of a random stream has 40 bits */
#define PE_BLOCK_TRIALS 4096u      /* statistics are formed per block and merged in a fixed tree */

#endif
