import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRandom } from '../../src/stages/random.js';
import { silentProgress } from '../../src/report/progress.js';
import type { RunFilesOptions } from '../../src/pipeline/run-files.js';

/** A folder of its own for one test, with a small labelled data set in it. */
export class Sandbox {
  readonly path = mkdtempSync(join(tmpdir(), 'l2c-test-'));

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), content);
    return this.file(name);
  }

  /** `identities` (at most `dim`) tight groups of `size` faces, their centres orthogonal: features.bin and labels.meta. */
  faces({ identities = 6, size = 5, dim = 16, seed = 7, noise = 0.3 } = {}): void {
    const random = createRandom(seed);
    const values: number[] = [];
    const labels: number[] = [];
    for (let identity = 0; identity < identities; identity++) {
      const centre = Array.from({ length: dim }, (_, axis) => (axis === identity ? Math.sqrt(dim) : 0));
      for (let i = 0; i < size; i++) {
        for (const c of centre) values.push(c + noise * random.normal());
        labels.push(identity * 3);
      }
    }
    this.write('features.bin', new Uint8Array(Float32Array.from(values).buffer));
    this.write('labels.meta', labels.join('\n') + '\n');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const dataYaml = `data: { features: features.bin, dim: 16, labels: labels.meta }\n`;

/** Options of a quiet run; warnings are collected. */
export function quietRun(given: Partial<RunFilesOptions> = {}): RunFilesOptions & { warnings: string[] } {
  const warnings: string[] = [];
  return {
    settings: [],
    only: [],
    output: undefined,
    keep: false,
    cache: true,
    log: { debug: () => undefined, info: () => undefined, warn: (message) => void warnings.push(message) },
    observer: silentProgress,
    signal: new AbortController().signal,
    warnings,
    ...given,
  };
}
