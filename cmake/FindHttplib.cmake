# Finds the single header of cpp-httplib, of the asked version or newer: older ones must not face a network
# (docs/design.md). `make setup` puts one into third_party/; elsewhere, set Httplib_INCLUDE_DIR.
find_path(Httplib_INCLUDE_DIR httplib.h HINTS ${PROJECT_SOURCE_DIR}/third_party/cpp-httplib NO_CMAKE_SYSTEM_PATH)
find_path(Httplib_INCLUDE_DIR httplib.h)
if(Httplib_INCLUDE_DIR)
  file(STRINGS ${Httplib_INCLUDE_DIR}/httplib.h version_line REGEX "^#define CPPHTTPLIB_VERSION \"")
  string(REGEX REPLACE ".*\"([0-9.]+)\".*" "\\1" Httplib_VERSION "${version_line}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  Httplib REQUIRED_VARS Httplib_INCLUDE_DIR VERSION_VAR Httplib_VERSION
  REASON_FAILURE_MESSAGE "run `make setup`, or pass -DHttplib_INCLUDE_DIR=<folder with httplib.h>")

# httplib_split(OUTPUT): writes httplib.h with the declarations and httplib.cpp with what follows them, as the library's own
# split.py does (which needs Python). Otherwise each file that includes the header compiles the whole library again.
function(httplib_split output)
  set(border "// ----------------------------------------------------------------------------\n")
  file(READ ${Httplib_INCLUDE_DIR}/httplib.h text)
  string(FIND "${text}" "${border}" first)
  string(FIND "${text}" "${border}" last REVERSE)
  if(first EQUAL last)
    message(FATAL_ERROR "${Httplib_INCLUDE_DIR}/httplib.h does not say where its implementation begins and ends")
  endif()
  string(LENGTH "${border}" border_length)
  string(SUBSTRING "${text}" 0 ${first} declarations)
  math(EXPR begin "${first} + ${border_length}")
  math(EXPR length "${last} - ${begin}")
  string(SUBSTRING "${text}" ${begin} ${length} implementation)
  math(EXPR rest "${last} + ${border_length}")
  string(SUBSTRING "${text}" ${rest} -1 end)
  string(REPLACE "inline " "" implementation "${implementation}")
  file(CONFIGURE OUTPUT ${output}/httplib.h CONTENT "${declarations}${end}" @ONLY)
  file(CONFIGURE OUTPUT ${output}/httplib.cpp @ONLY
       CONTENT "#include \"httplib.h\"\nnamespace httplib {\n${implementation}\n}  // namespace httplib\n")
endfunction()

if(Httplib_FOUND AND NOT TARGET Httplib::httplib)
  set(httplib_split_dir ${PROJECT_BINARY_DIR}/generated/httplib)
  httplib_split(${httplib_split_dir})
  add_library(httplib STATIC ${httplib_split_dir}/httplib.cpp)
  add_library(Httplib::httplib ALIAS httplib)
  target_include_directories(httplib SYSTEM PUBLIC ${httplib_split_dir})
  # The same for every user, as one program may hold only one meaning of a class. URLs carry the parameters of queries;
  # the default backlog of 5 refuses a burst; idle connections would wake 100 times a second.
  target_compile_definitions(
    httplib PUBLIC CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_TCP_NODELAY=true
                   CPPHTTPLIB_REQUEST_URI_MAX_LENGTH=65536 CPPHTTPLIB_MAX_LINE_LENGTH=66560
                   CPPHTTPLIB_LISTEN_BACKLOG=511 CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND=200000)
  target_compile_options(httplib PRIVATE -w)
  target_link_libraries(httplib PUBLIC OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB Threads::Threads)
endif()
