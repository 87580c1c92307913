import { freemem } from 'node:os';
import { problem } from '@l2c/core';

/**
 * Refuses a job that would not fit the memory before it has begun.
 *
 * @throws L2cError E_MEMORY with the forecast, where `bytes` are more than `free`
 */
export function expectMemory(place: string, bytes: number, wayOut: string, free = freemem()): void {
  if (bytes <= free) return;
  const size = (count: number): string => `${(count / 2 ** 30).toPrecision(2)} GiB`;
  throw problem('E_MEMORY', place, `this would take ${size(bytes)} of memory, ${size(free)} are free`, wayOut);
}
