import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { problem } from '../../errors.js';
import { writeAtomic } from '../../formats/atomic.js';
import type { BuiltReport } from './report-builder.js';
import type { ReportData } from './report-data.js';

/** Where the build puts the program of the page; the same place for the sources and for what was compiled. */
const bundle = fileURLToPath(new URL('../../../dist/report-page/', import.meta.url));

/** Writes `report.html`: one file that opens from a disk and asks for nothing else. Throws L2cErrors E_FILE and E_OUTPUT. */
export async function writeReportPage(folder: string, report: BuiltReport): Promise<string> {
  const path = join(folder, 'report.html');
  await writeAtomic(path, await reportPage(report));
  return path;
}

/**
 * The page: its program and style are allowed by their hashes, nothing else runs, and the one thing it may load are images the
 * user has listed. Data lie in it as JSON in which nothing can end the element. What is packed and large lies behind the program, which
 * shows the rest while a browser still reads.
 */
export async function reportPage({ data, thumbnails }: BuiltReport): Promise<string> {
  const [script, style] = await Promise.all([readBundle('main.js'), readBundle('style.css')]);
  const images = data.images === undefined ? 'data:' : "'self' file: data: http: https:";
  const { light, heavy } = parted(data);
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    `img-src ${images}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${escapeHtml(data.title)}</title>
<style>${style}</style>
</head>
<body>
<noscript>This report needs JavaScript; the figures are also in the other files beside it.</noscript>
<script type="application/json" id="data">${escapeJson(light)}</script>
<script>${script}</script>
${[...heavy, thumbnails.join('\n')].map((text, i) => part(i === heavy.length ? 'thumbnails' : `part-${i}`, text)).join('\n')}
</body>
</html>
`;
}

/** Characters of packed data that are worth an element of their own. */
const heavyCharacters = 100_000;

/** Takes large packed data out of what is to be read first: `#0` stands for the text of the element `part-0`. */
function parted(data: ReportData): { light: unknown; heavy: readonly string[] } {
  const heavy: string[] = [];
  const light: unknown = JSON.parse(JSON.stringify(data), (name, value: unknown) =>
    name === 'data' && typeof value === 'string' && value.length > heavyCharacters
      ? `#${heavy.push(value) - 1}`
      : value,
  );
  return { light, heavy };
}

/** Base64 alone: nothing in it can end the element. */
const part = (id: string, text: string): string => `<script type="text/plain" id="${id}">${text}</script>`;

const hashOf = (text: string): string => `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** JSON that is also harmless inside an HTML element. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"]/g, (sign) => entities[sign]);

async function readBundle(name: string): Promise<string> {
  try {
    return await readFile(join(bundle, name), 'utf8');
  } catch (cause) {
    throw problem(
      'E_FILE',
      join(bundle, name),
      'the program of the report is not there',
      'npm run build makes it',
      cause,
    );
  }
}
