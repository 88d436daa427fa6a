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
if(Httplib_FOUND AND NOT TARGET Httplib::httplib)
  add_library(Httplib::httplib INTERFACE IMPORTED)
  target_include_directories(Httplib::httplib SYSTEM INTERFACE ${Httplib_INCLUDE_DIR})
  # The same for every user, as one program may hold only one meaning of an inline function. URLs carry the parameters
  # of queries; the default backlog of 5 refuses a burst; idle connections would wake 100 times a second.
  target_compile_definitions(
    Httplib::httplib INTERFACE CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_TCP_NODELAY=true
                               CPPHTTPLIB_REQUEST_URI_MAX_LENGTH=65536 CPPHTTPLIB_MAX_LINE_LENGTH=66560
                               CPPHTTPLIB_LISTEN_BACKLOG=511
                               CPPHTTPLIB_KEEPALIVE_TIMEOUT_CHECK_INTERVAL_USECOND=200000)
  target_link_libraries(Httplib::httplib INTERFACE OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB Threads::Threads)
endif()
