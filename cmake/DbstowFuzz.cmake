# libFuzzer over decoders of outside bytes, with AddressSanitizer and UndefinedBehaviorSanitizer.

find_program(DBSTOW_CLANGXX clang++-19)

# dbstow_add_fuzzer(NAME SEEDS script SOURCES file... [LIBRARIES -l...])
# A ctest test doubles.<NAME>_fuzz that fuzzes for a minute, beginning from what SEEDS, a Python
# script, writes into the folder that it is given. Without clang it is a skip that says so.
function(dbstow_add_fuzzer name)
  cmake_parse_arguments(FUZZ "" "SEEDS" "SOURCES;LIBRARIES" ${ARGN})
  set(test doubles.${name}_fuzz)
  if(NOT DBSTOW_CLANGXX)
    add_test(NAME ${test} COMMAND sh -c "echo 'serve: skipped clang++-19: not installed'; exit 77")
    set_tests_properties(${test} PROPERTIES LABELS doubles SKIP_RETURN_CODE 77)
    return()
  endif()
  set(flags -std=c++20 -O1 -g1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all)
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/fuzz)
  file(MAKE_DIRECTORY ${folder})
  set(objects "")
  foreach(source IN LISTS FUZZ_SOURCES)
    # One object per source, so that they are built side by side and cached.
    file(RELATIVE_PATH flat ${PROJECT_SOURCE_DIR} ${source})
    string(REPLACE "/" "_" flat ${flat})
    set(object ${folder}/${flat}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${DBSTOW_CCACHE} ${DBSTOW_CLANGXX} ${flags} -I${PROJECT_SOURCE_DIR}/include
              -I${PROJECT_SOURCE_DIR}/src -I${PROJECT_SOURCE_DIR}/tests -MD -MF ${object}.d -c
              ${source} -o ${object}
      DEPENDS ${source}
      DEPFILE ${object}.d
      VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(program ${folder}/dbstow_double_${name}_fuzz)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_custom_command(
    OUTPUT ${program}
    COMMAND ${DBSTOW_CLANGXX} ${flags} ${objects} ${FUZZ_LIBRARIES} -o ${program}
    COMMAND Python3::Interpreter ${FUZZ_SEEDS} ${folder}/seeds
    DEPENDS ${objects} ${FUZZ_SEEDS}
    COMMENT "Building the fuzzer of the ${name} double"
    VERBATIM)
  add_custom_target(dbstow_double_${name}_fuzzer ALL DEPENDS ${program})
  dbstow_label_tests(dbstow_double_${name}_fuzzer doubles)
  add_test(NAME ${test} COMMAND ${program} -max_total_time=60 -max_len=4096 -timeout=20
                                -print_final_stats=1 -artifact_prefix=${folder}/ ${folder}/seeds)
  # The longest ones first, also in a build folder that has no times of an earlier run.
  set_tests_properties(${test} PROPERTIES LABELS doubles TIMEOUT 180 COST 60)
endfunction()
