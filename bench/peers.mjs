// Which peers are here. None is needed: where one is absent, its column says so.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Where Debian's packages are, then whatever the path holds. L2C_BENCH_PYTHON names another. */
const candidates = process.env.L2C_BENCH_PYTHON ? [process.env.L2C_BENCH_PYTHON] : ['/usr/bin/python3', 'python3'];
const versions = new Map();
let chosen;

/** The Python that has most of the peers. */
export function python() {
  chosen ??= candidates.map((command) => ({ command, peers: probeAll(command) })).sort((a, b) => b.peers - a.peers)[0];
  return chosen.command;
}

/** The version of a Python package, or undefined where it doesn't load. */
export function peerVersion(name) {
  return probe(python(), name);
}

/** The version of a package of npm, or undefined where it is not in bench/node_modules. */
export function npmPeer(name) {
  try {
    return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  } catch {
    return undefined;
  }
}

function probeAll(command) {
  return ['numpy', 'faiss', 'sklearn', 'scipy'].filter((name) => probe(command, name) !== undefined).length;
}

function probe(command, name) {
  const key = `${command} ${name}`;
  if (!versions.has(key)) {
    const code = `import ${name}; print(${name}.__version__)`;
    const { status, stdout } = spawnSync(command, ['-c', code], { encoding: 'utf8' });
    versions.set(key, status === 0 ? stdout.trim() : undefined);
  }
  return versions.get(key);
}
