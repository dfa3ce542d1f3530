# SPDX-License-Identifier: Apache-2.0
# The outside libraries. Each is included in one place of the code only (docs/ARCHITECTURE.md).
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(gmime REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(lmdb REQUIRED IMPORTED_TARGET lmdb)
pkg_check_modules(psl REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(icu REQUIRED IMPORTED_TARGET icu-uc icu-i18n)
pkg_check_modules(maxminddb REQUIRED IMPORTED_TARGET libmaxminddb)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(jsonc REQUIRED IMPORTED_TARGET json-c)

add_library(sl_libraries INTERFACE)
target_link_libraries(sl_libraries INTERFACE Threads::Threads PkgConfig::gmime PkgConfig::archive
	PkgConfig::xxhash PkgConfig::lmdb PkgConfig::psl PkgConfig::icu PkgConfig::maxminddb
	PkgConfig::crypto PkgConfig::jsonc m)

# XXH3 by the best vectors of the machine: libxxhash has it for x86 only.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::xxhash)
check_c_source_compiles("#include <xxh_x86dispatch.h>
	int main(void) { return (int)XXH3_128bits_dispatch(\"\", 0).low64; }" SL_HAVE_XXH_DISPATCH)
unset(CMAKE_REQUIRED_LIBRARIES)

add_library(sl_allocator INTERFACE)
find_package(mimalloc QUIET)
if(SL_MIMALLOC AND mimalloc_FOUND AND NOT SL_SANITIZE)
	target_link_libraries(sl_allocator INTERFACE mimalloc)
endif()
