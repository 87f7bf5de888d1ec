# What `cmake --install` lays down: the headers, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(staa_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/staa")

install(DIRECTORY include/staa DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(TARGETS staa EXPORT staaTargets INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT staaTargets NAMESPACE staa:: DESTINATION "${staa_package_dir}")

configure_package_config_file(cmake/staaConfig.cmake.in staaConfig.cmake
  INSTALL_DESTINATION "${staa_package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(staaConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/staaConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/staaConfigVersion.cmake"
  cmake/xsimd_without_xtl.cmake
  DESTINATION "${staa_package_dir}")

# The pkg-config file finds the headers from its own folder, so that the installed files can be moved. An absolute folder
# stays where it is.
set(staa_pc_includedir "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
if(NOT IS_ABSOLUTE "${CMAKE_INSTALL_INCLUDEDIR}" AND NOT IS_ABSOLUTE "${CMAKE_INSTALL_DATADIR}")
  file(RELATIVE_PATH staa_pc_includedir "/prefix/${CMAKE_INSTALL_DATADIR}/pkgconfig" "/prefix/${CMAKE_INSTALL_INCLUDEDIR}")
  set(staa_pc_includedir "\${pcfiledir}/${staa_pc_includedir}")
endif()
configure_file(cmake/staa.pc.in staa.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/staa.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
