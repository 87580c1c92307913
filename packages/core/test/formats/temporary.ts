import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { L2cError, type ErrorCode } from '../../src/errors.js';

/** A fresh folder for the tests of the calling suite, removed after them. */
export function temporaryFolder(): { path(name: string): string } {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'l2c-formats-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));
  return { path: (name) => join(folder, name) };
}

/** Path of a golden file. */
export function golden(name: string): string {
  return fileURLToPath(new URL(`../golden/${name}`, import.meta.url));
}

/** Runs `action`, sync or async, and expects an L2cError of the code whose message matches. */
export async function refused(action: () => unknown, code: ErrorCode, message: RegExp): Promise<void> {
  let error: unknown;
  try {
    await action();
  } catch (caught) {
    error = caught;
  }
  if (error === undefined) expect.fail(`nothing was refused; expected ${code} ${String(message)}`);
  if (!(error instanceof L2cError)) throw new Error('no L2cError', { cause: error });
  expect(error.code).to.equal(code);
  expect(error.message).to.match(message);
}
