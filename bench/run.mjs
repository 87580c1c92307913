// `npm run bench [-- NAME...] [--large] [--rounds N] [--threads N] [--sizes N,N]`: runs all benches, or those named. See README.md.
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { parseArgs } from 'node:util';

/** In the order they run. */
const names = [
  'start-up',
  'metrics',
  'kernels',
  'formats',
  'knn-exact',
  'baselines',
  'infomap',
  'vegcn',
  'lgcn',
  'dsgcn',
];
/** Take minutes: only where they are named. */
const long = ['cluster', 'scale', 'report'];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string' },
    threads: { type: 'string', default: String(Math.min(2, availableParallelism())) },
  },
});
const options = { large: values.large, rounds: count('rounds'), threads: count('threads'), sizes: sizes() };
const unknown = positionals.filter((name) => ![...names, ...long].includes(name));
if (unknown.length > 0) fail(`no bench is called ${unknown.join(', ')}; there are ${[...names, ...long].join(', ')}`);

const gibibytes = (totalmem() / 2 ** 30).toFixed(0);
console.log(`${cpus()[0]?.model ?? 'cpu'}, ${cpus().length} cores, ${gibibytes} GiB, Node ${process.versions.node}`);
for (const name of positionals.length === 0 ? names : [...names, ...long]) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const before = loadavg()[0].toFixed(1);
  const { bench } = await import(`./benches/${name}.mjs`);
  await bench(options);
  console.log(`  load ${before} before, ${loadavg()[0].toFixed(1)} after`);
}

function count(name) {
  const number = Number(values[name]);
  if (!Number.isInteger(number) || number < 1) fail(`--${name} ${values[name]}: give a whole number of 1 or more`);
  return number;
}

/** Numbers of instances, for benches that have a choice. */
function sizes() {
  const list = values.sizes?.split(',').map(Number);
  if (list?.some((n) => !Number.isInteger(n) || n < 1000))
    fail(`--sizes ${values.sizes}: give numbers of 1000 or more`);
  return list;
}

function fail(message) {
  console.error(`bench: ${message}`);
  process.exit(2);
}
