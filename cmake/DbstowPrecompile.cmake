# Headers that nearly every file reads are read once for all of them: two thirds of the time to compile
# a file here go into the standard library's and GoogleTest's headers. Off by default, because a file
# then gets away with an #include that it forgot; `debug` and `asan` build without.
option(DBSTOW_PRECOMPILE "Precompile the standard library's headers" OFF)

set(DBSTOW_PRECOMPILED
    <algorithm> <array> <atomic> <charconv> <chrono> <condition_variable> <cstdint> <filesystem>
    <functional> <map> <memory> <mutex> <optional> <ranges> <set> <span> <sstream> <stop_token>
    <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector>)

# Every target that is compiled with dbstow_build_flags. To be called when all are defined.
function(dbstow_precompile)
  if(NOT DBSTOW_PRECOMPILE)
    return()
  endif()
  set(anchor ${PROJECT_BINARY_DIR}/generated/precompiled.cc)
  file(CONFIGURE OUTPUT ${anchor} CONTENT "")
  add_library(dbstow_precompiled OBJECT ${anchor})
  target_link_libraries(dbstow_precompiled PRIVATE dbstow_build_flags)
  target_precompile_headers(dbstow_precompiled PRIVATE ${DBSTOW_PRECOMPILED})
  if(DBSTOW_BUILD_TESTS)
    find_package(GTest REQUIRED)
    add_library(dbstow_precompiled_tests OBJECT ${anchor})
    # As the objects of programs are compiled, not those of libraries.
    set_target_properties(dbstow_precompiled_tests PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(dbstow_precompiled_tests PRIVATE -fPIE)
    target_link_libraries(dbstow_precompiled_tests PRIVATE dbstow_build_flags GTest::gmock)
    target_precompile_headers(dbstow_precompiled_tests PRIVATE ${DBSTOW_PRECOMPILED} <gmock/gmock.h>
                              <gtest/gtest.h>)
  endif()
  dbstow_precompile_folder(${PROJECT_SOURCE_DIR}/src)
  if(DBSTOW_BUILD_TESTS)
    dbstow_precompile_folder(${PROJECT_SOURCE_DIR}/tests)
  endif()
endfunction()

function(dbstow_precompile_folder folder)
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    get_target_property(libraries ${target} LINK_LIBRARIES)
    if(NOT "dbstow_build_flags" IN_LIST libraries)
      continue()
    elseif(type STREQUAL "STATIC_LIBRARY")
      target_precompile_headers(${target} REUSE_FROM dbstow_precompiled)
    elseif("GTest::gmock" IN_LIST libraries)
      target_precompile_headers(${target} REUSE_FROM dbstow_precompiled_tests)
    endif()
  endforeach()
  get_property(folders DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(inner IN LISTS folders)
    dbstow_precompile_folder(${inner})
  endforeach()
endfunction()
