# SPDX-License-Identifier: Apache-2.0
# sl_room(SOURCES a.c b.c TESTS test_a test_b): the files of one folder, and their unit tests,
# which live in tests/unit/NAME.c and use cmocka. A new file is one line here.
pkg_check_modules(cmocka IMPORTED_TARGET cmocka)

function(sl_room)
	cmake_parse_arguments(room "" "" "SOURCES;TESTS" ${ARGN})
	foreach(source ${room_SOURCES})
		target_sources(spamloom_core PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/${source})
	endforeach()
	if(NOT BUILD_TESTING OR NOT cmocka_FOUND)
		return()
	endif()
	foreach(test ${room_TESTS})
		add_executable(${test} ${CMAKE_SOURCE_DIR}/tests/unit/${test}.c)
		target_include_directories(${test} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
		target_compile_definitions(${test} PRIVATE
			SL_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data")
		target_link_libraries(${test} PRIVATE spamloom_core PkgConfig::cmocka)
		add_test(NAME unit/${test} COMMAND ${test})
		set_tests_properties(unit/${test} PROPERTIES LABELS unit TIMEOUT 120)
	endforeach()
endfunction()
