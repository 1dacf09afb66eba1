# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts share. Sourced, never run; the caller has set -euo pipefail.

export LC_ALL=C.UTF-8

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
readonly root
# shellcheck disable=SC2034  # for the callers
readonly venv="$root/.venv"
# What the scripts write in the checkout.
readonly written_folders=(build .venv out .pytest_cache .ruff_cache)

say() {
  printf '==> %s\n' "$*"
}

fail() {
  printf 'error: %s\n' "$*" >&2
}

die() {
  fail "$@"
  exit 1
}

# The comment block at the top of the calling script is its help.
print_help() {
  awk 'NR > 2 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
}

# Git refuses a checkout that belongs to somebody else ("dubious ownership"). The exception for this
# one checkout travels in the environment, so that it also reaches git calls of the build, and
# nobody's configuration is changed.
trust_this_checkout() {
  local count=${GIT_CONFIG_COUNT:-0}
  export "GIT_CONFIG_KEY_$count=safe.directory" "GIT_CONFIG_VALUE_$count=$root"
  export GIT_CONFIG_COUNT=$((count + 1))
}

# Every file of the project, as paths from the root, each ended by a NUL: what git tracks or would
# track; without git everything but what the scripts write.
list_files() {
  if git -C "$root" rev-parse --git-dir >/dev/null 2>&1; then
    git -C "$root" ls-files -z --cached --others --exclude-standard --deduplicate | existing_files
  else
    local prune=(-name .git -o -name __pycache__) folder
    for folder in "${written_folders[@]}"; do
      prune+=(-o -path "./$folder")
    done
    (cd "$root" && find . \( "${prune[@]}" \) -prune -o -type f -printf '%P\0' | sort -z)
  fi
}

# Git lists a file that was deleted but not yet committed as deleted; it is no file of the project.
existing_files() {
  local file
  while IFS= read -r -d '' file; do
    if [[ -f $root/$file ]]; then
      printf '%s\0' "$file"
    fi
  done
}

# The user to whom the checkout belongs, when we are root through sudo and that user is not root.
owner_behind_sudo() {
  local owner
  [[ $(id -u) -eq 0 && -n ${SUDO_USER:-} ]] || return 1
  owner=$(stat -c %U "$root")
  [[ $owner != root && $owner != UNKNOWN ]] || return 1
  printf '%s\n' "$owner"
}

# become_owner SCRIPT ARGUMENTS...: through sudo in a user's checkout, start the script again as that
# user, so that everything written belongs to them. Otherwise does nothing.
become_owner() {
  local owner home folder
  owner=$(owner_behind_sudo) || return 0
  home=$(getent passwd "$owner" | cut -d: -f6)
  for folder in "${written_folders[@]}"; do
    if [[ -n $(find "$root/$folder" ! -user "$owner" -print -quit 2>/dev/null) ]]; then
      chown -R -h "$owner:" "$root/$folder"
    fi
  done
  say "going on as $owner, to whom this checkout belongs"
  exec setpriv --reuid "$owner" --regid "$(id -g "$owner")" --init-groups \
    env HOME="$home" USER="$owner" LOGNAME="$owner" "$@"
}

# Stops early, with advice, where an earlier run as another user left folders we may not write.
require_writable_folders() {
  local folder
  for folder in "${written_folders[@]}"; do
    if [[ -e $root/$folder && ! -w $root/$folder ]]; then
      die "$folder belongs to $(stat -c %U "$root/$folder"): run 'sudo scripts/setup' once to get it back"
    fi
  done
  [[ -w $root ]] || die "$(id -un) may not write in $root"
}

# run_setup ARGUMENTS...: scripts/setup, once even when a script is started again as the owner.
run_setup() {
  if [[ ${ORRERY_SETUP_DONE-never} != "$*" ]]; then
    "$root/scripts/setup" "$@"
    export ORRERY_SETUP_DONE="$*"
  fi
}

# Parallel compilations: one a core, but no more than memory holds at 1.5 GiB each.
build_jobs() {
  local cores memory_jobs
  cores=$(nproc)
  memory_jobs=$(awk '/^MemAvailable:/ { print int($2 / (1536 * 1024)) }' /proc/meminfo)
  ((memory_jobs >= 1)) || memory_jobs=1
  printf '%s\n' "$((cores < memory_jobs ? cores : memory_jobs))"
}
