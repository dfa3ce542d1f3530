# SPDX-License-Identifier: Apache-2.0
# Warnings, hardening and sanitizers, as one interface target: no global flags.
add_library(sl_warnings INTERFACE)
target_compile_options(sl_warnings INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
	-Wmissing-prototypes -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings
	-Wformat=2 -Wundef -Wvla -Wnull-dereference -Wdouble-promotion -fstack-protector-strong
	-fno-omit-frame-pointer)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
	target_compile_options(sl_warnings INTERFACE -Wduplicated-cond -Wlogical-op
		-Wimplicit-fallthrough=5)
endif()
if(SL_WERROR)
	target_compile_options(sl_warnings INTERFACE -Werror)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
if(SL_SANITIZE)
	target_compile_options(sl_warnings INTERFACE -fsanitize=${SL_SANITIZE} -O1 -g
		-fno-sanitize-recover=all)
	target_link_options(sl_warnings INTERFACE -fsanitize=${SL_SANITIZE})
else()
	target_compile_options(sl_warnings INTERFACE
		$<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
	target_link_options(sl_warnings INTERFACE -Wl,-z,relro,-z,now -pie)
endif()
