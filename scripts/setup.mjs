// What `npm run quickstart`, `npm test` and the other scripts call first: installs when the lockfile asks for it, then
// builds what has changed. The second time both are over in a second or two. Plain JavaScript, so that it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { clearInterval, setInterval } from 'node:timers';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const stamp = join(root, 'node_modules', '.l2c-installed');
const lockfile = join(root, 'package-lock.json');

refuseOldNode('20.19.0');
if (!installed()) await install();
build();
await bundleReport();
await describeCommands();

function refuseOldNode(least) {
  const numbers = (version) => version.split('.').map((part) => parseInt(part, 10));
  const [major, minor] = numbers(process.versions.node);
  const [leastMajor, leastMinor] = numbers(least);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  fail(
    `l2c needs Node ${leastMajor}.${leastMinor} or newer, this is ${process.versions.node}; install a newer Node and run the command again`,
  );
}

/** True where node_modules holds what the lockfile says, as far as the last install tells. */
function installed() {
  if (existsSync(stamp)) return readFileSync(stamp, 'utf8') === fingerprint();
  // Installed by hand: npm leaves a lockfile of its own there once it is through.
  const own = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(own) || statSync(own).mtimeMs < statSync(lockfile).mtimeMs) return false;
  writeFileSync(stamp, fingerprint());
  return true;
}

/** Native packages differ between platforms, so a folder carried to another one is installed anew. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  return hash.update(readFileSync(lockfile)).digest('hex');
}

async function install() {
  console.error('l2c: installing dependencies, which takes about a minute ...');
  if ((await npm(['ci'])) !== 0) {
    console.error('l2c: "npm ci" failed, trying "npm install" ...');
    if ((await npm(['install'])) !== 0) fail('dependencies could not be installed; see the messages of npm above');
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint());
}

/** npm as it called this script, else the one on the path. ONNX Runtime must not fetch GPU libraries meanwhile. Says now and then that it goes on. */
async function npm(words) {
  const args = [...words, '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  const options = { cwd: root, env, stdio: ['ignore', 2, 2] };
  const script = process.env.npm_execpath;
  const viaNode = script !== undefined && /\.c?js$/.test(script) && /npm/.test(script);
  const child = viaNode
    ? spawn(process.execPath, [script, ...args], options)
    : spawn('npm', args, { ...options, shell: process.platform === 'win32' });
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  const ticker = setInterval(() => console.error(`l2c: npm still installs, ${seconds()} s so far ...`), 10_000);
  try {
    const [code] = await once(child, 'close');
    return code ?? 1;
  } catch (error) {
    return fail(`npm could not be started: ${error.message}`);
  } finally {
    clearInterval(ticker);
  }
}

function build() {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  if (!existsSync(compiler)) fail('TypeScript is not installed; remove node_modules and run the command again');
  if (!existsSync(join(root, 'packages', 'core', 'dist')))
    console.error('l2c: building, which takes half a minute ...');
  const { status } = spawnSync(process.execPath, [compiler, '-b'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('the build failed; see the messages of the compiler above');
}

/** Only now: the bundler was installed. */
async function bundleReport() {
  const { buildReport } = await import('./build-report.mjs');
  await buildReport();
}

/** Only now: it reads what was built, by a library that was installed. */
async function describeCommands() {
  const { writeManifest } = await import('./manifest.mjs');
  await writeManifest();
}

function fail(message) {
  console.error(`l2c: ${message}`);
  process.exit(1);
}
