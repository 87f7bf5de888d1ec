# Each dependency: the installed one if there is one, else its sources from the official repository. The headers of all
# of them are system headers, so that only our own code is warned about.
include(FetchContent)
include("${CMAKE_CURRENT_LIST_DIR}/xsimd_without_xtl.cmake")

# Downloads header-only sources and makes `target` of them. Their own CMakeLists.txt is not run: there is none in the
# folder named here.
function(staa_fetch_headers name target include_dir repository tag)
  message(STATUS "${name} is not installed: fetching ${tag} from ${repository}")
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} ${ARGN} SOURCE_SUBDIR headers_only)
  FetchContent_MakeAvailable(${name})
  string(TOLOWER ${name} lower)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE "${${lower}_SOURCE_DIR}/${include_dir}")
endfunction()

# No version in the request: Eigen 3.4 and 5 both fit, and each one's version file refuses the other.
macro(staa_need_eigen)
  if(NOT TARGET Eigen3::Eigen)
    find_package(Eigen3 CONFIG QUIET)
    if(NOT Eigen3_FOUND)
      staa_fetch_headers(Eigen3 Eigen3::Eigen "." https://gitlab.com/libeigen/eigen.git 3.4.0
        GIT_SHALLOW ON)
    elseif(Eigen3_VERSION VERSION_LESS 3.4)
      message(FATAL_ERROR "staa needs Eigen 3.4 or later; ${Eigen3_DIR} has ${Eigen3_VERSION}. "
        "CMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON fetches one.")
    endif()
  endif()
endmacro()

macro(staa_need_xsimd)
  if(NOT TARGET xsimd)
    find_package(xsimd CONFIG QUIET)
    if(NOT xsimd_FOUND)
      staa_fetch_headers(xsimd xsimd include https://github.com/xtensor-stack/xsimd.git 13.2.0
        GIT_SHALLOW ON)
    elseif(xsimd_VERSION VERSION_LESS 8)
      message(FATAL_ERROR "staa needs xsimd 8 or later; ${xsimd_DIR} has ${xsimd_VERSION}. "
        "CMAKE_DISABLE_FIND_PACKAGE_xsimd=ON fetches one.")
    else()
      staa_xsimd_without_xtl()
    endif()
  endif()
endmacro()

# Version 2 or 3. Afterwards `include(Catch)` works in the caller.
macro(staa_need_catch2)
  find_package(Catch2 CONFIG QUIET)
  if(NOT Catch2_FOUND)
    message(STATUS "Catch2 is not installed: fetching v3.7.1")
    FetchContent_Declare(Catch2 GIT_REPOSITORY https://github.com/catchorg/Catch2.git GIT_TAG v3.7.1 GIT_SHALLOW ON)
    FetchContent_MakeAvailable(Catch2)
    list(APPEND CMAKE_MODULE_PATH "${catch2_SOURCE_DIR}/extras")
    get_target_property(catch2_headers Catch2 INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(Catch2 PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${catch2_headers}")
    set(Catch2_VERSION 3.7.1)
  endif()
endmacro()

macro(staa_need_nlohmann_json)
  find_package(nlohmann_json CONFIG QUIET)
  if(NOT nlohmann_json_FOUND)
    staa_fetch_headers(nlohmann_json nlohmann_json::nlohmann_json include https://github.com/nlohmann/json.git v3.11.3
      GIT_SHALLOW ON)
  endif()
endmacro()

macro(staa_need_cli11)
  find_package(CLI11 CONFIG QUIET)
  if(NOT CLI11_FOUND)
    staa_fetch_headers(CLI11 CLI11::CLI11 include https://github.com/CLIUtils/CLI11.git v2.4.2 GIT_SHALLOW ON)
  endif()
endmacro()

# `#include <stb_image_write.h>`. stb has neither a CMake package nor releases.
macro(staa_need_stb)
  if(NOT TARGET staa_stb)
    find_path(STAA_STB_INCLUDE_DIR stb_image_write.h PATH_SUFFIXES stb DOC "The folder of stb_image_write.h")
    if(STAA_STB_INCLUDE_DIR)
      add_library(staa_stb INTERFACE IMPORTED GLOBAL)
      target_include_directories(staa_stb SYSTEM INTERFACE "${STAA_STB_INCLUDE_DIR}")
    else()
      staa_fetch_headers(stb staa_stb "." https://github.com/nothings/stb.git 8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55)
    endif()
  endif()
endmacro()

# For pictures in JPEG. The target staa_jpeg carries libjpeg and the definition STAA_HAS_JPEG where it is installed, and
# nothing elsewhere.
macro(staa_need_jpeg)
  if(NOT TARGET staa_jpeg)
    find_package(JPEG QUIET)
    add_library(staa_jpeg INTERFACE IMPORTED GLOBAL)
    if(JPEG_FOUND)
      target_include_directories(staa_jpeg SYSTEM INTERFACE ${JPEG_INCLUDE_DIRS})
      target_link_libraries(staa_jpeg INTERFACE ${JPEG_LIBRARIES})
      target_compile_definitions(staa_jpeg INTERFACE STAA_HAS_JPEG)
    else()
      message(STATUS "libjpeg is not installed: ImageNet is neither built nor tested")
    endif()
  endif()
endmacro()

macro(staa_need_benchmark)
  find_package(benchmark CONFIG QUIET)
  if(NOT benchmark_FOUND)
    message(STATUS "Google Benchmark is not installed: fetching v1.9.1")
    set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "Google Benchmark's own tests")
    set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "Install Google Benchmark")
    FetchContent_Declare(benchmark
      GIT_REPOSITORY https://github.com/google/benchmark.git GIT_TAG v1.9.1 GIT_SHALLOW ON)
    FetchContent_MakeAvailable(benchmark)
    get_target_property(benchmark_headers benchmark INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(benchmark PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${benchmark_headers}")
  endif()
endmacro()
