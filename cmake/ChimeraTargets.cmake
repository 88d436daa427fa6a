# chimera_library(NAME SOURCES … [DEPENDS …] [PRIVATE_DEPENDS …]): one static library a folder, with the project's
# warnings. chimera_test(NAME SOURCES … [APART …] DEPENDS …): one GoogleTest executable, registered with CTest as a
# whole. Its sources are compiled five at once, but for those APART, whose names are others in a neighbour.
option(CHIMERA_WARNINGS_AS_ERRORS "Stop at the first warning" OFF)
option(CHIMERA_TESTS_TOGETHER "Compile five sources of a test at once, in a third of the time; off: each by itself" ON)

function(chimera_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                                           $<$<BOOL:${CHIMERA_WARNINGS_AS_ERRORS}>:-Werror>)
  # GCC 12 warns of overlapping copies inside its own std::string::insert (GCC bug 105651).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(${target} PRIVATE -Wno-restrict)
    # From a precompiled header it takes the standard library's code for ours, and warns of that, too.
    if(NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
      target_compile_options(${target} PRIVATE -Wno-stringop-overflow -Wno-stringop-overread
                             -Wno-array-bounds)
    endif()
  endif()
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# Precompiles cmake/precompiled_KIND.h once, with the options in force here, for the targets declared from here on.
function(chimera_precompile kind)
  add_library(chimera_precompiled_${kind} OBJECT ${PROJECT_SOURCE_DIR}/cmake/precompiled.cpp)
  chimera_options(chimera_precompiled_${kind})
  target_link_libraries(chimera_precompiled_${kind} PRIVATE ${ARGN})
  target_precompile_headers(chimera_precompiled_${kind} PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled_${kind}.h)
  set(CHIMERA_PRECOMPILED chimera_precompiled_${kind} PARENT_SCOPE)
endfunction()

function(chimera_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  chimera_options(${name})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
  target_precompile_headers(${name} REUSE_FROM ${CHIMERA_PRECOMPILED})
endfunction()

function(chimera_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;APART;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} ${ARG_APART})
  set_target_properties(${name} PROPERTIES UNITY_BUILD ${CHIMERA_TESTS_TOGETHER} UNITY_BUILD_BATCH_SIZE 5)
  set_source_files_properties(${ARG_APART} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  chimera_options(${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} GTest::gtest_main)
  target_precompile_headers(${name} REUSE_FROM ${CHIMERA_PRECOMPILED})
  add_test(NAME ${name} COMMAND ${name})
  # Ends what hangs; a busy machine is slow.
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
