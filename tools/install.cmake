# install.cmake - headers, libraries, jieda.pc and jieda-config.cmake.
#
# pkg-config:  cc app.c $(pkg-config --cflags --libs jieda)           (--static for the archive)
# CMake:       find_package(jieda) then link jieda::jieda, jieda::static, jieda::build_shared,
#              jieda::build_static, jieda::hooks_shared or jieda::hooks_static
include(CMakePackageConfigHelpers)

set(config_folder ${CMAKE_INSTALL_LIBDIR}/cmake/jieda)

set(installed_targets jieda_shared jieda_static jieda_build_shared jieda_build_static)
set(installed_pc_names jieda jieda-build)
if(JIEDA_BUILD_HOOKS)
  list(APPEND installed_targets jieda_hooks_shared jieda_hooks_static)
  list(APPEND installed_pc_names jieda-hooks)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/adapters/hooks/include/jieda
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine/include/jieda
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS ${installed_targets} EXPORT jieda-targets)
install(TARGETS jieda_fts5 DESTINATION ${CMAKE_INSTALL_LIBDIR}/jieda)
install(EXPORT jieda-targets NAMESPACE jieda:: DESTINATION ${config_folder})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/jieda-config.cmake.in
                              ${PROJECT_BINARY_DIR}/jieda-config.cmake
                              INSTALL_DESTINATION ${config_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/jieda-config-version.cmake
                                 COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_BINARY_DIR}/jieda-config.cmake
              ${PROJECT_BINARY_DIR}/jieda-config-version.cmake DESTINATION ${config_folder})

# The .pc files find their prefix from where they stand, so `cmake --install --prefix` may name any.
file(RELATIVE_PATH JIEDA_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
foreach(name IN LISTS installed_pc_names)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
