import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { problem } from '../errors.js';
import { isAlive, outputError } from './atomic.js';

/** New files of a change that is decided, until they are where they belong. */
const decided = '.l2c-change';
const pending = /^\.l2c-change\.(\d+)-[0-9a-f]+\.tmp$/;

/**
 * Several files of a folder that change together, or not at all. They are written to a folder inside it; {@link FolderChange.commit}
 * renames that, which decides, and then moves each file to its place. A process that is killed before leaves the folder as it was,
 * and one killed after leaves what {@link finishChange} completes. Other files of the folder stay.
 */
export class FolderChange {
  private constructor(
    readonly folder: string,
    private readonly staging: string,
  ) {}

  /** `folder` must be there. Completes a decided change in it first, and removes what dead processes left. */
  static async begin(folder: string): Promise<FolderChange> {
    await finishChange(folder);
    const staging = join(folder, `${decided}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      await mkdir(staging);
    } catch (error) {
      throw outputError(staging, error);
    }
    return new FolderChange(folder, staging);
  }

  /** Where to write the new file that is to lie at a path of the folder, such as `clusters/labels.meta`; its folder is made. */
  async path(...names: string[]): Promise<string> {
    const path = join(this.staging, ...names);
    await mkdir(dirname(path), { recursive: true });
    return path;
  }

  /** @throws L2cError E_OUTPUT; the folder is then as it was */
  async commit(): Promise<void> {
    const final = join(this.folder, decided);
    try {
      await syncFolder(this.staging);
      await rename(this.staging, final);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw outputError(this.folder, error);
      }
      throw problem('E_OUTPUT', this.folder, 'another process is changing it', 'run this again', error);
    }
    await finishChange(this.folder);
  }

  /** Gives the change up. After a commit there is nothing left to give up. */
  async abandon(): Promise<void> {
    await rm(this.staging, { recursive: true, force: true });
  }
}

/** Completes a change that was decided before its process ended, and removes those that were not. */
export async function finishChange(folder: string): Promise<void> {
  const change = join(folder, decided);
  try {
    if (existsSync(change)) {
      await moveFiles(change, folder);
      await rm(change, { recursive: true, force: true });
    }
    for (const name of readdirSync(folder)) {
      const owner = pending.exec(name)?.[1];
      if (owner !== undefined && !isAlive(Number(owner)))
        await rm(join(folder, name), { recursive: true, force: true });
    }
  } catch (error) {
    throw outputError(folder, error);
  }
}

async function moveFiles(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const target = join(to, entry.name);
    if (entry.isDirectory()) {
      await mkdir(target, { recursive: true });
      await moveFiles(join(from, entry.name), target);
    } else await rename(join(from, entry.name), target);
  }
}

/** Brings names to the disk, as far as the system lets a folder be opened. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
