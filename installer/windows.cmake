# windows.cmake: CMake's toolchain file for Windows programs made on Debian with mingw-w64. PE_WINDOWS_DEPENDENCIES is the
# folder where installer/windows has put the libraries, all of them static.
set(CMAKE_SYSTEM_NAME Windows)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER x86_64-w64-mingw32-gcc-posix)
set(CMAKE_CXX_COMPILER_FORCED ON) # some libraries' projects name C++, for tests that are not built
set(CMAKE_RC_COMPILER x86_64-w64-mingw32-windres)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES PE_WINDOWS_DEPENDENCIES)
set(CMAKE_FIND_ROOT_PATH ${PE_WINDOWS_DEPENDENCIES} /usr/x86_64-w64-mingw32)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_LIBDIR} ${PE_WINDOWS_DEPENDENCIES}/lib/pkgconfig:/usr/x86_64-w64-mingw32/lib/pkgconfig)
set(PKG_CONFIG_ARGN --static)

# The libraries' headers would declare what is to come from a DLL. Windows keeps the stack aligned to 16 bytes only, and gcc
# takes 32 for granted where it spills AVX registers (gcc bug 54412): the assembler makes such moves unaligned, which
# costs nothing where the address is aligned.
set(CMAKE_C_FLAGS_INIT "-DPCRE2_STATIC -DXML_STATIC -DZIP_STATIC -DUTF8PROC_STATIC -Wa,-muse-unaligned-vector-move")
# No DLL of the compiler's beside the program; stacks as large as Linux gives, which the limits of nesting count on.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-static -Wl,--stack,8388608")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-static")
