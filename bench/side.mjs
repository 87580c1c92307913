// One side of a comparison: a fresh process that loads what it needs and then does a job again and again, when asked.
// Requests and replies are lines of JSON on its standard input and output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { python } from './peers.mjs';

export class Side {
  #child;
  #lines;
  #errors = '';

  constructor(command, args) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (text) => (this.#errors = (this.#errors + text).slice(-2000)));
    this.#child.stdin.on('error', () => undefined); // a dead side is met in the reading
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** A file of sides/, run by this Node. */
  static async ofL2c(file, ...args) {
    const path = fileURLToPath(new URL(`sides/${file}`, import.meta.url));
    return start(new Side(process.execPath, [path, ...args.map(String)]));
  }

  /** A file of peers/, run by the Python that has the peers. */
  static async ofPeer(file, ...args) {
    const path = fileURLToPath(new URL(`peers/${file}`, import.meta.url));
    return start(new Side(python(), [path, ...args.map(String)]));
  }

  /** Does the job once: `{ wall, cpu, peak, ...facts }` in seconds, seconds and bytes. */
  async run(request = {}) {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    return this.reply();
  }

  async reply() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`${this.#child.spawnargs.join(' ')} ended early:\n${this.#errors}`);
    return JSON.parse(value);
  }

  async end() {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end();
    await once(this.#child, 'exit');
  }
}

async function start(side) {
  await side.reply(); // "ready"
  return side;
}

/** The other end: what a file of sides/ calls with its job, once it has loaded what it needs. */
export async function serve(job) {
  console.log('{"ready":true}');
  for await (const line of createInterface({ input: process.stdin })) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const facts = await job(JSON.parse(line));
    const wall = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    console.log(JSON.stringify({ wall, cpu: (user + system) / 1e6, peak: peakBytes(), ...facts }));
  }
}

/** What this process has had in memory at most. The kernel's count: getrusage also counts the parent's, before exec. */
function peakBytes() {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  } catch {
    return 1024 * process.resourceUsage().maxRSS;
  }
}
