# Each dependency: the installed one if there is one, else a release archive from its official site, checked by its
# SHA256. The headers of all of them are system headers, so that the compiler warns about our own code only.
include(FetchContent)
include("${CMAKE_CURRENT_LIST_DIR}/xsimd_without_xtl.cmake")
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW)  # extracted files get the time of extraction
endif()

# Downloads header-only sources and makes `target` of them. Their own CMakeLists.txt is not run: the folder that
# SOURCE_SUBDIR names does not exist.
function(staa_fetch_headers name target include_dir url sha256)
  message(STATUS "${name} is not installed: fetching ${url}")
  FetchContent_Declare(${name} URL "${url}" URL_HASH SHA256=${sha256} SOURCE_SUBDIR headers_only)
  FetchContent_MakeAvailable(${name})
  string(TOLOWER ${name} lower)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE "${${lower}_SOURCE_DIR}/${include_dir}")
endfunction()

# Downloads a library that is compiled, and makes its headers system headers. (A macro: the caller reads
# <name>_SOURCE_DIR.)
macro(staa_fetch_library name target url sha256)
  message(STATUS "${name} is not installed: fetching ${url}")
  FetchContent_Declare(${name} URL "${url}" URL_HASH SHA256=${sha256})
  FetchContent_MakeAvailable(${name})
  get_target_property(staa_headers ${target} INTERFACE_INCLUDE_DIRECTORIES)
  set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${staa_headers}")
  unset(staa_headers)
endmacro()

# No version in the request: Eigen 3.4 and 5 both fit, and each one's version file refuses the other.
macro(staa_need_eigen)
  if(NOT TARGET Eigen3::Eigen)
    find_package(Eigen3 CONFIG QUIET)
    if(NOT Eigen3_FOUND)
      staa_fetch_headers(Eigen3 Eigen3::Eigen "."
        https://gitlab.com/libeigen/eigen/-/archive/3.4.0/eigen-3.4.0.tar.bz2
        b4c198460eba6f28d34894e3a5710998818515104d6e74e5cc331ce31e46e626)
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
      staa_fetch_headers(xsimd xsimd include
        https://github.com/xtensor-stack/xsimd/archive/refs/tags/13.2.0.tar.gz
        edd8cd3d548c185adc70321c53c36df41abe64c1fe2c67bc6d93c3ecda82447a)
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
    staa_fetch_library(Catch2 Catch2
      https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz
      c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c)
    list(APPEND CMAKE_MODULE_PATH "${catch2_SOURCE_DIR}/extras")
    set(Catch2_VERSION 3.7.1)
  endif()
endmacro()

macro(staa_need_nlohmann_json)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    find_package(nlohmann_json CONFIG QUIET)
    if(NOT nlohmann_json_FOUND)
      staa_fetch_headers(nlohmann_json nlohmann_json::nlohmann_json include
        https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
        d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
    endif()
  endif()
endmacro()

macro(staa_need_cli11)
  if(NOT TARGET CLI11::CLI11)
    find_package(CLI11 CONFIG QUIET)
    if(NOT CLI11_FOUND)
      staa_fetch_headers(CLI11 CLI11::CLI11 include
        https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz
        f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
    endif()
  endif()
endmacro()

# `#include <stb_image_write.h>`. stb has no CMake package and no releases: the URL names a commit.
macro(staa_need_stb)
  if(NOT TARGET staa_stb)
    find_path(STAA_STB_INCLUDE_DIR stb_image_write.h PATH_SUFFIXES stb DOC "The folder of stb_image_write.h")
    if(STAA_STB_INCLUDE_DIR)
      add_library(staa_stb INTERFACE IMPORTED GLOBAL)
      target_include_directories(staa_stb SYSTEM INTERFACE "${STAA_STB_INCLUDE_DIR}")
    else()
      staa_fetch_headers(stb staa_stb "."
        https://github.com/nothings/stb/archive/8b5f1f37b5b75829fc72d38e7b5d4bcbf8a26d55.zip
        93a16ee3e866e719feec459f6f132cce932c5ec751eb38e3ec1975f911353d2e)
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

# For pictures in PNG. The target staa_png carries libpng and the definition STAA_HAS_PNG where it is installed, and nothing
# elsewhere.
macro(staa_need_png)
  if(NOT TARGET staa_png)
    find_package(PNG QUIET)
    add_library(staa_png INTERFACE IMPORTED GLOBAL)
    if(PNG_FOUND)
      target_link_libraries(staa_png INTERFACE PNG::PNG)
      target_compile_definitions(staa_png INTERFACE STAA_HAS_PNG)
    else()
      message(STATUS "libpng is not installed: pictures in PNG are not read")
    endif()
  endif()
endmacro()

macro(staa_need_benchmark)
  find_package(benchmark CONFIG QUIET)
  if(NOT benchmark_FOUND)
    set(BENCHMARK_ENABLE_TESTING OFF CACHE BOOL "Google Benchmark's own tests")
    set(BENCHMARK_ENABLE_INSTALL OFF CACHE BOOL "Install Google Benchmark")
    staa_fetch_library(benchmark benchmark
      https://github.com/google/benchmark/archive/refs/tags/v1.9.1.tar.gz
      32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981)
  endif()
endmacro()
