# The outside headers that most files include, parsed once for all libraries and once for all tests.
# No header of sim/ is among them: changing one must not rebuild the rest. The fuzz preset builds
# without, so that a missing #include is found.
option(ORRERY_PRECOMPILE "Parse common outside headers once" ON)
if(NOT ORRERY_PRECOMPILE)
  function(orrery_precompiled target kind)
  endfunction()
  return()
endif()

set(common_headers
  <algorithm> <array> <bit> <charconv> <cmath> <cstdint> <deque> <filesystem> <fstream> <functional>
  <limits> <map> <memory> <numeric> <optional> <set> <span> <sstream> <string> <string_view> <tuple>
  <unordered_map> <utility> <variant> <vector>
  <boost/container/small_vector.hpp> <boost/rational.hpp> <fmt/format.h>)

add_library(orrery_precompiled_library OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_link_libraries(orrery_precompiled_library PRIVATE fmt::fmt)
target_precompile_headers(orrery_precompiled_library PRIVATE ${common_headers})
set_target_properties(orrery_precompiled_library PROPERTIES
  POSITION_INDEPENDENT_CODE ${ORRERY_PYTHON})

if(ORRERY_BUILD_TESTS)
  find_package(GTest REQUIRED)
  add_library(orrery_precompiled_test OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
  target_link_libraries(orrery_precompiled_test PRIVATE fmt::fmt GTest::gmock)
  target_precompile_headers(orrery_precompiled_test
    PRIVATE ${common_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# orrery_precompiled(TARGET library|test). The definitions of fmt must be those of the header.
function(orrery_precompiled target kind)
  target_link_libraries(${target} PRIVATE fmt::fmt)
  target_precompile_headers(${target} REUSE_FROM orrery_precompiled_${kind})
endfunction()
