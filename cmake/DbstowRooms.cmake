# One folder, one room, one target. Sources are sorted by suffix: `*_test.cc` goes to the room's
# test program, everything else to its library.

find_program(DBSTOW_CCACHE ccache)
if(DBSTOW_CCACHE)
  # What ccache wants to know precompiled headers (DbstowPrecompile.cmake).
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
                                  ${DBSTOW_CCACHE})
endif()
find_program(DBSTOW_MOLD mold)
if(DBSTOW_MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()

add_library(dbstow_build_flags INTERFACE)
target_compile_options(
  dbstow_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                               -Wold-style-cast -Wconversion -Wno-sign-conversion -Wno-missing-field-initializers -Werror
                               -fstack-protector-strong)
if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT DBSTOW_SANITIZE)
  target_compile_definitions(dbstow_build_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(DBSTOW_SANITIZE)
  target_compile_options(dbstow_build_flags INTERFACE -fsanitize=${DBSTOW_SANITIZE}
                                                      -fno-omit-frame-pointer -g1)
  target_link_options(dbstow_build_flags INTERFACE -fsanitize=${DBSTOW_SANITIZE})
  if(DBSTOW_SANITIZE MATCHES "address")
    # Instrumented, optionals give false alarms, as GCC's manual says. The other builds keep the warning.
    target_compile_options(dbstow_build_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
  if(DBSTOW_SANITIZE MATCHES "undefined")
    target_compile_options(dbstow_build_flags INTERFACE -fno-sanitize-recover=all)
  endif()
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: a false alarm about std::string operator+ with optimisation.
  target_compile_options(dbstow_build_flags INTERFACE -Wno-restrict)
  if(DBSTOW_PRECOMPILE)
    # The same by another name, where precompiled headers make it inline otherwise (GCC bug 105329).
    target_compile_options(dbstow_build_flags INTERFACE -Wno-array-bounds -Wno-stringop-overflow)
  endif()
endif()
target_include_directories(
  dbstow_build_flags INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src
                               ${PROJECT_BINARY_DIR}/generated)

set_property(GLOBAL PROPERTY DBSTOW_ROOMS "")

# Test programs by label: `cmake --build … --target tests-contract` builds just those.
function(dbstow_label_tests program)
  foreach(label IN LISTS ARGN)
    if(NOT TARGET tests-${label})
      add_custom_target(tests-${label})
    endif()
    add_dependencies(tests-${label} ${program})
  endforeach()
endfunction()

# dbstow_add_room(NAME [THREADED] [DEPENDS room...] [PACKAGES imported-target...])
# Defines dbstow_<name> (`/` becomes `_`) and, when there are tests, dbstow_<name>_test. THREADED: its
# tests also run under ThreadSanitizer.
function(dbstow_add_room name)
  cmake_parse_arguments(ROOM "THREADED" "" "DEPENDS;PACKAGES" ${ARGN})
  string(REPLACE "/" "_" target "dbstow_${name}")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  if(sources)
    add_library(${target} STATIC ${sources})
    target_link_libraries(${target} PRIVATE dbstow_build_flags ${ROOM_PACKAGES})
  else()
    add_library(${target} INTERFACE)
  endif()
  foreach(room IN LISTS ROOM_DEPENDS)
    string(REPLACE "/" "_" dependency "dbstow_${room}")
    if(sources)
      target_link_libraries(${target} PUBLIC ${dependency})
    else()
      target_link_libraries(${target} INTERFACE ${dependency})
    endif()
  endforeach()
  if(sources)
    set_property(GLOBAL APPEND PROPERTY DBSTOW_ROOMS ${target})
  endif()
  if(tests AND DBSTOW_BUILD_TESTS)
    set(labels unit)
    if(ROOM_THREADED)
      list(APPEND labels threads)
    endif()
    dbstow_add_test(${target}_test SOURCES ${tests} DEPENDS ${target} PACKAGES ${ROOM_PACKAGES}
                    LABELS ${labels})
  endif()
endfunction()

# dbstow_add_engine([PACKAGES ...]): a room in src/engines/<name>, put on the generated list of
# built-in engines. Its one public symbol is
# `Result<void> dbstow::Register<Name>(EngineRegistry&, const EnginePorts&)` in
# `engines/<name>/register.h`, <Name> being the folder's name in UpperCamel.
function(dbstow_add_engine)
  cmake_parse_arguments(ENGINE "" "" "PACKAGES" ${ARGN})
  get_filename_component(name ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  dbstow_add_room(engines/${name} DEPENDS core io PACKAGES ${ENGINE_PACKAGES})
  set_property(GLOBAL APPEND PROPERTY DBSTOW_ENGINES ${name})
endfunction()

# dbstow_generate_engine_list(FILE engine...): writes a source that defines RegisterBuiltinEngines for
# these engines.
function(dbstow_generate_engine_list file)
  set(DBSTOW_ENGINE_INCLUDES "")
  set(DBSTOW_ENGINE_CALLS "")
  foreach(name IN LISTS ARGN)
    string(REGEX REPLACE "[-_]" ";" words ${name})
    set(camel "")
    foreach(word IN LISTS words)
      string(SUBSTRING ${word} 0 1 first)
      string(SUBSTRING ${word} 1 -1 rest)
      string(TOUPPER ${first} first)
      string(APPEND camel ${first}${rest})
    endforeach()
    string(APPEND DBSTOW_ENGINE_INCLUDES "#include \"engines/${name}/register.h\"\n")
    string(APPEND DBSTOW_ENGINE_CALLS "  DBSTOW_TRY(Register${camel}(registry, ports));\n")
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/builtin_engines.cc.in ${file} @ONLY)
endfunction()

# dbstow_add_test(NAME SOURCES ... [DEPENDS target...] [PACKAGES ...] [LABELS ...] [TIMEOUT s]
#                 [ENVIRONMENT VAR=value...] [SERIAL] [SHARDS n])
# A GoogleTest program whose cases are ctest tests. SHARDS: the program is n ctest tests, each with
# every n-th of its cases, so that a server which it starts is started once for all of these.
function(dbstow_add_test name)
  cmake_parse_arguments(TEST "SERIAL" "TIMEOUT;SHARDS" "SOURCES;DEPENDS;PACKAGES;LABELS;ENVIRONMENT" ${ARGN})
  find_package(GTest REQUIRED)
  if(NOT TEST_TIMEOUT)
    set(TEST_TIMEOUT 300)
  endif()
  if(NOT TEST_LABELS)
    set(TEST_LABELS unit)
  endif()
  add_executable(${name} ${TEST_SOURCES})
  target_link_libraries(${name} PRIVATE dbstow_build_flags ${TEST_DEPENDS} ${TEST_PACKAGES}
                                        dbstow_test_support GTest::gmock GTest::gtest_main)
  dbstow_label_tests(${name} ${TEST_LABELS})
  # gtest_discover_tests hands its properties on as one flat list: no value may be a list or empty.
  list(JOIN TEST_LABELS "+" labels)
  set(properties LABELS ${labels} TIMEOUT ${TEST_TIMEOUT} RUN_SERIAL ${TEST_SERIAL})
  if(TEST_ENVIRONMENT)
    list(APPEND properties ENVIRONMENT ${TEST_ENVIRONMENT})
  endif()
  if(TEST_SHARDS)
    math(EXPR last "${TEST_SHARDS} - 1")
    foreach(shard RANGE ${last})
      add_test(NAME ${name}.${shard}
               COMMAND ${CMAKE_COMMAND} -E env GTEST_TOTAL_SHARDS=${TEST_SHARDS}
                       GTEST_SHARD_INDEX=${shard} $<TARGET_FILE:${name}>)
      set_tests_properties(${name}.${shard} PROPERTIES ${properties})
    endforeach()
    return()
  endif()
  include(GoogleTest)
  # The default of 5 s to list its cases is not much for a large program on a busy, cold disk.
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST NO_PRETTY_VALUES
                       DISCOVERY_TIMEOUT 120 PROPERTIES ${properties})
endfunction()

# dbstow_add_server_test(NAME THING... COMMAND ... [WORKING_DIRECTORY folder] [LABELS ...])
# The ctest test servers.NAME: COMMAND among the servers and clients THING, which tests/servers/serve
# starts and names in environment variables (tests/servers/README.md). Skipped when one of them cannot
# be had. Labels: servers, and those given.
function(dbstow_add_server_test name)
  cmake_parse_arguments(PROOF "" "WORKING_DIRECTORY" "COMMAND;LABELS" ${ARGN})
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  if(NOT PROOF_WORKING_DIRECTORY)
    set(PROOF_WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
  endif()
  add_test(NAME servers.${name}
           COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/servers/serve --need-all
                   ${PROOF_UNPARSED_ARGUMENTS} -- ${PROOF_COMMAND}
           WORKING_DIRECTORY ${PROOF_WORKING_DIRECTORY})
  list(PREPEND PROOF_LABELS servers)
  list(JOIN PROOF_LABELS "+" labels)
  set_tests_properties(servers.${name} PROPERTIES LABELS ${labels} TIMEOUT 600 SKIP_RETURN_CODE 77
                                               ENVIRONMENT DBSTOW_BUILD=${PROJECT_BINARY_DIR})
endfunction()
