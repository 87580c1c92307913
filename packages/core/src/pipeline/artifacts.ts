import { createHash } from 'node:crypto';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem } from '../errors.js';
import { hashFile, isAlive, writeAtomic } from '../formats/atomic.js';
import { readNpz, writeNpz } from '../formats/npz.js';
import { fileValues, withFiles } from '../stages/options.js';
import type { Checkpoints, Log } from '../stages/services.js';
import type { Codec } from './codec.js';
import type { StagePlan } from './plan.js';

/** What a stage cost when it was computed. */
export interface StageCost {
  readonly seconds: number;
  /** Highest resident memory of the process while the stage ran. */
  readonly peakBytes: number;
}

/** Facts a stage recorded about its run. */
export type Facts = Readonly<Record<string, unknown>>;

/** A stage's result beside what it cost and what it recorded. */
export interface Computed<Noun> {
  readonly value: Noun;
  readonly cost: StageCost;
  readonly facts: Facts;
}

export interface Artifact<Noun> extends Computed<Noun> {
  /** Whether it came from the cache. */
  readonly cached: boolean;
}

/**
 * The key of a stage's result: the stage, its version, the source of a plugin that is being worked on, its options with
 * files by content, and the keys of its inputs. Two runs with one key have one result.
 */
export async function stageKey(stage: StagePlan, inputs: readonly string[]): Promise<string> {
  const { definition, plugin, fullName } = stage;
  const hashes = new Map<string, string>();
  for (const { file } of fileValues(definition, stage.options)) {
    if (existsSync(file)) hashes.set(file, await hashFile(file));
  }
  const options = withFiles(definition, stage.options, (file) => hashes.get(file) ?? file);
  const identity = {
    kind: definition.kind,
    fullName,
    version: definition.version,
    plugin: plugin.version,
    content: plugin.content,
    options: sorted(options),
    inputs,
  };
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 40);
}

/** Key order must not matter: YAML mappings have none. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

/**
 * Results by key, in a folder. Written to a temporary name and renamed, so a killed run leaves whole files or none.
 * A result that a later stage was announced for ({@link ArtifactStore.expect}) is also held in memory until then.
 */
export class ArtifactStore {
  private readonly expected = new Map<string, number>();
  private readonly held = new Map<string, Computed<unknown>>();

  constructor(
    readonly directory: string,
    private readonly log: Log,
    private readonly enabled = true,
  ) {}

  /** Announces that a key will be asked for once. */
  expect(key: string): void {
    this.expected.set(key, (this.expected.get(key) ?? 0) + 1);
  }

  /** Takes back that a key will be asked for once. */
  forgo(key: string): void {
    const left = (this.expected.get(key) ?? 1) - 1;
    this.expected.set(key, left);
    if (left <= 0) this.held.delete(key);
  }

  /** The stored result of a key, or that of `compute`, which is then stored. */
  async resolve<Noun>(
    key: string,
    codec: Codec<Noun>,
    compute: () => Promise<Computed<Noun>>,
  ): Promise<Artifact<Noun>> {
    const left = (this.expected.get(key) ?? 1) - 1;
    this.expected.set(key, left);
    const held = this.held.get(key) as Computed<Noun> | undefined;
    const stored = held ?? (await this.load(key, codec));
    const result = stored ?? (await compute());
    if (stored === undefined && this.enabled) await this.save(key, codec, result);
    if (left > 0) this.held.set(key, result);
    else this.held.delete(key);
    return { ...result, cached: stored !== undefined };
  }

  private async save<Noun>(key: string, codec: Codec<Noun>, { value, ...about }: Computed<Noun>): Promise<void> {
    await makeDirectory(this.directory);
    const data = Buffer.from(JSON.stringify(about));
    await writeNpz(this.pathOf(key), [...codec.encode(value), ['about', { shape: [data.length], data }]]);
  }

  /** True where a key has a result. */
  has(key: string): boolean {
    return this.enabled && existsSync(this.pathOf(key));
  }

  private async load<Noun>(key: string, codec: Codec<Noun>): Promise<Computed<Noun> | undefined> {
    if (!this.has(key)) return undefined;
    try {
      const entries = await readNpz(this.pathOf(key));
      const text = Buffer.from((entries.get('about')?.data ?? []) as Uint8Array).toString('utf8');
      const about = JSON.parse(text) as Omit<Computed<Noun>, 'value'>;
      return { value: codec.decode(entries), ...about };
    } catch (error) {
      this.log.warn(
        `the cached result ${this.pathOf(key)} is damaged (${(error as Error).message}); computing it again`,
      );
      return undefined;
    }
  }

  private pathOf(key: string): string {
    return join(this.directory, `${key}.npz`);
  }

  /** Removes what killed runs left half-written; temporary names carry the process that writes them. */
  removeLeftovers(): void {
    if (!existsSync(this.directory)) return;
    for (const name of readdirSync(this.directory)) {
      const owner = /\.(\d+)-[0-9a-f]+\.tmp$/.exec(name)?.[1];
      if (owner !== undefined && !isAlive(Number(owner))) rmSync(join(this.directory, name), { force: true });
    }
  }

  /** Checkpoints of one stage's long work, in a folder of its own beside the results. */
  checkpoints(label: string): Checkpoints {
    const folder = join(this.directory, 'checkpoints', label.replaceAll(/[^\w.-]/g, '_'));
    return {
      read: (name) => readFile(join(folder, name)).catch(() => undefined),
      async write(name, bytes) {
        await makeDirectory(folder);
        await writeAtomic(join(folder, name), bytes);
      },
    };
  }
}

/** Creates a folder and its parents. Returns those that it made, parents first. Throws an L2cError E_OUTPUT that names it. */
export async function makeDirectory(path: string): Promise<readonly string[]> {
  try {
    return await makeParents(path);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const fact =
      code === 'EEXIST' || code === 'ENOTDIR'
        ? 'a file is in the way of this folder'
        : `the folder can't be made: ${message}`;
    throw problem('E_OUTPUT', code === 'ENOTDIR' ? dirname(path) : path, fact, 'choose another with --output', cause);
  }
}

/** Folder by folder: asked for all at once, Node never ends where a file system invents its own, such as /proc. */
async function makeParents(path: string): Promise<readonly string[]> {
  const missing: string[] = [];
  for (let folder = path; !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  if (missing.length === 0 && !statSync(path).isDirectory())
    throw Object.assign(new Error('not a folder'), { code: 'EEXIST' });
  for (const folder of missing.reverse()) {
    await mkdir(folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another run was quicker
    });
  }
  return missing;
}
