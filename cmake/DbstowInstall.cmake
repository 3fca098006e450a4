# One shared library from all rooms, the public headers, and find_package(dbstow).
include(CMakePackageConfigHelpers)

get_property(rooms GLOBAL PROPERTY DBSTOW_ROOMS)
list(REMOVE_ITEM rooms dbstow_cli)
file(WRITE ${PROJECT_BINARY_DIR}/generated/library_anchor.cc
     "// A shared library needs a source of its own; the rooms hold all the code.\n")
add_library(dbstow SHARED ${PROJECT_BINARY_DIR}/generated/library_anchor.cc)
add_library(dbstow::dbstow ALIAS dbstow)
target_link_libraries(dbstow PRIVATE ${rooms})
# Also for rooms that arrive as a dependency of another: one room, one way to link it.
string(REPLACE ";" "," room_list "${rooms}")
set_property(TARGET dbstow PROPERTY LINK_LIBRARY_OVERRIDE "WHOLE_ARCHIVE,${room_list}")
target_link_libraries(dbstow PRIVATE dbstow_build_flags)
target_include_directories(dbstow INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                            $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(dbstow INTERFACE cxx_std_20)
set_target_properties(dbstow PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION 0)

install(TARGETS dbstow EXPORT dbstowTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/dbstow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT dbstowTargets NAMESPACE dbstow:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbstow)
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/dbstowConfig.cmake.in ${PROJECT_BINARY_DIR}/dbstowConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbstow)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/dbstowConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/dbstowConfig.cmake
              ${PROJECT_BINARY_DIR}/dbstowConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/dbstow)
if(TARGET dbstow_cli_main)
  install(TARGETS dbstow_cli_main RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
