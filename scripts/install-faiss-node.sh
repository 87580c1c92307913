#!/usr/bin/env bash
# Puts a working faiss-node into FOLDER/node_modules (default: the folder this is run in) by compiling its one source file
# against the FAISS library of the system. Its own installer needs a prebuilt binary or a build of all of FAISS.
# usage: scripts/install-faiss-node.sh [FOLDER]
# needs: g++, npm, the headers of this Node, and FAISS with BLAS and LAPACK (Debian: libfaiss-dev libopenblas-dev, which are
#        installed where they are missing and apt-get may). Writes nothing but FOLDER/node_modules/faiss-node; npm removes
#        that again on its next run, since no lock file lists it.
# variables: NODE, CXX, CXXFLAGS; npm_config_nodedir (where include/node is); FAISS_INCLUDE, FAISS_LIB, BLAS_LIBS
set -euo pipefail

version=0.5.1
folder=$(cd "${1:-.}" && pwd)
target=$folder/node_modules/faiss-node
node=${NODE:-node}
cxx=${CXX:-g++}

fail() {
  printf 'install-faiss-node: %s\n' "$1" >&2
  exit 1
}

find_faiss_headers() {
  local candidate
  for candidate in "${FAISS_INCLUDE:-}" /usr/include /usr/local/include; do
    [ -n "$candidate" ] && [ -f "$candidate/faiss/Index.h" ] && printf '%s' "$candidate" && return
  done
  return 1
}

find_node_headers() {
  local prefix candidate
  prefix=$("$node" -p 'require("path").resolve(process.execPath, "../..")')
  for candidate in "${npm_config_nodedir:-}" "$prefix" /usr /usr/local; do
    [ -n "$candidate" ] && [ -f "$candidate/include/node/node_api.h" ] && printf '%s' "$candidate/include/node" && return
  done
  return 1
}

# The contents of a package of the registry, unpacked to a folder. Scripts of the package don't run.
unpack() {
  local archive
  mkdir -p "$2"
  archive=$(cd "$scratch" && npm pack --silent "$1" | tail -n 1)
  tar -xzf "$scratch/$archive" -C "$2" --strip-components=1
}

command -v "$cxx" >/dev/null || fail "there is no $cxx; install a C++ compiler"
if ! faiss_headers=$(find_faiss_headers); then
  command -v apt-get >/dev/null || fail 'FAISS is not installed; install it, or name its headers in FAISS_INCLUDE'
  [ "$(id -u)" = 0 ] || fail 'FAISS is not installed: sudo apt-get install libfaiss-dev libopenblas-dev'
  apt-get update -qq || true
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfaiss-dev libopenblas-dev
  faiss_headers=$(find_faiss_headers) || fail 'libfaiss-dev brought no faiss/Index.h'
fi
node_headers=$(find_node_headers) || fail 'there is no include/node/node_api.h; name the folder above it in npm_config_nodedir'
# linked statically where it can be: the addon then depends on BLAS and OpenMP alone
faiss_lib=${FAISS_LIB:-/usr/lib/$("$cxx" -dumpmachine)/libfaiss.a}
[ -f "$faiss_lib" ] || faiss_lib=-lfaiss

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
[ -f "$target/src/faiss.cc" ] || unpack "faiss-node@$version" "$target"
# what it requires when it runs, and the headers of its build: beside it, where the project has none of its own
for dependency in bindings@1.5.0 file-uri-to-path@1.0.0 node-addon-api@6.1.0; do
  name=${dependency%@*}
  [ -d "$folder/node_modules/$name" ] || [ -d "$target/node_modules/$name" ] ||
    unpack "$dependency" "$target/node_modules/$name"
done
addon_api=$target/node_modules/node-addon-api
[ -d "$addon_api" ] || addon_api=$folder/node_modules/node-addon-api

# FAISS named its type of ids anew in 1.7.4; before and after it is this
sed 's/^using idx_t = .*;/using idx_t = int64_t;/' "$target/src/faiss.cc" >"$scratch/faiss.cc"
mkdir -p "$target/build/Release"
# shellcheck disable=SC2086 # flags are lists
"$cxx" -shared -fPIC -O2 -std=c++17 -fopenmp -DNAPI_VERSION=6 -DNAPI_CPP_EXCEPTIONS -DBUILDING_NODE_EXTENSION \
  ${CXXFLAGS:-} -I"$node_headers" -I"$addon_api" -I"$faiss_headers" "$scratch/faiss.cc" \
  -o "$target/build/Release/faiss-node.node" "$faiss_lib" ${BLAS_LIBS:--llapack -lblas}

"$node" - "$target" <<'SCRIPT'
const { Index } = require(process.argv[2]);
const index = Index.fromFactory(2, 'Flat', 0);
index.add([1, 0, 0, 1]);
const [label] = index.search([0.1, 0.9], 1).labels;
if (label !== 1) throw new Error(`faiss-node finds vector ${label} where 1 is right`);
console.log(`faiss-node works: ${process.argv[2]}`);
SCRIPT
