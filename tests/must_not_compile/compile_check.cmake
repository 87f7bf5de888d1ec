# cmake -D SOURCE=file.cpp -D EXPECT=compiles|is_refused -P compile_check.cmake -- compiler options...
# A file that is to be refused begins with the line `// expect: text`; the compiler's output must contain that text.
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(separator_seen)
    list(APPEND compiler "${CMAKE_ARGV${i}}")
  elseif("${CMAKE_ARGV${i}}" STREQUAL "--")
    set(separator_seen TRUE)
  endif()
endforeach()

set(ENV{LC_ALL} C)  # messages in English
execute_process(COMMAND ${compiler} -fsyntax-only "${SOURCE}"
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)

if(EXPECT STREQUAL "compiles")
  if(NOT result EQUAL 0)
    message("${output}")
    message(FATAL_ERROR "${SOURCE} does not compile")
  endif()
  return()
endif()

file(STRINGS "${SOURCE}" first_line LIMIT_COUNT 1 ENCODING UTF-8)
if(NOT first_line MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE} must begin with `// expect: text of the message`, not with: ${first_line}")
endif()
string(REPLACE "\\;" ";" expected "${CMAKE_MATCH_1}")  # file(STRINGS) escapes semicolons
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles; it must be refused with: ${expected}")
endif()
string(FIND "${output}" "${expected}" position)
if(position EQUAL -1)
  message("${output}")
  message(FATAL_ERROR "${SOURCE} is refused without the message that it announces: ${expected}")
endif()
