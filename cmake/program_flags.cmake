# staa_program: what our own tests, examples and benchmarks are compiled with. Never part of staa::staa.
include(CheckCXXCompilerFlag)

set(CMAKE_CXX_EXTENSIONS OFF)  # standard C++ only; consumers in tests/consumer use their compiler's default

add_library(staa_program INTERFACE)
target_link_libraries(staa_program INTERFACE staa::staa)
if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
  target_compile_options(staa_program INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${STAA_WERROR}>:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 takes the undefined operand of AVX-512 intrinsics in Eigen for an uninitialised variable (GCC bug 105593), and
  # bounds it cannot see for wrong ones (bug 105329).
  target_compile_options(staa_program INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized -Wno-array-bounds)
endif()

if(STAA_NATIVE)
  check_cxx_compiler_flag(-march=native STAA_COMPILER_HAS_NATIVE)
  target_compile_options(staa_program INTERFACE $<$<BOOL:${STAA_COMPILER_HAS_NATIVE}>:-march=native>)
endif()

if(STAA_OPENMP)
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    target_link_libraries(staa_program INTERFACE OpenMP::OpenMP_CXX)
  else()
    message(STATUS "This compiler has no OpenMP: tests, examples and benchmarks run on one core")
  endif()
  # LLVM's pass over OpenMP code looks at every function of a module: with clang 14 it takes half of the compile time of a
  # network, for one parallel loop.
  check_cxx_compiler_flag("-mllvm -openmp-opt-disable" STAA_COMPILER_HAS_OPENMP_OPT)
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND STAA_COMPILER_HAS_OPENMP_OPT)
    target_compile_options(staa_program INTERFACE "SHELL:-mllvm -openmp-opt-disable")
  endif()
endif()
