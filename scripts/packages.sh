# Sourced: install_packages NAME… installs the Debian packages that are missing, and says nothing when none is.
install_packages() {
  local missing=() package sudo=()
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  echo "installing ${missing[*]} …"
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  # A policy that forbids starting anything: installing a package must not leave a service behind.
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends \
    "${missing[@]}" >build/apt.log 2>&1 || { cat build/apt.log >&2; return 1; }
}
