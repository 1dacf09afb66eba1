# Writes OUTPUT, a header with the commit of SOURCE_DIR: twelve digits of its hash, "-dirty" where
# tracked files differ from it, "unknown" outside git. The file is touched only when it changes.
set(commit unknown)
find_program(GIT git)
if(GIT)
  # A checkout that belongs to somebody else is refused without this; -c lasts for one command.
  set(git ${GIT} -c safe.directory=* -C ${SOURCE_DIR})
  execute_process(COMMAND ${git} rev-parse --show-toplevel OUTPUT_VARIABLE top ERROR_QUIET
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  # A source archive unpacked inside another repository does not have that repository's commit.
  if(top)
    file(REAL_PATH "${top}" top)
    file(REAL_PATH "${SOURCE_DIR}" source)
    if(top STREQUAL source)
      execute_process(COMMAND ${git} describe --always --dirty --abbrev=12 --exclude=*
                      OUTPUT_VARIABLE found ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
      if(found)
        set(commit ${found})
      endif()
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT
"// SPDX-License-Identifier: Apache-2.0
#pragma once

#define ORRERY_COMMIT \"${commit}\"
")
