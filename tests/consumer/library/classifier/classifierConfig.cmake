include(CMakeFindDependencyMacro)
find_dependency(staa 0.2)
include("${CMAKE_CURRENT_LIST_DIR}/classifierTargets.cmake")
