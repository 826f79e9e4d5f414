# Brings a Debian or Ubuntu base up to what runs need. Arguments: npm packages of agents, as `name` or `name@version`.
# What is there already is left alone: a complete base needs no network.
set -eu

missing=
need() {
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need git git
need jq jq
need curl curl
need rg ripgrep
need python3 python3
need pip3 python3-pip
need setsid util-linux
need ps procps
need tar tar
need base64 coreutils
need update-ca-certificates ca-certificates
python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing="$missing python3-venv"

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "the base lacks:$missing; take one of Debian or Ubuntu, or one that has them" >&2
    exit 1
  fi
  apt-get update -qq
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
  rm -rf /var/lib/apt/lists/*
fi

major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 22 ] || ! command -v npm >/dev/null 2>&1; then
  echo "the base has no Node 22 or newer with npm (found: $major)" >&2
  exit 1
fi

# What comes from the machine that builds was unpacked there without running a line of it: `rebuild` does, in here.
for package in pnpm "$@"; do
  case $package in
    ?*@*) name=${package%@*} ;;
    *) name=$package ;;
  esac
  # npm 12 runs the scripts of packages that are named so, and of no other.
  export npm_config_allow_scripts="$name"
  if [ -d "$(npm root --global)/$name" ]; then
    npm rebuild --global --foreground-scripts --loglevel=error "$name"
  else
    npm install --global --no-audit --no-fund --loglevel=error "$package"
  fi
done
rm -rf /root/.npm
