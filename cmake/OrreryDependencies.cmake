# Every outside library, found in one place. The apt package of each stands in scripts/setup.
find_package(SystemCLanguage QUIET)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS iostreams)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(SQLite3 3.40 REQUIRED)
find_package(Threads REQUIRED)

# Debian's SystemC is built as C++17 and checks the language version of its users at link time.
add_library(orrery_systemc INTERFACE)
add_library(orrery::systemc ALIAS orrery_systemc)
find_library(ORRERY_SYSTEMC_LIBRARY systemc REQUIRED)
find_path(ORRERY_SYSTEMC_INCLUDE systemc REQUIRED)
target_include_directories(orrery_systemc SYSTEM INTERFACE ${ORRERY_SYSTEMC_INCLUDE})
target_compile_definitions(orrery_systemc INTERFACE SC_CPLUSPLUS=201703L SC_DISABLE_API_VERSION_CHECK)
add_library(orrery_systemc_main STATIC ${CMAKE_CURRENT_LIST_DIR}/systemc_main.cpp)
set_target_properties(orrery_systemc_main PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_link_options(orrery_systemc INTERFACE LINKER:-u,sc_main)
target_link_libraries(orrery_systemc
  INTERFACE orrery_systemc_main ${ORRERY_SYSTEMC_LIBRARY} Threads::Threads)
