// A table for the terminal. Numbers come as they are to be read.

/** Rows of cells under a heading; the first column to the left, all others to the right. */
export function printTable(title, head, rows) {
  const lines = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, c) => Math.max(...lines.map((line) => line[c].length)));
  console.log(`\n${title}`);
  for (const line of lines) {
    console.log(`  ${line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ')}`);
  }
}

export const absent = 'peer absent';

/** Seconds to three digits: `1.23 s`, `45.6 ms`, `789 us`. */
export function seconds(value) {
  if (value === undefined) return absent;
  for (const [unit, scale] of [
    ['s', 1],
    ['ms', 1e3],
  ]) {
    if (value * scale >= 1) return `${digits(value * scale)} ${unit}`;
  }
  return `${digits(value * 1e6)} us`;
}

/** `3.4x`, or nothing where a peer is absent. */
export function ratio(theirs, ours) {
  return theirs === undefined || ours === undefined ? '-' : `${digits(theirs / ours)}x`;
}

export function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

export function digits(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
