import { expect } from 'chai';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// JavaScript, since it runs before anything is compiled.
const path: string = new URL('../../bin/manifest.js', import.meta.url).href;
const { dropStaleManifest, manifestState } = (await import(path)) as {
  dropStaleManifest(root: string): void;
  manifestState(root: string): string;
};

describe('the manifest of the commands', () => {
  let root: string;

  /** Writes a file as if at a time, in seconds. */
  function write(file: string, time: number): void {
    writeFileSync(join(root, file), '');
    utimesSync(join(root, file), time, time);
  }

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'l2c-manifest-'));
    for (const folder of ['src', 'dist/commands']) mkdirSync(join(root, folder), { recursive: true });
    for (const file of ['package.json', 'dist/l2c-command.js', 'dist/commands/run.js']) write(file, 1000);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is absent until it is written, and fresh then', () => {
    expect(manifestState(root)).to.equal('absent');
    write('oclif.manifest.json', 1001);
    dropStaleManifest(root);
    expect(manifestState(root)).to.equal('fresh');
  });

  for (const file of ['package.json', 'dist/l2c-command.js', 'dist/commands/run.js', 'dist/commands/new.js']) {
    it(`is stale, and dropped, once ${file} is newer`, () => {
      write('oclif.manifest.json', 1001);
      write(file, 1002);
      expect(manifestState(root)).to.equal('stale');
      dropStaleManifest(root);
      expect(existsSync(join(root, 'oclif.manifest.json'))).to.equal(false);
    });
  }

  it('of an installed package is fresh, in whatever order its files were unpacked', () => {
    rmSync(join(root, 'src'), { recursive: true });
    write('oclif.manifest.json', 999);
    expect(manifestState(root)).to.equal('fresh');
  });
});
